"""Runs over the API, through both servers: begun, listed, completed, cancelled, retried, and their table of results."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from core.engines import Engines
from core.errors import ReaderFailed
from dashboard.api.run_csv import COLUMNS
from data.settings import Settings
from tests.dashboard.api.conftest import Kept
from tests.dashboard.api.forms import PICTURE, assert_problem, field, file, send
from tests.workers.fakes import Fails
from tests.workers.fakes import engines as fake_engines
from workers.composition import Services, compose
from workers.inspecting import inspect_batch
from workers.opening import open_files
from workers.outbox import next_batch
from workers.runs import settle

NOBODY = "/v1/runs/01234567-89ab-7def-8123-456789abcdef"


async def work(services: Services) -> None:
    """Open and inspect everything that waits."""
    await open_files(services)
    while (batch_id := await next_batch(services)) is not None:
        await inspect_batch(services, batch_id)
    await settle(services)


async def begun(api: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/v1/runs", json=fields)
    assert answer.status_code == 201, answer.text
    run: dict[str, Any] = answer.json()
    return run


async def table_of(api: httpx.AsyncClient, run: dict[str, Any]) -> list[dict[str, str]]:
    answer = await api.get(f"{run['url']}/results.csv")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_a_run_is_begun_and_shown(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/runs", json={"label": "Reel 7", "lot": "L1", "station": "bench"})
    run = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == run["url"]
    assert (run["state"], run["label"], run["lot"], run["station"]) == ("pending", "Reel 7", "L1", "bench")
    assert (await api.get(run["url"])).json() == run


async def test_a_run_is_begun_with_nothing_said(api: httpx.AsyncClient) -> None:
    assert (await api.post("/v1/runs")).json()["type"] == "parts"


async def test_a_run_begun_again_under_its_key_is_the_same(api: httpx.AsyncClient, kept: Kept) -> None:
    headers = {"Idempotency-Key": "k"}
    first = (await api.post("/v1/runs", json={"label": "x"}, headers=headers)).json()
    before = await kept()
    assert (await api.post("/v1/runs", json={"label": "x"}, headers=headers)).json()["id"] == first["id"]
    assert_problem(await api.post("/v1/runs", json={"label": "y"}, headers=headers), 422, "idempotency-key-reused")
    assert await kept() == before


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"recipie": "x"}, "request-invalid"),
        ({"type": "reel"}, "request-invalid"),
        ({"type": "tray", "rows": 2}, "request-invalid"),
        ({"type": "tray", "carrier": "T", "rows": 0, "columns": 2}, "request-invalid"),
        ({"label": 7}, "request-invalid"),
        ({"recipe": "nobody"}, "recipe-unknown"),
        ({"station": "nowhere"}, "reference-unknown"),
    ],
    ids=str,
)
async def test_a_run_that_does_not_fit_is_not_begun(
    api: httpx.AsyncClient, kept: Kept, fields: dict[str, Any], code: str
) -> None:
    before = await kept()
    assert_problem(await api.post("/v1/runs", json=fields), 422, code)
    assert await kept() == before


async def test_runs_are_listed_the_newest_first_page_by_page(api: httpx.AsyncClient) -> None:
    ids = [(await begun(api, label=str(number)))["id"] for number in range(5)]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params: dict[str, Any] = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await api.get("/v1/runs", params=params)).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        await begun(api, label="meanwhile")
    assert found == ids[::-1]


async def test_lists_are_cut_to_what_is_wanted(api: httpx.AsyncClient, services: Services) -> None:
    reel = await begun(api, label="Reel 7", lot="L1")
    box = (await send(api, field("label", "Box 7"), field("lot", "L2"), file("a.png", PICTURE))).json()
    ahead = (services.clock() + timedelta(hours=1)).isoformat()
    for params, wanted in (
        ({"state": "pending"}, [reel]),
        ({"state": "stored"}, [box]),
        ({"lot": "L1"}, [reel]),
        ({"label": "reel"}, [reel]),
        ({"station": "bench"}, [box, reel]),
        ({"since": reel["created_at"]}, [box, reel]),
        ({"since": ahead}, []),
        ({"until": ahead, "label": "7"}, [box, reel]),
        ({"label": "%"}, []),
    ):
        items = (await api.get("/v1/runs", params=params)).json()["items"]
        assert [item["id"] for item in items] == [run["id"] for run in wanted], params


@pytest.mark.parametrize(
    ("query", "code"),
    [("cursor=x", "cursor-invalid"), ("state=odd", "request-invalid"), ("limit=0", "request-invalid"),
     ("since=2026-01-01T00:00:00", "request-invalid"), ("since=1969-12-31T23:59:59Z", "request-invalid"),
     ("until=0001-01-01T00:00:00%2B14:00", "request-invalid"), ("lots=L1", "request-invalid")],
)  # fmt: skip
async def test_a_list_that_cannot_be_made_is_refused(one_api: httpx.AsyncClient, query: str, code: str) -> None:
    assert_problem(await one_api.get(f"/v1/runs?{query}"), 422, code)


async def test_files_are_listed_page_by_page(api: httpx.AsyncClient) -> None:
    run = (await send(api, *(file(f"{number}.png", PICTURE) for number in range(5)))).json()
    first = (await api.get(f"{run['url']}/files?limit=3")).json()
    rest = (await api.get(f"{run['url']}/files", params={"cursor": first["next_cursor"]})).json()
    assert [item["position"] for item in first["items"] + rest["items"]] == [0, 1, 2, 3, 4]
    assert (await api.get(f"{run['url']}/files?state=refused")).json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/files"), ("GET", "/results.csv"), ("GET", "/events"), ("POST", "/complete"),
     ("POST", "/cancel"), ("POST", "/retry")],
)  # fmt: skip
async def test_a_run_that_never_was_is_not_found(api: httpx.AsyncClient, method: str, path: str) -> None:
    assert_problem(await api.request(method, NOBODY + path), 404, "run-not-found")


async def test_a_run_without_files_is_not_complete(api: httpx.AsyncClient) -> None:
    assert_problem(await api.post(f"{(await begun(api))['url']}/complete"), 409, "upload-incomplete")


async def test_a_cancelled_run_stays_so(api: httpx.AsyncClient) -> None:
    run = (await send(api, file("a.png", PICTURE))).json()
    for _ in range(2):
        answer = await api.post(f"{run['url']}/cancel")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert_problem(await api.post(f"{run['url']}/complete"), 410, "upload-ended")
    assert_problem(await api.post(f"{run['url']}/retry"), 409, "run-nothing-failed")


async def test_what_was_cancelled_before_it_was_judged_is_shown_so(
    one_api: httpx.AsyncClient, services: Services, sample: bytes
) -> None:
    run = (await send(one_api, file("a.jpg", sample))).json()
    await open_files(services)
    cancelled = (await one_api.post(f"{run['url']}/cancel")).json()
    assert cancelled["counts"]["cancelled"] == 1
    (shown,) = (await one_api.get("/v1/inspections", params={"state": "cancelled"})).json()["items"]
    one = (await one_api.get(shown["url"])).json()
    assert (one["state"], one["verdict"], one["evidence"], one["error"]) == ("cancelled", None, None, None)
    assert_problem(await one_api.get(f"{shown['url']}/overlay.svg"), 409, "no-evidence")


async def test_results_are_a_table(api: httpx.AsyncClient, services: Services, sample: bytes) -> None:
    run = (await send(api, file("parts/a.jpg", sample), file("note.txt", b"no picture"))).json()
    await work(services)
    assert (await api.get(run["url"])).json()["state"] == "done"
    judged, refused = await table_of(api, run)
    assert tuple(judged) == tuple(COLUMNS)
    assert (judged["file"], judged["state"], judged["attempt"]) == ("parts/a.jpg", "done", "1")
    assert "MC74HC32AN" in judged["lines"]
    assert (await api.get(f"/v1/inspections/{judged['inspection_id']}")).json()["verdict"] == judged["verdict"]
    assert (refused["file"], refused["state"], refused["inspection_id"]) == ("note.txt", "refused", "")
    assert refused["error_code"]
    assert_problem(await api.post(f"{run['url']}/cancel"), 409, "run-ended")


async def test_no_cell_of_a_table_is_a_formula(one_api: httpx.AsyncClient, services: Services) -> None:
    names = ["=1+1.png", "+1.png", "-1.png", "@SUM(A1).png", 'a,"b".png', "plain.png"]
    run = (await send(one_api, *(file(name.replace('"', '\\"'), b"no picture") for name in names))).json()
    await work(services)
    assert [row["file"] for row in await table_of(one_api, run)] == [
        *(f"'{name}" for name in names[:4]), 'a,"b".png', "plain.png",
    ]  # fmt: skip


async def test_a_table_is_named_and_not_kept(one_api: httpx.AsyncClient) -> None:
    run = await begun(one_api)
    answer = await one_api.get(f"{run['url']}/results.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="run-{run["id"]}.csv"'
    assert answer.text == ",".join(COLUMNS) + "\r\n"


async def test_what_failed_is_tried_again(
    one_api: httpx.AsyncClient, services: Services, postgres: Settings, engines: Engines, sample: bytes
) -> None:
    run = (await send(one_api, file("a.jpg", sample))).json()
    broken = compose(
        postgres.model_copy(update={"max_attempts": 1}), load_engines=fake_engines(Fails(ReaderFailed("x")))
    )
    await work(broken)
    await broken.close()
    assert (await one_api.get(run["url"])).json()["counts"]["errors"] == 1
    assert (await one_api.post(f"{run['url']}/retry")).json()["state"] == "queued"
    await work(services)
    shown = (await one_api.get(run["url"])).json()
    assert (shown["state"], shown["counts"]["errors"], shown["error"]) == ("done", 0, None)


async def test_a_run_that_failed_says_why(one_api: httpx.AsyncClient, services: Services) -> None:
    run = await begun(one_api)
    async with services.database.unit_of_work() as unit:
        await unit.session.execute(text("UPDATE runs SET state = 'failed', error_code = 'X', error_detail = 'Why.'"))
        await unit.commit()
    assert (await one_api.get(run["url"])).json()["error"] == {"code": "X", "detail": "Why."}
