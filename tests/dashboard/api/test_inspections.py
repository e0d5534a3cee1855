"""Inspections over HTTP: posted, waited for, listed, shown, with their pictures."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.dashboard.api.conftest import Kept


async def published(api: httpx.AsyncClient, document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made = (await api.post("/v1/recipes", json={**document, **changes})).json()
    answer = await api.post(f"/v1/recipes/{made['id']}/publish")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def posted(api: httpx.AsyncClient, data: bytes, *, wait_ms: int | None = None, **fields: str) -> dict[str, Any]:
    params = {} if wait_ms is None else {"wait_ms": wait_ms}
    answer = await api.post("/v1/inspections", params=params, files={"image": ("part.jpg", data)}, data=fields)
    assert answer.status_code in {200, 202}, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_posted_picture_is_accepted_with_its_address(api: httpx.AsyncClient, sample: bytes) -> None:
    answer = await api.post("/v1/inspections", files={"image": ("part.jpg", sample, "image/jpeg")})
    assert answer.status_code == 202
    view = answer.json()
    assert answer.headers["location"] == f"/v1/inspections/{view['id']}" == view["url"]
    assert (view["state"], view["verdict"], view["evidence"], view["file_name"]) == ("received", None, None, "part.jpg")
    assert (await api.get(answer.headers["location"])).json() == view


async def test_who_waits_gets_the_verdict(
    api: httpx.AsyncClient, worker: None, sample: bytes, document: dict[str, Any]
) -> None:
    recipe = await published(api, document)
    view = await posted(api, sample, wait_ms=30_000, recipe=recipe["name"])
    assert view["state"] == "done"
    assert view["verdict"] == "pass", view["reasons"]
    assert view["disposition"] == "accepted"
    assert 0 < view["score"] <= 1
    assert view["recipe"] == {"id": recipe["id"], "name": recipe["name"], "version": 1, "part_number": "MC74HC32AN"}
    assert "MC74HC32AN" in [line["text"] for line in view["evidence"]["lines"]]
    assert view["digest"]


async def test_at_the_deadline_the_answer_is_not_judged_and_the_inspection_goes_on(
    api: httpx.AsyncClient, sample: bytes
) -> None:
    view = await posted(api, sample, wait_ms=50)
    assert (view["state"], view["verdict"], view["disposition"]) == ("received", "not_judged", "pending")
    assert [reason["code"] for reason in view["reasons"]] == ["TIME_OUT"]
    later = (await api.get(view["url"])).json()
    assert (later["state"], later["verdict"]) == ("received", None)


async def test_without_a_recipe_the_mark_is_read_and_not_judged(
    api: httpx.AsyncClient, worker: None, sample: bytes
) -> None:
    view = await posted(api, sample, wait_ms=30_000)
    assert (view["state"], view["verdict"]) == ("done", "not_judged")
    assert "NO_RECIPE" in [reason["code"] for reason in view["reasons"]]
    assert view["recipe"] is None


async def test_a_bare_picture_does_as_well_as_a_form(
    api: httpx.AsyncClient, worker: None, sample: bytes, document: dict[str, Any]
) -> None:
    await published(api, document)
    params = {"part_number": "mc74hc32an", "wait_ms": "30000", "unit_serial": "U-1"}
    answer = await api.post("/v1/inspections", params=params, content=sample, headers={"content-type": "image/jpeg"})
    assert answer.status_code == 200
    assert (answer.json()["verdict"], answer.json()["unit_serial"]) == ("pass", "U-1")


async def test_the_plain_addresses_answer_too(api: httpx.AsyncClient, sample: bytes) -> None:
    answer = await api.post("/inspections", files={"image": sample})
    assert answer.status_code == 202
    shown = await api.get(f"/inspections/{answer.json()['id']}")
    assert shown.json()["id"] == answer.json()["id"]


@pytest.mark.parametrize("how", ["id", "name", "part_number"])
async def test_a_recipe_goes_by_id_name_or_part_number(
    api: httpx.AsyncClient, sample: bytes, document: dict[str, Any], how: str
) -> None:
    recipe = await published(api, document)
    reference = recipe["versions"][0]["part_number"] if how == "part_number" else recipe[how]
    assert (await posted(api, sample, recipe=reference))["recipe"]["id"] == recipe["id"]


async def test_an_unknown_recipe_keeps_nothing(api: httpx.AsyncClient, sample: bytes, kept: Kept) -> None:
    before = await kept()
    answer = await api.post("/v1/inspections", files={"image": sample}, data={"recipe": "No such"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/recipe-unknown"
    assert (answer.json()["kind"], answer.json()["reference"]) == ("recipe", "No such")
    assert await kept() == before


async def test_an_ambiguous_part_number_names_the_recipes(
    api: httpx.AsyncClient, sample: bytes, document: dict[str, Any], kept: Kept
) -> None:
    for name in ("One", "Two"):
        await published(api, document, name=name)
    before = await kept()
    answer = await api.post("/v1/inspections", files={"image": sample}, data={"part_number": "MC74HC32AN"})
    assert answer.json()["type"] == "/problems/recipe-ambiguous"
    assert "One, Two" in answer.json()["detail"]
    assert await kept() == before


async def test_a_draft_does_not_judge(
    api: httpx.AsyncClient, sample: bytes, document: dict[str, Any], kept: Kept
) -> None:
    made = (await api.post("/v1/recipes", json=document)).json()
    before = await kept()
    answer = await api.post("/v1/inspections", files={"image": sample}, data={"recipe": made["name"]})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/recipe-not-published")
    assert await kept() == before


async def test_the_same_key_and_picture_make_one_inspection(api: httpx.AsyncClient, sample: bytes, kept: Kept) -> None:
    key = {"Idempotency-Key": "4711"}
    first = await api.post("/v1/inspections", files={"image": sample}, headers=key)
    after_first = await kept()
    again = await api.post("/v1/inspections", files={"image": sample}, headers=key)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert await kept() == after_first


async def test_the_same_key_with_another_request_is_refused(api: httpx.AsyncClient, sample: bytes, kept: Kept) -> None:
    key = {"Idempotency-Key": "4711"}
    await api.post("/v1/inspections", files={"image": sample}, headers=key)
    before = await kept()
    for changed in ({"files": {"image": sample + b"\0"}}, {"files": {"image": sample}, "data": {"unit_serial": "9"}}):
        answer = await api.post("/v1/inspections", headers=key, **changed)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert await kept() == before


@pytest.mark.parametrize("key", ["", "k" * 201, "a\tb"], ids=["empty", "too long", "not printable"])
async def test_a_key_that_cannot_be_used_is_refused(api: httpx.AsyncClient, sample: bytes, key: str) -> None:
    answer = await api.post("/v1/inspections", files={"image": sample}, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/idempotency-key-invalid")


async def test_lists_run_from_the_newest_in_pages(api: httpx.AsyncClient, sample: bytes) -> None:
    ids = [(await posted(api, sample))["id"] for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params: dict[str, str] = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await api.get("/v1/inspections", params=params)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        await posted(api, sample)  # what comes in meanwhile shifts nothing
    assert seen == ids[::-1]


async def test_lists_are_filtered(
    api: httpx.AsyncClient, worker: None, sample: bytes, document: dict[str, Any]
) -> None:
    recipe = await published(api, document)
    judged = await posted(api, sample, wait_ms=30_000, recipe=recipe["name"])
    bare = await posted(api, sample, wait_ms=30_000)

    async def listed(**params: str) -> list[str]:
        return [item["id"] for item in (await api.get("/v1/inspections", params=params)).json()["items"]]

    assert await listed(recipe=recipe["name"]) == [judged["id"]]
    assert await listed(part_number="MC74HC32AN") == [judged["id"]]
    assert await listed(verdict="pass") == [judged["id"]]
    assert await listed(verdict="not_judged") == [bare["id"]]
    assert await listed(state="done") == [bare["id"], judged["id"]]
    assert await listed(state="failed") == []
    assert await listed(read="74hc32 FFFG9203") == [bare["id"], judged["id"]]
    assert await listed(read="74hc32", verdict="pass") == [judged["id"]]
    assert await listed(read="' OR 1=1 --%") == []
    assert await listed(since=bare["created_at"]) == [bare["id"]]
    assert await listed(until=bare["created_at"]) == [judged["id"]]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "verdict=good", "state=lost", "since=yesterday", "since=2026-01-01T00:00:00",
     "since=1969-12-31T23:59:59Z", "until=0001-01-01T00:00:00%2B14:00", "until=9999-12-31T23:59:59-12:00",
     "nonsense=1", "recipe=%00", "read=", "read=%00", "read=" + "r" * 201, "recipe=" + "r" * 201,
     "cursor=" + "c" * 101],
)  # fmt: skip
async def test_a_list_asked_for_wrongly_says_what_is_wrong(one_api: httpx.AsyncClient, query: str) -> None:
    answer = await one_api.get(f"/v1/inspections?{query}")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/request-invalid")
    assert query.split("=", maxsplit=1)[0] in answer.json()["errors"][0]["where"]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "AAAAAAAAAAAAAAAAAAAAAB", "é"])
async def test_a_cursor_of_somebody_else_is_refused(one_api: httpx.AsyncClient, cursor: str) -> None:
    answer = await one_api.get("/v1/inspections", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/cursor-invalid")


@pytest.mark.parametrize("path", ["", "/image", "/overlay.svg", "/overlay.png"])
async def test_an_unknown_inspection_is_not_found(one_api: httpx.AsyncClient, path: str) -> None:
    answer = await one_api.get(f"/v1/inspections/0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/inspection-not-found")


async def test_an_id_that_is_none_is_refused(one_api: httpx.AsyncClient) -> None:
    answer = await one_api.get("/v1/inspections/seventeen")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/request-invalid")


async def test_the_picture_comes_back_as_it_was_sent(api: httpx.AsyncClient, sample: bytes) -> None:
    image = (await posted(api, sample))["image"]
    answer = await api.get(image["url"])
    assert answer.content == sample
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]
    assert image["bytes"] == len(sample)
    again = await api.get(image["url"], headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=100-", 100, None), ("bytes=-50", -50, None), ("bytes=10-99999999", 10, None)],
)
async def test_a_range_of_the_picture_can_be_fetched(
    api: httpx.AsyncClient, sample: bytes, asked: str, first: int, last: int | None
) -> None:
    image = (await posted(api, sample))["image"]
    answer = await api.get(image["url"], headers={"range": asked})
    expected = sample[first : None if last is None else last + 1]
    assert (answer.status_code, answer.content) == (206, expected)
    start = first % len(sample)
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(expected) - 1}/{len(sample)}"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=5-4", "bytes=-0"])
async def test_a_range_outside_of_the_picture_is_refused(api: httpx.AsyncClient, sample: bytes, asked: str) -> None:
    image = (await posted(api, sample))["image"]
    answer = await api.get(image["url"], headers={"range": asked})
    assert (answer.status_code, answer.json()["type"]) == (416, "/problems/range-not-satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(sample)}"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b"])
async def test_a_range_we_do_not_know_gives_the_whole(api: httpx.AsyncClient, sample: bytes, asked: str) -> None:
    image = (await posted(api, sample))["image"]
    answer = await api.get(image["url"], headers={"range": asked})
    assert (answer.status_code, answer.content) == (200, sample)


async def test_the_evidence_is_drawn_over_the_picture(api: httpx.AsyncClient, worker: None, sample: bytes) -> None:
    view = await posted(api, sample, wait_ms=30_000)
    size = f'viewBox="0 0 {view["image"]["width_px"]} {view["image"]["height_px"]}"'
    svg = await api.get(f"{view['url']}/overlay.svg")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert size in svg.text
    assert svg.text.count("<polygon") > 1
    png = await api.get(f"{view['url']}/overlay.png")
    assert png.headers["content-type"] == "image/png"
    assert png.content.startswith(b"\x89PNG")
    for answer in (svg, png):
        again = await api.get(answer.url, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize("kind", ["svg", "png"])
async def test_before_the_verdict_there_is_nothing_to_draw(api: httpx.AsyncClient, sample: bytes, kind: str) -> None:
    view = await posted(api, sample)
    answer = await api.get(f"{view['url']}/overlay.{kind}")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/no-evidence")
    assert answer.json()["state"] == "received"
