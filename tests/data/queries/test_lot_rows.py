"""What a table of lots and units is made of: counts of many lots, looks at many units, versions to start with."""

from __future__ import annotations

from data.database import Database
from data.queries import units
from data.queries.attempts import Look, attempts
from data.queries.lot_counts import LotCounts, lot_counts
from data.queries.recipe_versions import published_versions
from data.queries.units import UnitFilter
from tests.data.rows import judged, published, recipe, waiting


async def test_each_lot_is_counted_by_what_became_of_its_parts(database: Database) -> None:
    for verdict in ("pass", "pass", "fail", "borderline", "not_judged"):
        await judged(database, verdict, lot="L1")
    await waiting(database, 2, lot="L1")
    (lost,) = await waiting(database, lot="L2")
    async with database.unit_of_work() as work:
        await work.inspections.move([lost], "cancelled")
        first, second, third = [await work.parts.open_lot(code) for code in ("L1", "L2", "L3")]
        await work.commit()
    async with database.session() as session:
        found = await lot_counts(session, [first, second, third])
        assert await lot_counts(session, []) == {}
    assert found[first] == LotCounts(passed=2, failed=1, borderline=1, not_judged=1, waiting=2)
    assert (found[second], found[third]) == (LotCounts(ended=1), LotCounts())


async def test_the_newest_looks_at_each_unit_are_told_the_oldest_first(database: Database) -> None:
    ids = [await judged(database, verdict, lot="L1", serial="S1") for verdict in ("fail", "borderline", "pass")]
    (last,) = await waiting(database, lot="L1", serial="S2")
    async with database.session() as session:
        second, first = (await units.page(session, UnitFilter(lot="L1"))).items
        found = await attempts(session, [first.id, second.id], most=2)
        assert await attempts(session, []) == {}
    assert found[first.id] == (Look(ids[1], 2, "done", "borderline"), Look(ids[2], 3, "done", "pass"))
    assert found[second.id] == (Look(last, 1, "received", None),)


async def test_published_versions_are_told_by_recipe_the_newest_first(database: Database) -> None:
    version = await published(database, recipe("B", "P1"))
    await published(database, recipe("A", "P2"))
    async with database.unit_of_work() as work:
        await work.recipes.begin_draft(version.recipe_id, recipe("B", "P1"))
        await work.recipes.publish(version.recipe_id, revision=1, comment="")
        await work.recipes.begin_draft(version.recipe_id, recipe("B", "P1"))
        await work.commit()
    async with database.session() as session:
        found = await published_versions(session)
    assert [(each.name, each.number, each.in_force) for each in found] == [
        ("A", 1, True),
        ("B", 2, True),
        ("B", 1, False),
    ]
