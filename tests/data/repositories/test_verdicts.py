"""Verdicts are written with everything that follows from them, or not at all."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID

import pytest
from sqlalchemy import select

from data.channels import RESULTS
from data.database import Database
from data.tables import Inspection, Result
from tests.data.rows import result, waiting

Heard = asyncio.Queue[str]


async def begun(database: Database, count: int) -> list[UUID]:
    ids = await waiting(database, count)
    async with database.unit_of_work() as work:
        for state in ("queued", "running"):
            await work.inspections.move(ids, state)
        await work.commit()
    return ids


async def kept(database: Database) -> tuple[dict[UUID, tuple[str, bool]], dict[UUID, str]]:
    async with database.session() as session:
        states = {
            each.id: (each.state, each.finished_at is not None) for each in await session.scalars(select(Inspection))
        }
        return states, {each.inspection_id: each.verdict for each in await session.scalars(select(Result))}


@pytest.mark.parametrize("count", [1, 3])
async def test_a_verdict_ends_its_inspection_and_is_told(database: Database, heard: Heard, count: int) -> None:
    *ids, other = await begun(database, count + 1)
    verdicts = dict(zip(ids, ("pass", "fail", "borderline"), strict=False))
    async with database.unit_of_work() as work:
        await work.verdicts.keep([result(id_, verdict) for id_, verdict in verdicts.items()])
        assert heard.empty()
        await work.commit()
    assert await kept(database) == ({**dict.fromkeys(ids, ("done", True)), other: ("running", False)}, verdicts)
    told = [json.loads(await asyncio.wait_for(heard.get(), 10)) for _ in ids]
    assert {UUID(each["inspection_id"]): each["verdict"] for each in told} == verdicts


async def test_without_a_commit_nothing_of_it_is_there(database: Database, heard: Heard) -> None:
    ids = await begun(database, 2)
    async with database.unit_of_work() as work:
        await work.verdicts.keep([result(id_) for id_ in ids])
    assert await kept(database) == (dict.fromkeys(ids, ("running", False)), {})
    async with database.unit_of_work() as work:
        await work.notify(RESULTS, {"after": "it"})
        await work.commit()
    assert json.loads(await asyncio.wait_for(heard.get(), 10)) == {"after": "it"}


async def test_no_verdicts_are_nothing(database: Database) -> None:
    async with database.unit_of_work() as work:
        await work.verdicts.keep([])
        await work.commit()
    assert await kept(database) == ({}, {})


async def test_an_inspection_that_was_cancelled_meanwhile_stays_so(database: Database) -> None:
    (id_,) = await begun(database, 1)
    async with database.unit_of_work() as work:
        await work.inspections.move([id_], "cancelled")
        await work.verdicts.keep([result(id_)])
        await work.commit()
    states, _ = await kept(database)
    assert states == {id_: ("cancelled", True)}


async def test_an_inspection_keeps_its_first_result(database: Database) -> None:
    (id_,) = await begun(database, 1)
    async with database.unit_of_work() as work:
        await work.verdicts.keep([result(id_, "pass")])
        await work.verdicts.keep([result(id_, "fail")])
        await work.commit()
    assert await kept(database) == ({id_: ("done", True)}, {id_: "pass"})


async def test_results_of_different_signals_are_written_together(database: Database) -> None:
    first, second = await begun(database, 2)
    async with database.unit_of_work() as work:
        await work.verdicts.keep(
            [result(first, signals={"ocr_score": 9000}), result(second, signals={"logo_score": 1})]
        )
        found = {row.inspection_id: row for row in await work.session.scalars(select(Result))}
    assert (found[first].ocr_score, found[first].logo_score) == (9000, -1)
    assert (found[second].ocr_score, found[second].logo_score) == (-1, 1)
