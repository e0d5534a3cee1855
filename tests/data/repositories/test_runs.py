"""Runs and their files go only where their tables of transitions say, and a file is opened under a lease."""

from __future__ import annotations

import asyncio
import itertools
from typing import get_args
from uuid import UUID

import pytest
from sqlalchemy import select, text

from data.database import Database
from data.errors import NotFound
from data.priorities import Priority
from data.repositories.outbox import Lease
from data.repositories.runs import FileClaim, NewRun
from data.tables import FILE_TRANSITIONS, RUN_TRANSITIONS, FileState, Run, RunFile, RunState
from data.unit_of_work import UnitOfWork

ADDRESS = "ab" * 32


async def new_run(work: UnitOfWork, **fields: object) -> UUID:
    told = {"caller": "test", "station_id": await work.plant.station_id(None), "priority": Priority.BATCH, **fields}
    return await work.runs.create(NewRun(**told))  # type: ignore[arg-type]


async def stored_files(database: Database, count: int = 1) -> tuple[UUID, list[UUID]]:
    """Return a run that was completed with `count` stored files."""
    async with database.unit_of_work() as work:
        run_id = await new_run(work)
        files = [await work.runs.add_file(run_id, f"{number}.png", byte_count=9) for number in range(count)]
        for file_id in files:
            assert await work.runs.store_file(file_id, ADDRESS, 9)
        assert await work.runs.complete(run_id)
        await work.commit()
    return run_id, files


async def claim(database: Database, seconds: float = 60.0, limit: int = 10) -> tuple[Lease, list[FileClaim]]:
    lease = Lease(database.ids(), seconds, "test")
    async with database.unit_of_work() as work:
        claims = await work.runs.claim_files(lease, limit)
        await work.commit()
    return lease, claims


async def force(database: Database, table: str, id_: UUID, state: str) -> None:
    forced = text(f"UPDATE {table} SET state = :state WHERE id = :id")  # noqa: S608
    async with database.unit_of_work() as work:
        await work.session.execute(forced, {"state": state, "id": id_})
        await work.commit()


@pytest.mark.parametrize(("origin", "to"), list(itertools.product(get_args(RunState), repeat=2)))
async def test_a_run_goes_only_where_the_table_says(database: Database, origin: RunState, to: RunState) -> None:
    run_id, _ = await stored_files(database)
    await force(database, "runs", run_id, origin)
    async with database.unit_of_work() as work:
        assert (await work.runs.move([run_id], to) == {run_id}) == (to in RUN_TRANSITIONS[origin])


@pytest.mark.parametrize(("origin", "to"), list(itertools.product(get_args(FileState), repeat=2)))
async def test_a_file_goes_only_where_the_table_says(database: Database, origin: FileState, to: FileState) -> None:
    _, (file_id,) = await stored_files(database)
    await force(database, "run_files", file_id, origin)
    async with database.unit_of_work() as work:
        assert (await work.runs.move_files([file_id], to) == {file_id}) == (to in FILE_TRANSITIONS[origin])


async def test_files_keep_the_order_in_which_they_came(database: Database) -> None:
    run_id, files = await stored_files(database, 3)
    async with database.session() as session:
        rows = await session.scalars(select(RunFile).where(RunFile.run_id == run_id).order_by(RunFile.position))
        assert [(row.id, row.position, row.name) for row in rows] == [
            (id_, place, f"{place}.png") for place, id_ in enumerate(files)
        ]


async def test_files_added_at_once_take_places_of_their_own(database: Database) -> None:
    async with database.unit_of_work() as work:
        run_id = await new_run(work)
        await work.commit()

    async def add(name: str) -> None:
        async with database.unit_of_work() as work:
            await work.runs.add_file(run_id, name)
            await work.commit()

    await asyncio.gather(*(add(f"{number}.png") for number in range(8)))
    async with database.session() as session:
        places = await session.scalars(select(RunFile.position).where(RunFile.run_id == run_id))
        assert sorted(places) == list(range(8))


async def test_a_run_that_misses_a_file_is_not_complete(database: Database) -> None:
    async with database.unit_of_work() as work:
        run_id = await new_run(work)
        file_id = await work.runs.add_file(run_id, "a.png")
        assert not await work.runs.complete(run_id)
        assert await work.runs.store_file(file_id, ADDRESS, 9)
        assert await work.runs.complete(run_id)
        assert not await work.runs.complete(run_id), "once"
        run = await work.session.get_one(Run, run_id)
        assert (run.state, run.stored_at is not None, run.finished_at) == ("stored", True, None)


async def test_a_complete_run_takes_no_more_files(database: Database) -> None:
    run_id, _ = await stored_files(database)
    async with database.unit_of_work() as work:
        with pytest.raises(NotFound, match="run that takes files"):
            await work.runs.add_file(run_id, "late.png")


async def test_a_file_is_claimed_once_and_the_oldest_first(database: Database) -> None:
    run_id, files = await stored_files(database, 3)
    (_, first), (_, second) = await claim(database, limit=2), await claim(database)
    assert [each.id for each in first + second] == files
    assert {(each.run_id, each.address, each.byte_count, each.attempts) for each in first} == {(run_id, ADDRESS, 9, 1)}


async def test_a_lost_lease_is_given_to_somebody_else(database: Database) -> None:
    _, (file_id,) = await stored_files(database)
    first, _ = await claim(database, seconds=0.001)
    await asyncio.sleep(0.01)
    second, claims = await claim(database)
    assert [(each.id, each.attempts) for each in claims] == [(file_id, 2)]
    async with database.unit_of_work() as work:
        assert not await work.runs.holds_file(file_id, first.token)
        assert await work.runs.holds_file(file_id, second.token)


async def test_a_refused_file_says_why(database: Database) -> None:
    _, (file_id,) = await stored_files(database)
    async with database.unit_of_work() as work:
        assert await work.runs.refuse_file(file_id, code="NOT_AN_IMAGE", detail="It is a text.")
        assert not await work.runs.refuse_file(file_id, code="LATER", detail="Too late.")
        row = await work.session.get_one(RunFile, file_id)
        assert (row.state, row.error_code, row.error_detail) == ("refused", "NOT_AN_IMAGE", "It is a text.")


async def test_a_failed_run_says_why_and_when(database: Database) -> None:
    run_id, _ = await stored_files(database)
    async with database.unit_of_work() as work:
        assert await work.runs.fail(run_id, code="NOTHING_USABLE", detail="No file could be opened.")
        assert not await work.runs.fail(run_id, code="LATER", detail="Too late.")
        run = await work.session.get_one(Run, run_id)
        assert (run.state, run.error_code, run.finished_at is not None) == ("failed", "NOTHING_USABLE", True)


async def test_what_is_not_there_is_said(database: Database) -> None:
    async with database.unit_of_work() as work:
        with pytest.raises(NotFound, match="There is no run"):
            await work.runs.complete(work.new_id())
