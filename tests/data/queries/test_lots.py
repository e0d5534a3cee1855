"""What lists of lots and units show, and in which order."""

from __future__ import annotations

from uuid import uuid4

import pytest

from data.database import Database
from data.errors import CursorInvalid, NotFound
from data.queries import lots, units
from data.queries.lots import LotFilter, Mark
from data.queries.units import UnitFilter
from data.repositories.lot_marks import Said
from data.repositories.lots import Lots
from data.repositories.parts import Seat
from tests.data.rows import judged, published, waiting

TEXTS = {"date": "2431"}


async def lot(
    database: Database, code: str, *, texts: dict[str, str] | None = None, station: str | None = None
) -> None:
    """A lot; with `texts`, started."""
    version = await published(database) if texts else None
    async with database.unit_of_work() as work:
        station_id = await work.plant.add_station(station, line="bench", site="bench") if station else None
        lot_id = await work.parts.open_lot(code)
        if version is not None and texts is not None:
            bound = {"station_id": station_id, "recipe_version_id": version.version_id, "texts": texts}
            await Lots(work.session).bind(lot_id, **bound)
        await work.commit()


async def test_a_lot_never_heard_of_binds_nothing(database: Database) -> None:
    async with database.session() as session:
        assert await lots.binding(session, "L1") is None
        with pytest.raises(NotFound, match="There is no lot L1"):
            await lots.detail(session, "L1")


async def test_a_lot_binds_what_it_was_started_with(database: Database) -> None:
    await lot(database, "named")
    await lot(database, "started", texts=TEXTS, station="AOI-1")
    async with database.session() as session:
        named, started = [await lots.binding(session, code) for code in ("named", "started")]
    assert named is not None
    assert started is not None
    assert (named.texts, named.recipe_version_id, named.station) == (None, None, None)
    assert (started.texts, started.station, started.state) == (TEXTS, "AOI-1", "open")
    assert started.recipe_version_id is not None


async def test_a_lot_counts_its_inspections_by_verdict(database: Database) -> None:
    for verdict in ("pass", "pass", "fail"):
        await judged(database, verdict, lot="L1", serial="SN1")
    await waiting(database, lot="L1")
    await judged(database, lot="L2")
    failed, cancelled = await waiting(database, 2, lot="L1", serial="SN1")
    async with database.unit_of_work() as work:
        await work.inspections.move([cancelled], "cancelled")
        await work.inspections.move([failed], "queued")
        await work.inspections.move([failed], "running")
        await work.inspections.fail(failed, code="WORKER_LOST", detail="It ended.")
        await work.commit()
    async with database.unit_of_work() as work:
        lot_id = await work.parts.open_lot("L1")
        for text, count in (("2431", 2), ("2432", 1), ("2431", 1)):
            await work.parts.marks.add({Said(lot_id, "{YYWW}", text): count})
        await work.commit()
    async with database.session() as session:
        found = await lots.detail(session, "L1")
        assert found == await lots.detail(session, str(found.summary.id))
    assert (found.units, found.inspections) == (2, 6)
    assert found.verdicts == {"pass": 2, "fail": 1, "waiting": 1, "errors": 1, "cancelled": 1}
    assert found.marks == (Mark("{YYWW}", "2431", 3), Mark("{YYWW}", "2432", 1))


async def test_a_lot_called_like_another_lots_id_is_itself(database: Database) -> None:
    await lot(database, "L1")
    async with database.session() as session:
        other = (await lots.summary(session, "L1")).id
    await lot(database, str(other))
    async with database.session() as session:
        assert (await lots.summary(session, str(other))).code == str(other)


async def test_lists_go_on_where_the_cursor_says(database: Database) -> None:
    for number in range(3):
        await lot(database, f"L{number}")
        await waiting(database, lot=f"L{number}", serial="SN1")
    async with database.session() as session:
        first = await lots.page(session, LotFilter(), limit=2)
        rest = await lots.page(session, LotFilter(), limit=2, cursor=first.next_cursor)
        assert [item.code for item in (*first.items, *rest.items)] == ["L2", "L1", "L0"]
        assert rest.next_cursor is None
        page = await units.page(session, UnitFilter(serial="SN1"), limit=2)
        assert [item.lot for item in page.items] == ["L2", "L1"]
        assert [item.lot for item in (await units.page(session, UnitFilter(lot="L1"))).items] == ["L1"]
        for query in (lots.page(session, LotFilter(), cursor="?"), units.page(session, UnitFilter(), cursor="?")):
            with pytest.raises(CursorInvalid):
                await query


async def test_a_unit_is_shown_with_its_inspections(database: Database) -> None:
    first = await judged(database, lot="L1", serial="SN1")
    (second,) = await waiting(database, lot="L1", serial="SN1")
    async with database.unit_of_work() as work:
        seated = await work.parts.begin_attempt(None, seat=Seat("T1", 2, 3))
        await work.commit()
    async with database.session() as session:
        (unit,) = (await units.page(session, UnitFilter(serial="SN1"))).items
        found = await units.detail(session, unit.id)
        place = (await units.detail(session, seated.unit_id)).summary
        with pytest.raises(NotFound, match="There is no unit"):
            await units.detail(session, uuid4())
    assert (found.summary.attempts, [one.id for one in found.inspections]) == (2, [second, first])
    assert (place.carrier, place.row, place.column, place.lot) == ("T1", 2, 3, None)
