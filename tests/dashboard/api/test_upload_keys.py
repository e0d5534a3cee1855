"""A form under an idempotency key: sent again, changed, at once, and after it was refused or cancelled."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from sqlalchemy import text

from tests.dashboard.api.conftest import Kept
from tests.dashboard.api.forms import FORM, OTHER, PICTURE, assert_problem, field, file, form, send, unseen
from workers.composition import Services

SAME = [field("label", "x"), file("a.png", PICTURE), file("b.png", OTHER)]
CHANGED = {
    "other bytes": [field("label", "x"), file("a.png", PICTURE), file("b.png", b"changed")],
    "another name": [field("label", "x"), file("a.png", PICTURE), file("c.png", OTHER)],
    "another label": [field("label", "y"), file("a.png", PICTURE), file("b.png", OTHER)],
    "fewer files": [field("label", "x"), file("a.png", PICTURE)],
    "more files": [field("label", "x"), file("a.png", PICTURE), file("b.png", OTHER), file("c.png", b"more")],
    "another order": [field("label", "x"), file("b.png", OTHER), file("a.png", PICTURE)],
}


async def test_the_same_request_again_gives_the_same_run_and_keeps_nothing(api: httpx.AsyncClient, kept: Kept) -> None:
    first = await send(api, *SAME, key="k")
    before = await kept()
    again = await send(api, *SAME, key="k")
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert await kept() == before


@pytest.mark.parametrize("name", CHANGED)
async def test_another_request_under_the_same_key_is_refused_and_changes_nothing(
    api: httpx.AsyncClient, kept: Kept, name: str
) -> None:
    first = await send(api, *SAME, key="k")
    before = await kept()
    assert_problem(await send(api, *CHANGED[name], key="k"), 422, "idempotency-key-reused")
    assert await kept() == before
    assert (await api.get(first.json()["url"])).json()["state"] == "stored"


async def test_the_same_key_many_times_at_once_makes_one_run(api: httpx.AsyncClient, kept: Kept) -> None:
    before = await kept()
    big = [field("label", "x"), *(file(f"{n}.png", unseen(2_000_000)) for n in range(4))]
    answers = await asyncio.gather(*(send(api, *big, key="k") for _ in range(6)))
    assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
    assert len({answer.json()["id"] for answer in answers}) == 1
    after = await kept()
    assert [after[name] - before[name] for name in ("runs", "run_files", "files")] == [1, 4, 4]


async def test_a_key_of_an_inspection_makes_no_run(api: httpx.AsyncClient, sample: bytes) -> None:
    headers = {"Idempotency-Key": "k"}
    assert (await api.post("/v1/inspections", files={"image": sample}, headers=headers)).status_code == 202
    assert_problem(await send(api, file("a", PICTURE), key="k"), 422, "idempotency-key-reused")
    await send(api, file("a", PICTURE), key="k2")
    answer = await api.post("/v1/inspections", files={"image": sample}, headers={"Idempotency-Key": "k2"})
    assert_problem(answer, 422, "idempotency-key-reused")


@pytest.mark.parametrize("key", ["", "k" * 201, "k\u00e9"], ids=ascii)
async def test_a_key_that_cannot_be_one_is_refused(one_api: httpx.AsyncClient, kept: Kept, key: str) -> None:
    before = await kept()
    headers = [(b"content-type", FORM["content-type"].encode()), (b"idempotency-key", key.encode("latin-1"))]
    answer = await one_api.post("/v1/uploads", content=form(file("a", PICTURE)), headers=headers)
    assert_problem(answer, 400, "idempotency-key-invalid")
    assert await kept() == before


async def test_a_run_that_was_cancelled_takes_no_more_under_its_key(
    one_api: httpx.AsyncClient, services: Services
) -> None:
    await send(one_api, file("a", PICTURE), field("label", "late"), key="k")
    async with services.database.unit_of_work() as work:
        await work.session.execute(text("UPDATE runs SET state = 'cancelled'"))
        await work.commit()
    assert_problem(await send(one_api, file("a", PICTURE), file("b", OTHER), key="k"), 410, "upload-ended")
