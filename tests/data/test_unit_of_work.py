"""All of a unit of work is kept, or nothing; and what is told, is told with the commit."""

from __future__ import annotations

import asyncio
import json

import pytest
from sqlalchemy import func, select

from data.channels import RESULTS
from data.database import Database
from data.tables import Inspection, OutboxItem
from tests.data.rows import add_inspection


async def count(database: Database) -> tuple[int, int]:
    async with database.session() as session:
        inspections = await session.scalar(select(func.count()).select_from(Inspection))
        items = await session.scalar(select(func.count()).select_from(OutboxItem))
    return inspections or 0, items or 0


async def hear(payloads: asyncio.Queue[str]) -> dict[str, str]:
    async with asyncio.timeout(10):
        told: dict[str, str] = json.loads(await payloads.get())
        return told


async def test_a_commit_keeps_everything(database: Database) -> None:
    async with database.unit_of_work() as work:
        await add_inspection(work)
        await work.commit()
    assert await count(database) == (1, 1)


async def test_without_a_commit_nothing_is_kept(database: Database) -> None:
    async with database.unit_of_work() as work:
        await add_inspection(work)
    assert await count(database) == (0, 0)


async def test_an_error_undoes_everything_and_goes_on(database: Database) -> None:
    async def fail() -> None:
        async with database.unit_of_work() as work:
            await add_inspection(work)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await count(database) == (0, 0)


async def test_what_was_committed_stays_when_something_fails_later(database: Database) -> None:
    async def fail_afterwards() -> None:
        async with database.unit_of_work() as work:
            await add_inspection(work)
            await work.commit()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_afterwards()
    assert await count(database) == (1, 1)


async def test_a_cancelled_unit_keeps_nothing(database: Database) -> None:
    begun = asyncio.Event()

    async def write() -> None:
        async with database.unit_of_work() as work:
            await add_inspection(work)
            begun.set()
            await asyncio.sleep(60)
            await work.commit()

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(database) == (0, 0)


async def test_nobody_sees_what_is_not_committed(database: Database) -> None:
    async with database.unit_of_work() as work:
        await add_inspection(work)
        assert await count(database) == (0, 0)


async def test_a_unit_reads_what_it_wrote(database: Database) -> None:
    async with database.unit_of_work() as work:
        id_ = await add_inspection(work)
        assert await work.session.scalar(select(Inspection.state).where(Inspection.id == id_)) == "received"


async def test_what_is_told_comes_with_the_commit(database: Database, heard: asyncio.Queue[str]) -> None:
    async with database.unit_of_work() as work:
        await work.notify(RESULTS, {"verdict": "lost"})
    async with database.unit_of_work() as work:
        await work.notify(RESULTS, {"verdict": "kept"})
        assert heard.empty()
        await work.commit()
    assert await hear(heard) == {"verdict": "kept"}
    assert heard.empty()
