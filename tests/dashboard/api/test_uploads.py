"""Forms of files through both servers: each file safe before the answer, once, and nothing half-written behind."""

from __future__ import annotations

import asyncio
import base64
import hashlib

import httpx
import pytest

from dashboard.api.upload import MAX_PATH
from data.incoming import Incoming
from data.tables import Lot, LotState
from tests.dashboard.api.conftest import Kept
from tests.dashboard.api.forms import (
    FORM,
    OTHER,
    PICTURE,
    assert_problem,
    begun,
    field,
    file,
    files_of,
    form,
    reset,
    send,
    sha256,
    unseen,
)
from workers.composition import Services


async def test_files_of_a_form_make_a_run_that_is_stored(api: httpx.AsyncClient, services: Services) -> None:
    answer = await api.post(
        "/v1/uploads",
        files=[("files", ("a.png", PICTURE)), ("image", ("b.png", OTHER))],
        data={"label": "Reel 7", "lot": "L1"},
    )
    run = answer.json()
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == run["url"]
    assert (run["state"], run["label"], run["lot"], run["counts"]["files"]) == ("stored", "Reel 7", "L1", 2)
    assert run["stored_at"] is not None
    assert await files_of(api, run) == [("a.png", "stored", sha256(PICTURE)), ("b.png", "stored", sha256(OTHER))]
    assert await services.store.get(sha256(PICTURE)) == PICTURE
    assert await services.incoming.entries() == []


async def test_a_tray_is_described_by_its_carrier_and_places(one_api: httpx.AsyncClient) -> None:
    fields = [field("type", "tray"), field("carrier", "T-01"), field("rows", "5"), field("columns", "8")]
    run = (await send(one_api, *fields, file("tray.png", PICTURE))).json()
    assert run["type"] == "tray"
    assert run["tray"] == {"carrier": "T-01", "rows": 5, "columns": 8, "corners": None}


NAMES = {
    "plain": ("part.jpg", "part.jpg"),
    "folders": ("reel 7/part.jpg", "reel 7/part.jpg"),
    "absolute": ("/etc/passwd", "etc/passwd"),
    "out of its folder": ("../../up.jpg", "up.jpg"),
    "backslashes": ("a\\\\b\\\\..\\\\c.jpg", "a/b/c.jpg"),
    "emoji": ("ü 😀/ 部品.jpg", "ü 😀/ 部品.jpg"),
    "nul and control": ("a\0b\x01\x7f.jpg", "ab.jpg"),
    "no UTF-8": ("\udcff.jpg", "\ufffd.jpg"),
    "5,000 characters": ("x" * 5000 + ".jpg", "x" * (MAX_PATH - 4) + ".jpg"),
    "5,000 folders": ("a/" * 5000 + "p.jpg", ("a/" * 5000 + "p.jpg")[-MAX_PATH:].lstrip("/")),
    "empty": ("", "unnamed"),
    "dots": ("..", "unnamed"),
    "quotes": ('a\\"b.jpg', 'a"b.jpg'),
}


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_kept_with_its_folders_and_without_what_could_hurt(api: httpx.AsyncClient, name: str) -> None:
    sent, kept = NAMES[name]
    answer = await send(api, file(sent, PICTURE))
    assert answer.status_code == 202, answer.text
    assert [found for found, _, _ in await files_of(api, answer.json())] == [kept]


async def test_an_empty_file_is_stored_as_any_other_and_left_to_who_opens_it(api: httpx.AsyncClient) -> None:
    run = (await send(api, file("empty.png", b""), file("a.png", PICTURE))).json()
    assert [name for name, _, _ in await files_of(api, run)] == ["empty.png", "a.png"]


async def test_a_file_input_that_was_left_empty_is_no_file(api: httpx.AsyncClient, kept: Kept) -> None:
    before = await kept()
    assert_problem(await send(api, field("label", "x"), file("", b"")), 422, "files-missing")
    assert await kept() == before
    run = (await send(api, file("", b""), file("a.png", PICTURE))).json()
    assert [name for name, _, _ in await files_of(api, run)] == ["a.png"]


async def test_equal_files_are_stored_once(api: httpx.AsyncClient, kept: Kept) -> None:
    before, data = await kept(), unseen(1000)
    run = (await send(api, *(file(f"{number}.png", data) for number in range(5)))).json()
    assert run["counts"]["files"] == 5
    assert (await kept())["files"] == before["files"] + 1


async def test_equal_files_sent_by_many_at_once_are_stored_once(api: httpx.AsyncClient, kept: Kept) -> None:
    before, data = await kept(), unseen(1_000_000)
    answers = await asyncio.gather(*(send(api, file("a.png", data)) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 8
    assert (await kept())["files"] == before["files"] + 1


NOTHING_KEPT = {
    "no files": ([field("label", "x")], 422, "files-missing"),
    "no parts": ([], 422, "files-missing"),
    "an unknown field": ([field("recipie", "x"), file("a", PICTURE)], 422, "request-invalid"),
    "an unknown type": ([field("type", "reel"), file("a", PICTURE)], 422, "request-invalid"),
    "a tray of no size": ([field("type", "tray"), file("a", PICTURE)], 422, "request-invalid"),
    "rows of no tray": ([field("rows", "2"), file("a", PICTURE)], 422, "request-invalid"),
    "a label with a NUL": ([field("label", "a\0b"), file("a", PICTURE)], 422, "request-invalid"),
    "a long label": ([field("label", "l" * 201), file("a", PICTURE)], 422, "request-invalid"),
    "a field too long": ([field("label", "l" * 5000), file("a", PICTURE)], 400, "multipart-invalid"),
    "too many fields": ([*(field(f"f{n}", "x") for n in range(17)), file("a", PICTURE)], 400, "multipart-invalid"),
    "a file of another name": ([file("a", PICTURE, part="photo")], 400, "multipart-invalid"),
    "a digest that is none": ([field("sha256", "abc"), file("a", PICTURE)], 400, "bad-request"),
    "an unknown recipe": ([field("recipe", "nobody"), file("a", PICTURE)], 422, "recipe-unknown"),
    "an unknown part": ([field("part_number", "nobody"), file("a", PICTURE)], 422, "recipe-unknown"),
    "an unknown station": ([field("station", "nowhere"), file("a", PICTURE)], 422, "reference-unknown"),
}


@pytest.mark.parametrize("name", NOTHING_KEPT)
async def test_what_does_not_fit_is_refused_before_anything_is_kept(
    api: httpx.AsyncClient, kept: Kept, name: str
) -> None:
    parts, status, code = NOTHING_KEPT[name]
    before = await kept()
    assert_problem(await send(api, *parts, key="k"), status, code)
    assert await kept() == before


@pytest.mark.parametrize("name", NOTHING_KEPT)
async def test_a_key_that_was_refused_can_be_used_for_what_fits(one_api: httpx.AsyncClient, name: str) -> None:
    await send(one_api, *NOTHING_KEPT[name][0], key="k")
    assert (await send(one_api, file("a", PICTURE), key="k")).status_code == 202


@pytest.mark.parametrize(("state", "status"), [("open", 202), ("hold", 202), ("closed", 409)])
async def test_a_closed_lot_takes_no_more(
    api: httpx.AsyncClient, services: Services, kept: Kept, state: LotState, status: int
) -> None:
    async with services.database.unit_of_work() as work:
        work.session.add(Lot(id=work.new_id(), code="L1", state=state))
        await work.commit()
    before = await kept()
    answer = await send(api, field("lot", "L1"), file("a.png", PICTURE))
    assert answer.status_code == status
    if status != 202:
        assert_problem(answer, 409, "lot-not-open")
        assert await kept() == before


BROKEN = {
    "no boundary": ("multipart/form-data", form(file("a", PICTURE)), 400, "multipart-invalid"),
    "another boundary": ("multipart/form-data; boundary=c", form(file("a", PICTURE)), 400, "multipart-invalid"),
    "a boundary too long": (f"multipart/form-data; boundary={'b' * 300}", b"x", 400, "multipart-invalid"),
    "nonsense": (FORM["content-type"], b"nonsense" * 100, 400, "multipart-invalid"),
    "nothing": (FORM["content-type"], b"", 400, "multipart-invalid"),
    "a part without a name": (FORM["content-type"], b"--b\r\nX: y\r\n\r\nz\r\n--b--\r\n", 400, "multipart-invalid"),
    "a header too long": (FORM["content-type"], file("x" * 70_000, b""), 400, "multipart-invalid"),
    "a picture": ("image/jpeg", PICTURE, 415, "unsupported-media-type"),
    "json": ("application/json", b"{}", 415, "unsupported-media-type"),
    "url-encoded": ("application/x-www-form-urlencoded", b"files=a", 415, "unsupported-media-type"),
    "no type": ("", b"", 415, "unsupported-media-type"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_form_is_refused_and_leaves_nothing(api: httpx.AsyncClient, kept: Kept, name: str) -> None:
    kind, body, status, code = BROKEN[name]
    before = await kept()
    answer = await api.post("/v1/uploads", content=body, headers={"content-type": kind} if kind else {})
    assert_problem(answer, status, code)
    assert await kept() == before


LATE = {
    "a field behind a file": [file("a", PICTURE), field("label", "late"), file("b", OTHER)],
    "a file of another name": [file("a", PICTURE), file("b", OTHER, part="photo")],
    "a broken header": [file("a", PICTURE * 100_000), b"--b\r\nno header\r\n\r\n\r\n"],
}


@pytest.mark.parametrize("name", LATE)
async def test_what_is_refused_in_its_middle_leaves_a_run_that_says_why(
    api: httpx.AsyncClient, services: Services, name: str
) -> None:
    answer = await send(api, *LATE[name])
    assert_problem(answer, 400, "multipart-invalid")
    (run,) = (await api.get("/v1/runs")).json()["items"]
    assert (run["state"], run["error"]["code"]) == ("failed", "UPLOAD_REFUSED")
    assert run["error"]["detail"] == answer.json()["detail"]
    assert await services.incoming.entries() == []


@pytest.mark.parametrize("name", LATE)
async def test_under_a_key_it_can_be_put_right(one_api: httpx.AsyncClient, name: str) -> None:
    await send(one_api, *LATE[name], key="k")
    (run,) = (await one_api.get("/v1/runs")).json()["items"]
    assert run["state"] == "pending"
    again = await send(one_api, LATE[name][0], file("b", OTHER), key="k")
    assert (again.status_code, again.json()["id"], again.json()["state"]) == (202, run["id"], "stored")


async def test_a_digest_that_fits_is_no_hindrance(api: httpx.AsyncClient) -> None:
    told = f"Content-Digest: sha-512=:AAAA:, sha-256=:{base64.b64encode(hashlib.sha256(OTHER).digest()).decode()}:\r\n"
    parts = [field("sha256", sha256(PICTURE)), file("a", PICTURE), file("b", OTHER, headers=told), file("c", b"c")]
    assert (await send(api, *parts)).status_code == 202


@pytest.mark.parametrize("told", ["as a field", "as a header"])
async def test_a_file_of_another_digest_is_refused_and_not_kept(
    api: httpx.AsyncClient, services: Services, told: str
) -> None:
    data = unseen(100)
    header = f"Content-Digest: sha-256=:{base64.b64encode(bytes(32)).decode()}:\r\n"
    wrong = {
        "as a field": [field("sha256", sha256(OTHER)), file("a", data)],
        "as a header": [file("a", data, headers=header)],
    }
    assert_problem(await send(api, *wrong[told]), 422, "digest-mismatch")
    assert not await services.store.exists(sha256(data))
    assert await services.incoming.entries() == []
    (run,) = (await api.get("/v1/runs")).json()["items"]
    assert (run["state"], run["error"]["code"]) == ("failed", "UPLOAD_REFUSED")


async def test_a_digest_is_that_of_the_next_file_alone(one_api: httpx.AsyncClient) -> None:
    parts = [field("sha256", sha256(PICTURE)), file("a", PICTURE), file("b", OTHER)]
    assert (await send(one_api, *parts)).status_code == 202


async def test_a_damaged_file_is_sent_again_under_its_key(one_api: httpx.AsyncClient) -> None:
    told = field("sha256", sha256(PICTURE))
    assert_problem(await send(one_api, told, file("a", b"damaged"), key="k"), 422, "digest-mismatch")
    answer = await send(one_api, told, file("a", PICTURE), key="k")
    assert answer.status_code == 202
    assert await files_of(one_api, answer.json()) == [("a", "stored", sha256(PICTURE))]


async def test_more_than_an_upload_may_hold_is_refused_unread(
    api: httpx.AsyncClient, services: Services, kept: Kept
) -> None:
    before = await kept()
    length = services.settings.max_upload_bytes + 65 * 2**20
    reader, writer = await begun(api, "POST", "/v1/uploads", file("a", PICTURE), **FORM, content_length=str(length))
    assert b" 413 " in await reader.readline()
    reset(writer)
    assert await kept() == before


async def test_more_than_there_is_room_for_is_refused_unread(
    api: httpx.AsyncClient, services: Services, kept: Kept
) -> None:
    before = await kept()
    services.incoming = Incoming(services.incoming.root, reserve_bytes=2**60)
    reader, writer = await begun(api, "POST", "/v1/uploads", file("a", PICTURE), **FORM, content_length="1000000")
    assert b" 507 " in await reader.readline()
    reset(writer)
    assert await kept() == before
