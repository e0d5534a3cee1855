"""What processes count is added up, once each, whoever ends and comes back; it never goes down."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from data.database import Database
from data.queries.figures import gauges, totals
from data.repositories.figures import Addition, Counts, labels_of
from data.tables import EARLIER, Figure, Process

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))
AT_ONCE, NEVER = timedelta(0), timedelta(days=1)
PASS, FAIL = (("verdicts_total", labels_of({"verdict": verdict})) for verdict in ("pass", "fail"))


async def add(database: Database, process_id: UUID, number: int, counts: Counts, **more: object) -> bool:
    addition = Addition(process_id, "worker", "host", 7, number, counts, **more)  # type: ignore[arg-type]
    async with database.unit_of_work(quiet=True) as work:
        now = await work.figures.add(addition)
        await work.commit()
    return now is not None


async def count(database: Database, process_id: UUID, counts: Counts) -> None:
    async with database.unit_of_work(quiet=True) as work:
        await work.figures.count(process_id, counts)
        await work.commit()


async def fold(database: Database, silent_for: timedelta) -> None:
    async with database.unit_of_work(quiet=True) as work:
        await work.figures.fold(silent_for=silent_for)
        await work.commit()


async def shown(database: Database) -> dict[tuple[str, str], float]:
    async with database.session() as session:
        return {(each.sample, labels_of(each.labels)): each.value for each in await totals(session)}


async def processes(database: Database) -> set[UUID]:
    async with database.session() as session:
        return set(await session.scalars(select(Figure.process_id).distinct()))


async def test_nothing_is_counted_at_first(database: Database) -> None:
    assert await shown(database) == {}
    await count(database, ONE, {})
    assert await processes(database) == set()


async def test_what_processes_count_is_added_up(database: Database) -> None:
    assert await add(database, ONE, 1, {PASS: 2, FAIL: 0.5})
    assert await add(database, TWO, 1, {PASS: 3})
    assert await add(database, ONE, 2, {PASS: 10})
    assert await shown(database) == {PASS: 15, FAIL: 0.5}


async def test_an_addition_whose_answer_was_lost_is_made_once(database: Database) -> None:
    assert await add(database, ONE, 1, {PASS: 2})
    assert not await add(database, ONE, 1, {PASS: 2})
    assert await shown(database) == {PASS: 2}


async def test_what_is_counted_in_a_unit_of_work_is_kept_with_it_or_not_at_all(database: Database) -> None:
    async with database.unit_of_work(quiet=True) as work:
        await work.figures.count(ONE, {PASS: 5})
    assert await shown(database) == {}
    await count(database, ONE, {PASS: 1})
    await count(database, ONE, {PASS: 1})
    assert await shown(database) == {PASS: 2}


async def test_labels_are_the_same_in_whatever_order_they_are_said() -> None:
    assert labels_of({"b": "1", "a": 'é"\n'}) == labels_of({"a": 'é"\n', "b": "1"})


async def test_the_figures_of_a_silent_process_stay_when_it_is_folded(database: Database) -> None:
    await add(database, ONE, 1, {PASS: 2, FAIL: 1})
    await add(database, TWO, 1, {PASS: 3})
    await fold(database, NEVER)
    assert await processes(database) == {ONE, TWO}
    await fold(database, AT_ONCE)
    await fold(database, AT_ONCE)
    assert await processes(database) == {EARLIER}
    assert await shown(database) == {PASS: 5, FAIL: 1}


async def test_a_process_that_comes_back_goes_on(database: Database) -> None:
    await add(database, ONE, 1, {PASS: 2})
    await fold(database, AT_ONCE)
    assert not await add(database, ONE, 1, {PASS: 2}), "its last addition, whose answer it never had"
    assert await add(database, ONE, 2, {PASS: 3})
    await count(database, ONE, {PASS: 1})
    assert await shown(database) == {PASS: 6}
    assert await processes(database) == {EARLIER, ONE}


async def test_one_that_never_said_who_it_is_is_folded_too(database: Database) -> None:
    await count(database, THREE, {PASS: 1})
    await fold(database, NEVER)
    assert await processes(database) == {EARLIER}
    assert await shown(database) == {PASS: 1}


async def test_a_process_is_forgotten_long_after_it_was_seen(database: Database) -> None:
    for number, days in enumerate((6, 8)):
        await add(database, UUID(int=number + 1), 1, {PASS: 1})
        async with database.unit_of_work(quiet=True) as work:
            ago = text("UPDATE processes SET seen_at = now() - make_interval(days => :days) WHERE id = :id")
            await work.session.execute(ago, {"days": days, "id": UUID(int=number + 1)})
            await work.commit()
    await fold(database, timedelta(minutes=10))
    async with database.session() as session:
        assert list(await session.scalars(select(Process.id))) == [ONE]
    assert await shown(database) == {PASS: 2}


@pytest.mark.parametrize(("ago_s", "there"), [(0, True), (40, True), (50, False)])
async def test_what_a_process_measures_ends_with_it(database: Database, ago_s: int, there: bool) -> None:
    measured = [("spool_items", {"host": "a"}, 3.0)]
    await add(database, ONE, 1, {}, gauges=[("spool_items", {"host": "a"}, 99.0)])
    await add(database, ONE, 2, {}, gauges=measured)
    async with database.unit_of_work(quiet=True) as work:
        await work.session.execute(
            text("UPDATE processes SET seen_at = now() - make_interval(secs => :s)"), {"s": ago_s}
        )
        await work.commit()
    async with database.session() as session:
        found = [(each.sample, each.labels, each.value) for each in await gauges(session)]
    assert found == (measured if there else [])


async def test_adding_and_folding_at_once_neither_lose_nor_double(database: Database) -> None:
    chance, rounds = random.Random(5), 25  # noqa: S311 - no secret
    seen: list[float] = []

    async def one(process_id: UUID) -> None:
        for number in range(rounds):
            await add(database, process_id, number, {PASS: 1, FAIL: 2})
            await count(database, process_id, {PASS: 1})
            await asyncio.sleep(chance.random() / 200)

    async def folding() -> None:
        for _ in range(rounds):
            await fold(database, AT_ONCE)
            await asyncio.sleep(chance.random() / 200)

    async def looking() -> None:
        for _ in range(rounds * 2):
            seen.append((await shown(database)).get(PASS, 0))
            await asyncio.sleep(chance.random() / 200)

    await asyncio.gather(one(ONE), one(TWO), one(THREE), folding(), folding(), looking())
    assert await shown(database) == {PASS: 3 * 2 * rounds, FAIL: 3 * 2 * rounds}
    assert seen == sorted(seen), "a figure went down"
    async with database.session() as session:
        assert await session.scalar(select(func.count()).select_from(Process)) == 3
