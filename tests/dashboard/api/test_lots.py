"""Lots over HTTP: started once, held and released for a reason, closed for ever; and the parts in them."""

from __future__ import annotations

from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from core.recipe import Recipe
from tests.dashboard.api.conftest import Kept
from tests.data.rows import published
from tests.workers.queue_probe import picture
from workers.composition import Services

UNKNOWN = "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"
DOCUMENT = {
    "schema": 1,
    "name": "dated",
    "part_number": "MC74HC32AN",
    "variants": [{"name": "standard", "lines": [{"text": "MC74HC32AN"}, {"text": "{lot:X5}{YYWW}"}]}],
}
START = {"code": "L1", "recipe": "dated", "texts": {"date": "2431", "lot": "ab12c"}}


@pytest.fixture
async def recipe(services: Services) -> None:
    await published(services.database, Recipe.from_document(DOCUMENT))


async def started(api: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await api.post("/v1/lots", json={**START, **changes})
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sent(api: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/v1/inspections", files={"image": ("a.png", picture(), "image/png")}, data=fields)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_lot_is_started_once_and_told_where_it_is(api: httpx.AsyncClient, recipe: None) -> None:
    answer = await api.post("/v1/lots", json=START, headers={"Idempotency-Key": "k1"})
    lot = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, lot["url"])
    assert (lot["code"], lot["state"], lot["texts"]) == ("L1", "open", {"date": "2431", "lot": "AB12C"})
    assert (lot["recipe"]["name"], lot["recipe"]["version"], lot["station"]) == ("dated", 1, None)
    for key in ("k1", "k2"):
        again = await api.post("/v1/lots", json=START, headers={"Idempotency-Key": key})
        assert (again.status_code, again.json()) == (200, lot)
    other = await api.post("/v1/lots", json={**START, "code": "L2"}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert (await api.get("/v1/lots/L2")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        pytest.param(
            {"texts": {"date": "2432", "lot": "AB12C"}}, 409, "lot-disagrees", id="other texts, started before"
        ),
        pytest.param({"code": "L2", "texts": {"lot": "AB1"}}, 422, "lot-text-invalid", id="does not fit"),
        pytest.param({"code": "L2", "texts": {"date": "2460"}}, 422, "lot-text-invalid", id="no week"),
        pytest.param({"code": "L2", "texts": {"serial": "7"}}, 422, "lot-text-invalid", id="an unknown text"),
        pytest.param({"code": "L2", "recipe": "none"}, 422, "recipe-unknown", id="an unknown recipe"),
        pytest.param({"code": "L2", "recipe_version": UNKNOWN}, 422, "reference-unknown", id="an unknown version"),
        pytest.param({"code": "L2", "station": "none"}, 422, "reference-unknown", id="an unknown station"),
        pytest.param({"code": ""}, 422, "request-invalid", id="no code"),
        pytest.param({"code": "L2", "reason": "x"}, 422, "request-invalid", id="an unknown field"),
    ],
)
async def test_a_start_that_does_not_fit_is_refused(
    one_api: httpx.AsyncClient, recipe: None, kept: Kept, changes: dict[str, Any], status: int, code: str
) -> None:
    await started(one_api)
    before = await kept()
    answer = await one_api.post("/v1/lots", json={**START, **changes})
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}")
    assert await kept() == before


async def test_a_lot_may_be_corrected_until_something_comes_for_it(api: httpx.AsyncClient, recipe: None) -> None:
    lot = await started(api)
    changed = await api.patch("/v1/lots/L1", json={"texts": {"date": "2432"}})
    assert changed.status_code == 200, changed.text
    assert changed.json() == {**lot, "texts": {"date": "2432"}}
    bare = await api.patch(lot["url"], json={"recipe": None, "texts": {}, "station": "bench"})
    assert (bare.json()["recipe"], bare.json()["texts"], bare.json()["station"]) == (None, {}, "bench")
    again = await api.patch("/v1/lots/L1", json={"recipe": "dated"})
    assert (again.json()["recipe"], again.json()["station"]) == (lot["recipe"], "bench")
    await sent(api, lot="L1")
    for answer in (await api.patch("/v1/lots/L1", json={"texts": {}}), await api.delete("/v1/lots/L1")):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/lot-in-use")
    assert (await api.get("/v1/lots/L1")).json()["recipe"] == lot["recipe"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        pytest.param({"texts": {"lot": "AB1"}}, 422, "lot-text-invalid", id="a text that does not fit"),
        pytest.param({"recipe": None}, 422, "lot-text-invalid", id="texts that nothing would verify"),
        pytest.param({"recipe": "none"}, 422, "recipe-unknown", id="an unknown recipe"),
        pytest.param({"recipe_version": UNKNOWN}, 422, "reference-unknown", id="an unknown version"),
        pytest.param({"station": "none"}, 422, "reference-unknown", id="an unknown station"),
        pytest.param({"code": "L9"}, 422, "request-invalid", id="another code"),
    ],
)
async def test_a_correction_that_does_not_fit_changes_nothing(
    one_api: httpx.AsyncClient, recipe: None, change: dict[str, Any], status: int, code: str
) -> None:
    lot = await started(one_api)
    answer = await one_api.patch("/v1/lots/L1", json=change)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}")
    assert (await started(one_api)) == lot


async def test_a_lot_for_which_nothing_came_can_be_deleted_and_started_anew(
    api: httpx.AsyncClient, recipe: None
) -> None:
    await started(api)
    assert (await api.delete("/v1/lots/L1")).status_code == 204
    gone = [await api.get("/v1/lots/L1"), await api.delete("/v1/lots/L1"), await api.patch("/v1/lots/L1", json={})]
    assert [(one.status_code, one.json()["type"]) for one in gone] == [(404, "/problems/lot-not-found")] * 3
    assert (await started(api, texts={}))["texts"] == {}


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "merely named"])
async def test_a_lot_that_was_not_started_or_is_closed_is_not_corrected(
    one_api: httpx.AsyncClient, services: Services, recipe: None, closed: bool
) -> None:
    if closed:
        await started(one_api)
        await one_api.post("/v1/lots/L1/close")
    else:
        async with services.database.unit_of_work() as work:
            await work.parts.open_lot("L1")
            await work.commit()
    answer = await one_api.patch("/v1/lots/L1", json={"texts": {}})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/lot-not-open")


async def test_a_misfit_names_recipe_line_and_place(one_api: httpx.AsyncClient, recipe: None) -> None:
    problem = (await one_api.post("/v1/lots", json={**START, "texts": {"lot": "AB1"}})).json()
    assert all(word in problem["detail"] for word in ("recipe dated", "line 2", "{lot:X5}", "AB1"))
    assert problem["where"] == "texts"


async def test_held_released_and_closed(one_api: httpx.AsyncClient, recipe: None) -> None:
    url = (await started(one_api))["url"]
    for _ in range(2):
        held = await one_api.post(f"{url}/hold", json={"reason": "smeared"})
        assert (held.status_code, held.json()["state"], held.json()["reason"]) == (200, "hold", "smeared")
    for _ in range(2):
        assert (await one_api.post("/v1/lots/L1/release", json={"reason": "cleaned"})).json()["state"] == "open"
    for _ in range(2):
        closed = (await one_api.post(f"{url}/close")).json()
        assert (closed["state"], closed["closed_at"] is not None) == ("closed", True)
    for move in ("hold", "release"):
        late = await one_api.post(f"{url}/{move}", json={"reason": "too late"})
        assert (late.status_code, late.json()["type"]) == (409, "/problems/lot-not-open")


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "a\x00"}, None], ids=str)
@pytest.mark.parametrize("move", ["hold", "release"])
async def test_holding_and_releasing_need_a_reason(
    one_api: httpx.AsyncClient, recipe: None, move: str, body: dict[str, str] | None
) -> None:
    await started(one_api)
    answer = await one_api.post(f"/v1/lots/L1/{move}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/request-invalid")


async def test_what_is_not_there_is_not_found(one_api: httpx.AsyncClient) -> None:
    for address in (f"/v1/lots/{UNKNOWN}", "/v1/lots/none", "/v1/lots/a%00b"):
        assert (await one_api.get(address)).json()["type"] == "/problems/lot-not-found"
        for move in ("hold", "release", "close"):
            answer = await one_api.post(f"{address}/{move}", json={"reason": "r"})
            assert (answer.status_code, answer.json()["type"]) == (404, "/problems/lot-not-found")
    assert (await one_api.get(f"/v1/units/{UNKNOWN}")).json()["type"] == "/problems/unit-not-found"


async def test_lots_are_listed_newest_first_with_a_cursor(one_api: httpx.AsyncClient, recipe: None) -> None:
    for number in range(5):
        await started(one_api, code=f"L{number}")
    await sent(one_api, lot="named")
    await one_api.post("/v1/lots/L3/hold", json={"reason": "r"})

    async def listed(**wanted: Any) -> list[str]:
        codes, cursor = [], None
        while True:
            page = (await one_api.get("/v1/lots", params=wanted | ({"cursor": cursor} if cursor else {}))).json()
            codes += [item["code"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return codes

    assert await listed() == await listed(limit=2) == ["named", "L4", "L3", "L2", "L1", "L0"]
    assert await listed(state="hold") == ["L3"]
    assert await listed(started=False) == await listed(code="AME") == ["named"]
    assert await listed(recipe="dated", limit=3) == ["L4", "L3", "L2", "L1", "L0"]
    assert await listed(station="bench") == await listed(code="%") == []
    assert (await one_api.get("/v1/lots?cursor=xx")).json()["type"] == "/problems/cursor-invalid"


async def test_a_lot_counts_its_parts(one_api: httpx.AsyncClient, recipe: None) -> None:
    for serial in ("SN1", "SN2", "SN1"):
        await sent(one_api, lot="L1", unit_serial=serial)
    lot = (await one_api.get("/v1/lots/L1")).json()
    assert (lot["units"], lot["inspections"], lot["verdicts"], lot["marks"]) == (2, 3, {"waiting": 3}, [])
    assert lot == (await one_api.get(lot["url"])).json()


async def test_units_are_listed_and_shown_with_their_attempts(one_api: httpx.AsyncClient) -> None:
    first = await sent(one_api, lot="L1", unit_serial="SN1")
    again = await sent(one_api, lot="L1", unit_serial="SN1")
    seated = await sent(one_api, lot="L1", carrier="T1", row=2, column=3)
    await sent(one_api)
    assert (first["unit_id"], first["attempt"], again["attempt"]) == (again["unit_id"], 1, 2)
    assert (seated["carrier"], seated["row"], seated["column"]) == ("T1", 2, 3)

    async def listed(**wanted: Any) -> list[str]:
        return [item["id"] for item in (await one_api.get("/v1/units", params=wanted)).json()["items"]]

    assert len(await listed()) == 3
    assert await listed(lot="L1") == [seated["unit_id"], first["unit_id"]]
    assert await listed(serial="SN1") == [first["unit_id"]]
    assert await listed(carrier="T1") == [seated["unit_id"]]
    page = (await one_api.get("/v1/units?limit=2")).json()
    rest = (await one_api.get("/v1/units", params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    unit = (await one_api.get(f"/v1/units/{first['unit_id']}")).json()
    assert (unit["serial"], unit["lot"], unit["attempts"]) == ("SN1", "L1", 2)
    assert [one["id"] for one in unit["inspections"]] == [again["id"], first["id"]]


async def test_pictures_that_do_not_agree_with_their_lot_are_refused(
    one_api: httpx.AsyncClient, recipe: None, kept: Kept, services: Services
) -> None:
    await published(services.database, Recipe.from_document({**DOCUMENT, "name": "other", "part_number": "X"}))
    await started(one_api)
    before = await kept()
    for fields, code in (({"lot": "L1", "recipe": "other"}, "lot-disagrees"), ({"lot": "L1"}, None)):
        answer = await one_api.post("/v1/inspections", files={"image": ("a.png", picture())}, data=fields)
        assert (answer.status_code, answer.json().get("type")) == ((409, f"/problems/{code}") if code else (202, None))
        if code:
            assert await kept() == before
    await one_api.post("/v1/lots/L1/close")
    late = await one_api.post("/v1/inspections", files={"image": ("a.png", picture())}, data={"lot": "L1"})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/lot-not-open")


@pytest.fixture
def bundled(document: dict[str, Any]) -> Recipe:
    return Recipe.from_document(document)


@pytest.fixture
async def at_work(services: Services, bundled: Recipe) -> None:
    """The bundled recipe, published."""
    await published(services.database, bundled)


def dim(data: bytes) -> bytes:
    """The same part, hardly lit."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    dark = cv2.GaussianBlur(pixels, (0, 0), 9) // 6
    return cv2.imencode(".jpg", dark)[1].tobytes()


async def inspected(api: httpx.AsyncClient, files: list[Any], **fields: Any) -> dict[str, Any]:
    answer = await api.post("/v1/inspections?wait_ms=30000", files=files, data=fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_of_several_real_photos_the_one_that_reads_best_is_judged(
    one_api: httpx.AsyncClient, worker: None, services: Services, bundled: Recipe, sample: bytes
) -> None:
    await published(services.database, bundled)
    files = [("image", ("dark.jpg", dim(sample), "image/jpeg")), ("image", ("lit.jpg", sample, "image/jpeg"))]
    view = await inspected(one_api, files, recipe=bundled.name, lighting=["low", "ring"])
    alone = await inspected(one_api, files[1:], recipe=bundled.name)
    assert view["verdict"] == alone["verdict"] == "pass"
    assert view["evidence"]["picture"] == view["image"]["position"] == 1
    assert [(one["position"], one["lighting"]) for one in view["pictures"]] == [(0, "low"), (1, "ring")]
    assert [one["score"] for one in view["evidence"]["pictures"]] == sorted(
        one["score"] for one in view["evidence"]["pictures"]
    )
    first = await one_api.get(f"{view['url']}/image")
    judged = await one_api.get(view["image"]["url"])
    assert (first.content, judged.content) == (dim(sample), sample)
    assert (await one_api.get(f"{view['url']}/overlay.svg")).text == (
        await one_api.get(f"{view['url']}/overlay.svg?position=1")
    ).text
    for kind in ("svg", "png"):
        other = await one_api.get(f"{view['url']}/overlay.{kind}?position=0")
        assert (other.status_code, other.json()["position"]) == (409, 1)
        assert (await one_api.get(f"{view['url']}/overlay.{kind}?position=2")).status_code == 404
    assert (await one_api.get(f"{view['url']}/image?position=2")).status_code == 404


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        pytest.param({"lighting": ["ring"]}, "form.lighting", id="one lighting for two pictures"),
        pytest.param({"carrier": "T1", "row": "1"}, "form.carrier", id="no column"),
        pytest.param({"carrier": "T1", "row": "0", "column": "1"}, "form.row", id="row 0"),
        pytest.param({"trigger_number": "-1"}, "form.trigger_number", id="a trigger before the first"),
    ],
)
async def test_what_is_said_beside_pictures_is_checked(
    one_api: httpx.AsyncClient, kept: Kept, fields: dict[str, Any], where: str
) -> None:
    before = await kept()
    files = [("image", (f"{number}.png", picture(), "image/png")) for number in range(2)]
    answer = await one_api.post("/v1/inspections", files=files, data=fields)
    assert answer.status_code == 422, answer.text
    assert [error["where"] for error in answer.json()["errors"]] == [where]
    assert await kept() == before


async def test_too_many_pictures_are_refused(one_api: httpx.AsyncClient, kept: Kept) -> None:
    before = await kept()
    files = [("image", (f"{number}.png", picture(), "image/png")) for number in range(9)]
    assert (await one_api.post("/v1/inspections", files=files)).json()["type"] == "/problems/multipart-invalid"
    assert await kept() == before


async def test_one_broken_picture_among_several_refuses_them_all(one_api: httpx.AsyncClient, kept: Kept) -> None:
    before = await kept()
    files = [("image", ("a.png", picture(), "image/png")), ("image", ("b.png", b"no picture", "image/png"))]
    assert (await one_api.post("/v1/inspections", files=files)).json()["type"] == "/problems/not-an-image"
    assert await kept() == before


def dated(date: str, said: str) -> str:
    """The date that was read, or another week of that year."""
    return date if said == "right" else f"{date[:2]}{'11' if date[2:] != '11' else '22'}"


@pytest.mark.usefixtures("worker", "at_work")
@pytest.mark.parametrize(("said", "verdicts"), [("right", {"pass"}), ("wrong", {"fail", "borderline"})])
async def test_a_real_part_is_verified_against_its_lots_texts(
    one_api: httpx.AsyncClient, bundled: Recipe, sample: bytes, *, said: str, verdicts: set[str]
) -> None:
    files = [("image", ("a.jpg", sample, "image/jpeg"))]
    read = await inspected(one_api, files, recipe=bundled.name)
    assert "UNVERIFIED" in {reason["code"] for reason in read["reasons"]}, "by its pattern alone"
    (field,) = [field for field in read["evidence"]["fields"] if "{YYWW}" in field["expected"]]
    await started(one_api, recipe=bundled.name, texts={"date": dated(field["text"][-4:], said)})
    view = await inspected(one_api, files, lot="L1")
    assert view["verdict"] in verdicts
    told = {reason["code"] for reason in view["reasons"]}
    assert "UNVERIFIED" not in told
    assert bool(told) is (said == "wrong")
