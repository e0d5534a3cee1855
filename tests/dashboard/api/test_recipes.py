"""Recipes over HTTP: made, edited, published, proposed from a part, and refused with the place of the fault."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.dashboard.api.conftest import Kept

UNKNOWN = "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"


async def made(api: httpx.AsyncClient, document: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post("/v1/recipes", json=document)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == answer.json()["url"]
    found: dict[str, Any] = answer.json()
    return found


async def test_a_recipe_begins_as_a_draft(api: httpx.AsyncClient, document: dict[str, Any]) -> None:
    recipe = await made(api, document)
    assert (recipe["name"], recipe["published"]) == (document["name"], None)
    (draft,) = recipe["versions"]
    assert (draft["state"], draft["number"], draft["revision"]) == ("draft", None, 1)
    assert draft["document"]["variants"][0]["lines"][0]["text"] == document["variants"][0]["lines"][0]["text"]
    assert (await api.get(recipe["url"])).json() == recipe


async def test_publishing_numbers_it_and_a_new_draft_leaves_it_as_it_is(
    one_api: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    recipe = await made(one_api, document)
    published = (await one_api.post(f"{recipe['url']}/publish", json={"revision": 1, "comment": "first"})).json()
    assert published["published"] == 1
    assert published["versions"][0]["comment"] == "first"
    changed = {**document, "pass_score": 0.9}
    edited = (await one_api.put(f"{recipe['url']}/draft", json=changed)).json()
    assert [(version["state"], version["number"]) for version in edited["versions"]] == [
        ("draft", None), ("published", 1),
    ]  # fmt: skip
    assert edited["versions"][1] == published["versions"][0]
    saved = (await one_api.put(f"{recipe['url']}/draft?revision=1", json=changed)).json()
    assert saved["versions"][0]["revision"] == 2
    again = (await one_api.post(f"{recipe['url']}/publish")).json()
    assert (again["published"], len(again["versions"])) == (2, 2)


async def test_a_draft_saved_meanwhile_is_not_overwritten(one_api: httpx.AsyncClient, document: dict[str, Any]) -> None:
    recipe = await made(one_api, document)
    assert (await one_api.put(f"{recipe['url']}/draft?revision=1", json=document)).status_code == 200
    for answer in (
        await one_api.put(f"{recipe['url']}/draft?revision=1", json=document),
        await one_api.put(f"{recipe['url']}/draft", json=document),
        await one_api.post(f"{recipe['url']}/publish", json={"revision": 1}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/draft-changed")


@pytest.mark.parametrize("revision", [0, 2**31 - 1, 10**20])
async def test_a_revision_that_no_draft_has_is_refused(
    one_api: httpx.AsyncClient, document: dict[str, Any], revision: int
) -> None:
    recipe = await made(one_api, document)
    answer = await one_api.put(f"{recipe['url']}/draft?revision={revision}", json=document)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/request-invalid")


async def test_what_is_published_has_no_draft_to_publish(one_api: httpx.AsyncClient, document: dict[str, Any]) -> None:
    recipe = await made(one_api, document)
    await one_api.post(f"{recipe['url']}/publish")
    answer = await one_api.post(f"{recipe['url']}/publish")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/recipe-not-published")


async def test_names_are_unique(api: httpx.AsyncClient, document: dict[str, Any], kept: Kept) -> None:
    await made(api, document)
    before = await kept()
    answer = await api.post("/v1/recipes", json=document)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/recipe-taken")
    assert await kept() == before


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"variants": []}, "variants"),
        ({"variants": [{"name": "a", "lines": [{"text": "{QQ}"}]}]}, "variants[0].lines[0].text"),
        ({"pass_score": 2}, "pass_score"),
        ({"pass_score": "high"}, "pass_score"),
        ({"schema": 99}, "schema"),
        ({"name": ""}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"reader": 5}, "reader"),
        ({"surprise": 1}, "surprise"),
        ({"signals": {"ocr": {"accept": 0.2, "reject": 0.8}}}, "signals.ocr"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_recipe_that_cannot_be_used_is_refused_with_the_place(
    api: httpx.AsyncClient, document: dict[str, Any], kept: Kept, change: dict[str, Any], where: str
) -> None:
    before = await kept()
    answer = await api.post("/v1/recipes", json={**document, **change})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/recipe-invalid"), answer.text
    assert answer.json()["where"].startswith(where)
    assert await kept() == before


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "request-invalid"),
        (b"{", 422, "request-invalid"),
        (b"[]", 422, "request-invalid"),
        (b'"text"', 422, "request-invalid"),
        (b"[" * 100_000, 400, "bad-request"),
        (b"\xff\xfe\xfd", 400, "bad-request"),
        (b'{"schema": NaN}', 422, "recipe-invalid"),
    ],
    ids=["empty", "cut off", "a list", "a text", "deep", "not text", "not a number"],
)
async def test_a_body_that_is_no_recipe_at_all_is_refused(
    api: httpx.AsyncClient, kept: Kept, body: bytes, status: int, code: str
) -> None:
    before = await kept()
    answer = await api.post("/v1/recipes", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}"), answer.text
    assert await kept() == before


async def test_a_recipe_of_megabytes_is_refused_unread(api: httpx.AsyncClient, document: dict[str, Any]) -> None:
    answer = await api.post("/v1/recipes", json={**document, "name": "n" * 2**21})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")


async def test_recipes_are_listed_in_pages(one_api: httpx.AsyncClient, document: dict[str, Any]) -> None:
    for number in range(3):
        await made(one_api, {**document, "name": f"Recipe {number}"})
    first = (await one_api.get("/v1/recipes?limit=2")).json()
    second = (await one_api.get("/v1/recipes", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    names = [item["name"] for page in (first, second) for item in page["items"]]
    assert names == ["Recipe 2", "Recipe 1", "Recipe 0"]
    assert second["next_cursor"] is None
    assert first["items"][0]["has_draft"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("POST", "/publish"), ("PUT", "/draft")], ids=["show", "publish", "save"]
)
async def test_an_unknown_recipe_is_not_found(
    one_api: httpx.AsyncClient, document: dict[str, Any], method: str, path: str
) -> None:
    body = document if method == "PUT" else None
    answer = await one_api.request(method, f"/v1/recipes/{UNKNOWN}{path}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/recipe-not-found")


async def test_a_recipe_is_proposed_from_a_part_that_was_read(
    api: httpx.AsyncClient, worker: None, sample: bytes
) -> None:
    part = (await api.post("/v1/inspections?wait_ms=30000", files={"image": sample})).json()
    answer = await api.post(f"/v1/recipes/from-inspection/{part['id']}")
    assert answer.status_code == 201
    recipe = answer.json()
    lines = [line["text"] for line in recipe["versions"][0]["document"]["variants"][0]["lines"]]
    assert "MC74HC32AN" in lines
    assert recipe["published"] is None
    await api.post(f"{recipe['url']}/publish")
    again = await api.post("/v1/inspections?wait_ms=30000", files={"image": sample}, data={"recipe": recipe["id"]})
    assert again.json()["verdict"] == "pass", again.json()["reasons"]


async def test_a_proposed_recipe_may_be_given_a_name(one_api: httpx.AsyncClient, worker: None, sample: bytes) -> None:
    part = (await one_api.post("/v1/inspections?wait_ms=30000", files={"image": sample})).json()
    path = f"/v1/recipes/from-inspection/{part['id']}"
    assert (await one_api.post(path, json={"name": "Gate"})).json()["name"] == "Gate"
    taken = await one_api.post(path, json={"name": "Gate"})
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/recipe-taken")
    unnamed = [(await one_api.post(path)).json()["name"] for _ in range(2)]
    assert len(set(unnamed)) == 2


async def test_nothing_is_proposed_from_a_part_not_read_yet(one_api: httpx.AsyncClient, sample: bytes) -> None:
    part = (await one_api.post("/v1/inspections", files={"image": sample})).json()
    answer = await one_api.post(f"/v1/recipes/from-inspection/{part['id']}")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
    answer = await one_api.post(f"/v1/recipes/from-inspection/{UNKNOWN}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/inspection-not-found")
