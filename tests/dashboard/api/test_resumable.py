"""Resumable uploads (tus 1.0.0) through both servers: the protocol, request by request."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from data.tables import Lot
from tests.dashboard.api.conftest import Kept
from tests.dashboard.api.forms import assert_problem, begun, files_of, reset, sha256, unseen
from tests.dashboard.api.tus import PIECE, TUS, announce, checksum, create, metadata, offset_of, patch
from workers.composition import Services

NOBODY = "/v1/uploads/01234567-89ab-7def-8123-456789abcdef"


async def run_of(api: httpx.AsyncClient, url: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get((await api.get(url)).json()["run_url"])).json()
    return found


async def test_what_is_spoken_is_said(api: httpx.AsyncClient, services: Services) -> None:
    answer = await api.options("/v1/uploads")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["tus-resumable"] == answer.headers["tus-version"] == "1.0.0"
    extensions = {"creation", "creation-with-upload", "termination", "expiration", "checksum"}
    assert set(answer.headers["tus-extension"].split(",")) == extensions
    assert answer.headers["tus-max-size"] == str(services.settings.max_upload_bytes)
    assert answer.headers["tus-checksum-algorithm"] == "sha256,sha1"


async def test_a_file_in_pieces_is_stored_with_its_last_byte_and_its_run_with_it(
    api: httpx.AsyncClient, services: Services
) -> None:
    data = unseen(3_000_000)
    created = await create(api, len(data), filename="reel/a.zip", label="Reel 7", lot="L1")
    url = created.headers["location"]
    assert created.status_code == 201
    assert created.headers["upload-offset"] == "0"
    assert (await run_of(api, url))["state"] == "pending"
    offset = 0
    for size in (1, 999_999, 2_000_000):
        assert await offset_of(api, url) == offset
        answer = await patch(api, url, data[offset : offset + size], offset)
        offset += size
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["upload-offset"] == str(offset)
        assert answer.headers["tus-resumable"] == "1.0.0"
    run = await run_of(api, url)
    assert (run["state"], run["label"], run["lot"]) == ("stored", "Reel 7", "L1")
    assert await files_of(api, run) == [("reel/a.zip", "stored", sha256(data))]
    assert await services.store.get(sha256(data)) == data
    assert await services.incoming.entries() == []


async def test_where_an_upload_stands_is_said_by_head_and_by_get(api: httpx.AsyncClient, services: Services) -> None:
    url = await announce(api, 10)
    await patch(api, url, b"1234", 0)
    head, get = await api.head(url, headers=TUS), await api.get(url)
    assert (head.status_code, head.content) == (200, b"")
    for answer in (head, get):
        assert (answer.headers["upload-offset"], answer.headers["upload-length"]) == ("4", "10")
        assert answer.headers["cache-control"] == "no-store"
        left = parsedate_to_datetime(answer.headers["upload-expires"]) - services.clock()
        assert 0.9 < left.total_seconds() / services.settings.upload_kept_s <= 1.0
    assert {name: get.json()[name] for name in ("offset", "length", "stored", "name")} == {
        "offset": 4, "length": 10, "stored": False, "name": "a.zip",
    }  # fmt: skip


async def test_where_a_stored_upload_stands_is_said_too(api: httpx.AsyncClient) -> None:
    url = await announce(api, 4)
    await patch(api, url, b"1234", 0)
    answer = await api.head(url, headers=TUS)
    assert (answer.headers["upload-offset"], answer.headers["upload-length"]) == ("4", "4")
    assert "upload-expires" not in answer.headers
    assert (await api.get(url)).json()["stored"] is True


async def test_the_first_bytes_may_come_with_the_creation(api: httpx.AsyncClient) -> None:
    headers = {**PIECE, "Upload-Length": "6", "Upload-Metadata": metadata(filename="a.png")}
    answer = await api.post("/v1/uploads", content=b"1234", headers=headers)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "4")
    url = answer.headers["location"]
    assert (await patch(api, url, b"56", 4)).headers["upload-offset"] == "6"
    assert (await run_of(api, url))["state"] == "stored"


async def test_all_bytes_may_come_with_the_creation(api: httpx.AsyncClient) -> None:
    headers = {**PIECE, "Upload-Length": "4", "Upload-Metadata": metadata(filename="a.png")}
    answer = await api.post("/v1/uploads", content=b"1234", headers=headers)
    assert answer.json()["stored"] is True


async def test_an_empty_file_is_stored_when_it_is_announced(api: httpx.AsyncClient) -> None:
    answer = await create(api, 0, filename="empty.png")
    assert (answer.status_code, answer.json()["stored"]) == (201, True)
    assert (await run_of(api, answer.headers["location"]))["state"] == "stored"


async def test_a_run_of_many_uploads_is_complete_when_its_sender_says_so(api: httpx.AsyncClient) -> None:
    run = (await api.post("/v1/runs", json={"label": "Reel 7"})).json()
    urls = [await announce(api, 4, filename=f"{number}.png", run=run["id"]) for number in range(3)]
    assert_problem(await api.post(f"{run['url']}/complete"), 409, "upload-incomplete")
    for number, url in enumerate(urls):
        await patch(api, url, f"{number:04}".encode(), 0)
    assert (await api.get(run["url"])).json()["state"] == "pending"
    done = await api.post(f"{run['url']}/complete")
    assert (done.status_code, done.json()["state"]) == (200, "stored")
    assert [name for name, _, _ in await files_of(api, run)] == ["0.png", "1.png", "2.png"]
    assert (await api.post(f"{run['url']}/complete")).json()["state"] == "stored", "said again, it changes nothing"
    assert_problem(await create(api, 4, run=run["id"]), 410, "upload-ended")


@pytest.mark.parametrize("offset", [0, 3, 5, 10, 11], ids=lambda offset: f"at {offset}")
async def test_a_piece_that_does_not_follow_is_refused_and_told_where_to_go_on(
    api: httpx.AsyncClient, offset: int
) -> None:
    url = await announce(api, 10)
    await patch(api, url, b"1234", 0)
    answer = await patch(api, url, b"" if offset > 9 else b"x", offset)
    assert answer.headers["tus-resumable"] == "1.0.0"
    if offset <= 9:
        assert_problem(answer, 409, "offset-mismatch")
        assert answer.headers["upload-offset"] == "4"
    assert answer.status_code in {409, 413}
    assert await offset_of(api, url) == 4


async def test_a_piece_sent_again_after_its_answer_was_lost_is_refused_and_harmless(api: httpx.AsyncClient) -> None:
    data = unseen(100)
    url = await announce(api, len(data))
    await patch(api, url, data, 0)
    answer = await patch(api, url, data, 0)
    assert_problem(answer, 409, "offset-mismatch")
    assert answer.headers["upload-offset"] == "100"
    assert await files_of(api, await run_of(api, url)) == [("a.zip", "stored", sha256(data))]


@pytest.mark.parametrize("length", ["said", "not said"])
async def test_more_than_was_announced_is_refused_and_not_kept(api: httpx.AsyncClient, length: str) -> None:
    url = await announce(api, 2_000_000)
    await patch(api, url, b"1234", 0)

    async def chunks() -> Any:
        for _ in range(40):
            yield bytes(65536)

    body = bytes(2_000_000) if length == "said" else chunks()
    answer = await api.patch(url, content=body, headers={**PIECE, "Upload-Offset": "4"})
    assert_problem(answer, 413, "upload-too-long")
    assert await offset_of(api, url) == 4


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
async def test_a_checked_piece_counts(api: httpx.AsyncClient, algorithm: str) -> None:
    url = await announce(api, 8)
    assert (await patch(api, url, b"1234", 0, upload_checksum=checksum(b"1234", algorithm))).status_code == 204
    assert (await patch(api, url, b"5678", 4, upload_checksum=checksum(b"5678", algorithm))).status_code == 204
    assert (await api.get(url)).json()["stored"] is True


async def test_a_damaged_piece_does_not_count(api: httpx.AsyncClient, services: Services) -> None:
    data = unseen(3_000_000)
    url = await announce(api, len(data))
    await patch(api, url, data[:5], 0)
    answer = await patch(api, url, data[5:-1] + b"!", 5, upload_checksum=checksum(data[5:]))
    assert_problem(answer, 460, "checksum-mismatch")
    assert await offset_of(api, url) == 5
    assert (await patch(api, url, data[5:], 5, upload_checksum=checksum(data[5:]))).status_code == 204
    assert await services.store.get(sha256(data)) == data


@pytest.mark.parametrize("told", ["md5 AAAA", "sha256", "sha256 !!", "sha256 AAAA", ""])
async def test_a_checksum_that_is_none_is_refused(api: httpx.AsyncClient, told: str) -> None:
    url = await announce(api, 4)
    assert_problem(await patch(api, url, b"1234", 0, upload_checksum=told), 400, "bad-request")
    assert await offset_of(api, url) == 0


async def test_an_upload_that_is_taken_back_is_gone_and_its_run_with_it(
    api: httpx.AsyncClient, services: Services
) -> None:
    url = await announce(api, 10)
    await patch(api, url, b"1234", 0)
    run_url = (await api.get(url)).json()["run_url"]
    assert (await api.delete(url, headers=TUS)).status_code == 204
    assert await services.incoming.entries() == []
    assert (await api.get(run_url)).json()["state"] == "cancelled"
    assert_problem(await api.get(url, headers=TUS), 410, "upload-ended")
    assert (await api.head(url, headers=TUS)).status_code == 410
    assert_problem(await patch(api, url, b"56", 4), 410, "upload-ended")
    assert_problem(await api.delete(url, headers=TUS), 410, "upload-ended")


async def test_a_file_taken_back_leaves_the_run_it_was_added_to(api: httpx.AsyncClient) -> None:
    run = (await api.post("/v1/runs", json={})).json()
    kept, gone = [await announce(api, 4, run=run["id"]) for _ in range(2)]
    await patch(api, kept, b"1234", 0)
    await api.delete(gone, headers=TUS)
    assert (await api.post(f"{run['url']}/complete")).json()["state"] == "stored"


async def test_a_stored_file_cannot_be_taken_back(api: httpx.AsyncClient) -> None:
    url = await announce(api, 4)
    await patch(api, url, b"1234", 0)
    assert_problem(await api.delete(url, headers=TUS), 410, "upload-ended")
    assert (await run_of(api, url))["state"] == "stored"


async def test_taking_back_in_the_middle_of_a_piece_ends_it(api: httpx.AsyncClient, services: Services) -> None:
    url = await announce(api, 3_000_000)
    reader, writer = await begun(
        api, "PATCH", url, bytes(1_500_000), **PIECE, upload_offset="0", content_length="3000000"
    )
    while not await services.incoming.entries():  # noqa: ASYNC110 - the server's, as a client would ask
        await asyncio.sleep(0.01)
    assert (await api.delete(url, headers=TUS)).status_code == 204
    writer.write(bytes(1_500_000))
    assert b" 410 " in await reader.readline()
    writer.close()
    assert await services.incoming.entries() == []


async def test_an_upload_past_its_time_is_gone(api: httpx.AsyncClient, services: Services) -> None:
    url = await announce(api, 10)
    async with services.database.unit_of_work() as work:
        await work.session.execute(text("UPDATE run_files SET touched_at = touched_at - interval '25 hours'"))
        await work.commit()
    assert (await api.head(url, headers=TUS)).status_code == 410
    assert_problem(await patch(api, url, b"1234", 0), 410, "upload-ended")


async def test_bytes_put_the_end_of_an_upload_off(api: httpx.AsyncClient, services: Services) -> None:
    url = await announce(api, 10)
    async with services.database.unit_of_work() as work:
        await work.session.execute(text("UPDATE run_files SET touched_at = touched_at - interval '23 hours'"))
        await work.commit()
    soon = parsedate_to_datetime((await api.head(url, headers=TUS)).headers["upload-expires"])
    later = parsedate_to_datetime((await patch(api, url, b"1234", 0)).headers["upload-expires"])
    assert (later - soon).total_seconds() > 22 * 3600


async def test_an_upload_of_a_run_that_has_ended_is_gone(api: httpx.AsyncClient, services: Services) -> None:
    url = await announce(api, 10)
    async with services.database.unit_of_work() as work:
        await work.session.execute(text("UPDATE runs SET state = 'failed'"))
        await work.commit()
    assert_problem(await patch(api, url, b"1234", 0), 410, "upload-ended")


async def test_only_one_request_at_a_time_sends_a_file(api: httpx.AsyncClient, services: Services) -> None:
    url = await announce(api, 3_000_000)
    told = {**PIECE, "Upload-Offset": "0", "Content-Length": "3000000"}
    reader, writer = await begun(api, "PATCH", url, bytes(2_000_000), **told)
    while not await services.incoming.entries():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    answer = await patch(api, url, bytes(3_000_000), 0)
    assert_problem(answer, 423, "upload-busy")
    assert int(answer.headers["retry-after"]) > 0
    writer.write(bytes(1_000_000))
    assert b" 204 " in await reader.readline()
    writer.close()
    assert (await run_of(api, url))["state"] == "stored"


CUT = [0, 1, 65536, 1_500_000, 2_999_999]


@pytest.mark.parametrize("came", CUT)
async def test_a_piece_that_is_cut_off_is_kept_as_far_as_it_came(
    api: httpx.AsyncClient, services: Services, came: int
) -> None:
    data = unseen(3_000_000)
    url = await announce(api, len(data))
    told = {**PIECE, "Upload-Offset": "0", "Content-Length": str(len(data))}
    _, writer = await begun(api, "PATCH", url, data[:came], **told)
    while not await services.incoming.entries() or (came > 2**20 and await offset_of(api, url) == 0):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    writer.close()
    async with services.incoming.receiving(UUID(url[-36:]), wait_s=30):
        """The server has noticed."""
    offset = await offset_of(api, url)
    assert offset <= came, "what lay unread when the connection went may be lost"
    assert offset > 0 or came < 2**20, "what was written is kept"
    answer = await patch(api, url, data[offset:], offset)
    assert answer.status_code == 204, answer.text
    assert await services.store.get(sha256(data)) == data


@pytest.mark.parametrize("came", CUT)
async def test_a_checked_piece_that_is_cut_off_does_not_count(api: httpx.AsyncClient, came: int) -> None:
    data = unseen(3_000_000)
    url = await announce(api, len(data) + 4)
    await patch(api, url, b"1234", 0)
    told = {**PIECE, "Upload-Offset": "4", "Content-Length": str(len(data)), "Upload-Checksum": checksum(data)}
    _, writer = await begun(api, "PATCH", url, data[:came], **told)
    await asyncio.sleep(0.1)
    assert await offset_of(api, url) == 4, "what is not checked yet does not count"
    reset(writer)
    answer = await patch(api, url, data, 4, upload_checksum=checksum(data))
    assert (answer.status_code, (await api.get(url)).json()["stored"]) == (204, True), answer.text


REFUSED = {
    "another version": ({"Tus-Resumable": "0.2.2", "Upload-Length": "4"}, 412, "tus-version"),
    "no length": (TUS, 400, "bad-request"),
    "a length that is none": ({**TUS, "Upload-Length": "four"}, 400, "bad-request"),
    "a negative length": ({**TUS, "Upload-Length": "-1"}, 400, "bad-request"),
    "too long": ({**TUS, "Upload-Length": str(2**40)}, 413, "body-too-large"),
    "metadata in no base64": ({**TUS, "Upload-Length": "4", "Upload-Metadata": "filename ???"}, 400, "bad-request"),
    "metadata in no UTF-8": ({**TUS, "Upload-Length": "4", "Upload-Metadata": "filename /w=="}, 400, "bad-request"),
    "an unknown field": (
        {**TUS, "Upload-Length": "4", "Upload-Metadata": metadata(recipie="x")}, 422, "request-invalid",
    ),
    "an unknown recipe": (
        {**TUS, "Upload-Length": "4", "Upload-Metadata": metadata(recipe="x")}, 422, "recipe-unknown",
    ),
    "an unknown station": (
        {**TUS, "Upload-Length": "4", "Upload-Metadata": metadata(station="x")}, 422, "reference-unknown",
    ),
    "an unknown run": (
        {**TUS, "Upload-Length": "4", "Upload-Metadata": metadata(run=NOBODY[-36:])}, 404, "run-not-found",
    ),
    "fields of a run that has its own": (
        {**TUS, "Upload-Length": "4", "Upload-Metadata": metadata(run=NOBODY[-36:], lot="L1")}, 422, "request-invalid",
    ),
    "no run's id": ({**TUS, "Upload-Length": "4", "Upload-Metadata": metadata(run="x")}, 400, "bad-request"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_an_upload_that_cannot_be_begun_leaves_nothing(api: httpx.AsyncClient, kept: Kept, name: str) -> None:
    headers, status, code = REFUSED[name]
    before = await kept()
    answer = await api.post("/v1/uploads", headers=headers)
    assert_problem(answer, status, code)
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert await kept() == before


async def test_a_closed_lot_takes_no_uploads(one_api: httpx.AsyncClient, services: Services, kept: Kept) -> None:
    async with services.database.unit_of_work() as work:
        work.session.add(Lot(id=work.new_id(), code="L1", state="closed"))
        await work.commit()
    before = await kept()
    assert_problem(await create(one_api, 4, lot="L1"), 409, "lot-not-open")
    assert await kept() == before


WRONG_PIECES = {
    "no type": ({**TUS, "Upload-Offset": "0"}, 415, "unsupported-media-type"),
    "another type": ({**PIECE, "Content-Type": "image/png", "Upload-Offset": "0"}, 415, "unsupported-media-type"),
    "no offset": (PIECE, 400, "bad-request"),
    "a negative offset": ({**PIECE, "Upload-Offset": "-1"}, 422, "request-invalid"),
    "an offset that is none": ({**PIECE, "Upload-Offset": "x"}, 422, "request-invalid"),
    "no version": ({"Content-Type": PIECE["Content-Type"], "Upload-Offset": "0"}, 412, "tus-version"),
}


@pytest.mark.parametrize("name", WRONG_PIECES)
async def test_a_piece_that_is_none_is_refused(api: httpx.AsyncClient, name: str) -> None:
    headers, status, code = WRONG_PIECES[name]
    url = await announce(api, 4)
    assert_problem(await api.patch(url, content=b"1234", headers=headers), status, code)
    assert await offset_of(api, url) == 0


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_upload_that_never_was_is_not_found(api: httpx.AsyncClient, method: str) -> None:
    answer = await api.request(method, NOBODY, headers={**PIECE, "Upload-Offset": "0"})
    assert_problem(answer, 404, "upload-not-found")


async def test_a_file_of_a_form_cannot_be_taken_back(one_api: httpx.AsyncClient) -> None:
    run = (await one_api.post("/v1/uploads", files=[("files", ("a.png", b"x"))])).json()
    (file,) = (await one_api.get(f"{run['url']}/files")).json()["items"]
    assert (await one_api.delete(f"/v1/uploads/{file['id']}", headers=TUS)).status_code == 410


async def test_what_common_clients_say_besides_is_passed_over(one_api: httpx.AsyncClient) -> None:
    url = await announce(one_api, 4, filename="", name="reel/b.png", filetype="image/png", relativePath="x/b.png")
    assert (await one_api.get(url)).json()["name"] == "reel/b.png"


async def test_methods_may_be_named_in_a_header(one_api: httpx.AsyncClient) -> None:
    url = await announce(one_api, 4)
    told = {**PIECE, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert (await one_api.post(url, content=b"12", headers=told)).headers["upload-offset"] == "2"
    assert (await one_api.post(url, headers={**TUS, "X-HTTP-Method-Override": "DELETE"})).status_code == 204
    assert_problem(await one_api.post(url, headers=TUS), 405, "method-not-allowed")


async def test_a_creation_sent_again_under_its_key_gives_the_same_upload(api: httpx.AsyncClient, kept: Kept) -> None:
    first = await create(api, 4, key="k")
    await patch(api, first.headers["location"], b"12", 0)
    before = await kept()
    again = await create(api, 4, key="k")
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["upload-offset"] == "2"
    assert_problem(await create(api, 5, key="k"), 422, "idempotency-key-reused")
    assert await kept() == before


def new_key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


async def test_a_small_file_of_a_run_whose_answer_was_lost_comes_once(api: httpx.AsyncClient, kept: Kept) -> None:
    run = (await api.post("/v1/runs")).json()
    told = {"Upload-Length": "6", "Upload-Metadata": metadata(filename="a.png", run=run["id"]), **new_key()}
    answers = await asyncio.gather(
        *(api.post("/v1/uploads", content=b"123456", headers=PIECE | told) for _ in range(3))
    )
    before = await kept()
    answers.append(await api.post("/v1/uploads", content=b"123456", headers=PIECE | told))
    assert {answer.status_code for answer in answers} == {201}
    assert (answers[-1].status_code, answers[-1].headers["upload-offset"]) == (201, "6")
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await kept() == before
    assert [name for name, _, _ in await files_of(api, run)] == ["a.png"]
    other = {**told, "Upload-Length": "7"}
    assert_problem(await api.post("/v1/uploads", headers=TUS | other), 422, "idempotency-key-reused")


async def test_a_file_of_a_run_that_is_complete_is_told_again_to_who_lost_the_answer(api: httpx.AsyncClient) -> None:
    run = (await api.post("/v1/runs")).json()
    told = {"Upload-Length": "2", "Upload-Metadata": metadata(filename="a.png", run=run["id"]), **new_key()}
    first = await api.post("/v1/uploads", content=b"12", headers=PIECE | told)
    assert (await api.post(f"{run['url']}/complete")).is_success
    again = await api.post("/v1/uploads", content=b"12", headers=PIECE | told)
    assert (again.status_code, again.headers["location"]) == (201, first.headers["location"])


async def test_first_bytes_sent_again_follow_nothing(api: httpx.AsyncClient) -> None:
    told = {"Upload-Length": "6", "Upload-Metadata": metadata(filename="a.png"), **new_key()}
    await api.post("/v1/uploads", content=b"123", headers=PIECE | told)
    again = await api.post("/v1/uploads", content=b"123", headers=PIECE | told)
    assert (again.status_code, again.headers["upload-offset"]) == (201, "3")
    assert (await patch(api, again.headers["location"], b"456", 3)).headers["upload-offset"] == "6"


async def test_equal_uploads_are_stored_once(api: httpx.AsyncClient, kept: Kept) -> None:
    before, data = await kept(), unseen(2_000_000)
    urls = [await announce(api, len(data)) for _ in range(4)]
    answers = await asyncio.gather(*(patch(api, url, data, 0) for url in urls))
    assert {answer.status_code for answer in answers} == {204}
    assert (await kept())["files"] == before["files"] + 1
