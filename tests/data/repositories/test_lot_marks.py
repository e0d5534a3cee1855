"""Counting holds its lots, in one order, and keeps nobody from bringing parts in."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

from sqlalchemy import select

from data.database import Database
from data.repositories.lot_marks import MOST_TEXTS, Said
from data.repositories.lots import Lots
from data.tables import LotMark
from tests.data.rows import waiting


async def lots(database: Database, count: int) -> list[UUID]:
    async with database.unit_of_work() as work:
        ids = [await work.parts.open_lot(f"L{number}") for number in range(count)]
        await work.commit()
    return ids


async def test_what_many_count_at_once_is_counted_in_full(database: Database) -> None:
    """Each in an order of its own, over the same lots: nobody waits crosswise, and nothing is lost."""
    ids = await lots(database, 3)

    async def count(seed: int) -> None:
        said = [Said(lot_id, "{YYWW}", text) for lot_id in ids for text in ("2431", "2432")]
        random.Random(seed).shuffle(said)  # noqa: S311 - an order, no secret
        async with database.unit_of_work() as work:
            await work.parts.marks.hold([one.lot_id for one in said])
            await work.parts.marks.add(dict.fromkeys(said, 1))
            await work.commit()

    await asyncio.gather(*(count(seed) for seed in range(24)))
    async with database.session() as session:
        assert [mark.units for mark in await session.scalars(select(LotMark))] == [24] * 6


async def test_a_second_waits_until_the_first_has_counted(database: Database) -> None:
    [lot_id] = await lots(database, 1)
    said = Said(lot_id, "{YYWW}", "2431")
    saw: list[int] = []

    async def count() -> None:
        async with database.unit_of_work() as work:
            await work.parts.marks.hold([lot_id])
            seen = await work.parts.marks.seen([said])
            saw.append(seen[lot_id, "{YYWW}"].get("2431", 0))
            await work.parts.marks.add({said: 1})
            await work.commit()

    await asyncio.gather(*(count() for _ in range(10)))
    assert saw == list(range(10)), "each saw what all before it had counted"


async def test_parts_come_in_while_a_lot_is_held_by_who_counts(database: Database) -> None:
    [lot_id] = await lots(database, 1)
    async with database.unit_of_work() as work:
        await work.parts.marks.hold([lot_id])
        async with asyncio.timeout(10):
            assert len(await waiting(database, 2, lot="L0", serial="SN1")) == 2


async def test_the_commonest_texts_are_seen_and_ones_own(database: Database) -> None:
    [lot_id] = await lots(database, 1)
    async with database.unit_of_work() as work:
        every = {Said(lot_id, "{N2}", f"{number:02}"): number for number in range(1, 30)}
        await work.parts.marks.add(every)
        own = Said(lot_id, "{N2}", "03")
        seen = await work.parts.marks.seen([own, Said(lot_id, "{A}", "B")])
    assert seen[lot_id, "{N2}"] == {f"{number:02}": number for number in (3, *range(30 - MOST_TEXTS, 30))}
    assert seen[lot_id, "{A}"] == {}


async def test_a_lot_is_held_for_a_change_without_keeping_parts_out(database: Database) -> None:
    [lot_id] = await lots(database, 1)
    async with database.unit_of_work() as work:
        assert (await Lots(work.session).lock(lot_id)).code == "L0"
        async with asyncio.timeout(10):
            await waiting(database, lot="L0")
