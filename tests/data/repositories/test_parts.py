"""Attempts on units that are begun together are numbered as if they had been begun one by one."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select

from data.database import Database
from data.repositories.parts import Attempt, Seat, Sought
from data.tables import Unit
from tests.data.locks import waited_for

PLACE = Seat("T1", 1, 1)
TOGETHER: dict[str, list[Sought]] = {
    "none": [],
    "one loose": [Sought(None)],
    "loose ones": [Sought(None)] * 3,
    "serials": [Sought(None, "B"), Sought(None, "A"), Sought(None, "C")],
    "a serial again": [Sought(None, "A"), Sought(None, "B"), Sought(None, "A"), Sought(None, "A")],
    "seats": [Sought(None, seat=Seat("T1", row, 2)) for row in (10, 9, 10)],
    "another lot's": [Sought(None, "A"), Sought(UUID(int=1), "A"), Sought(UUID(int=1), "A")],
    "serials in a seat": [Sought(None, "A", PLACE), Sought(None, "B", PLACE), Sought(None, "A", PLACE)],
    "all kinds": [Sought(None, seat=PLACE), Sought(None, "A"), Sought(None), Sought(None, "A"), Sought(None)],
}


async def begun(database: Database, sought: list[Sought], *, together: bool) -> tuple[list[int], list[int]]:
    """Return the numbers of attempts twice in a row, and which of them are on the same unit; nothing is kept."""
    async with database.unit_of_work() as work:
        lot = await work.parts.open_lot("L")
        wanted = [Sought(lot if each.lot_id else None, each.serial, each.seat) for each in sought]
        attempts: list[Attempt] = []
        for _ in range(2):
            if together:
                attempts += await work.parts.begin_attempts(wanted)
            else:
                attempts += [await work.parts.begin_attempt(each.lot_id, each.serial, each.seat) for each in wanted]
        counted = {unit.id: unit.attempts for unit in await work.session.scalars(select(Unit))}
    units = list(dict.fromkeys(attempt.unit_id for attempt in attempts))
    assert counted == {unit: max(each.number for each in attempts if each.unit_id == unit) for unit in units}
    return [each.number for each in attempts], [units.index(each.unit_id) for each in attempts]


@pytest.mark.parametrize("case", TOGETHER)
async def test_they_are_numbered_as_one_by_one(database: Database, case: str) -> None:
    one_by_one = await begun(database, TOGETHER[case], together=False)
    assert await begun(database, TOGETHER[case], together=True) == one_by_one


async def test_more_than_one_statement_holds_are_numbered_too(database: Database) -> None:
    wanted = [Sought(None, f"S{place % 1100}") for place in range(1300)]  # a statement holds a thousand
    numbers, units = await begun(database, wanted, together=True)
    assert numbers[:1300] == [1] * 1100 + [2] * 200
    assert numbers[1300:] == [3] * 200 + [2] * 900 + [4] * 200
    assert units == [*range(1100), *range(200)] * 2


async def test_units_are_begun_in_one_order_so_that_no_two_wait_crosswise(database: Database) -> None:
    first, second = Sought(None, "S1"), Sought(None, "S2")

    async def begin_both() -> list[int]:
        async with database.unit_of_work() as work:
            attempts = await work.parts.begin_attempts([second, first])
            await work.commit()
        return [attempt.number for attempt in attempts]

    async with database.unit_of_work() as work:
        await work.parts.begin_attempts([first])
        both = asyncio.create_task(begin_both())
        await waited_for(database)
        await work.parts.begin_attempts([second])  # had the other begun with it, both would wait for ever
        await work.commit()
    assert await both == [2, 2]
