"""How sites, lines and stations are listed, filtered and found."""

from __future__ import annotations

import pytest

from data.database import Database
from data.errors import CursorInvalid, NotFound, PlaceAmbiguous
from data.queries import plant
from data.queries.plant import PlaceFilter
from data.repositories.watched import Drop


@pytest.fixture
async def described(database: Database) -> Database:
    """Two sites with a line SMT each, the first with three stations, the second with one."""
    async with database.unit_of_work() as work:
        for station, site in (("AOI-2", "North"), ("AOI-1", "North"), ("X-ray", "North"), ("AOI-3", "South")):
            await work.plant.add_station(station, line="SMT", site=site)
        await work.commit()
    return database


async def test_each_level_counts_what_lies_in_it(described: Database) -> None:
    async with described.session() as session:
        sites = (await plant.sites(session)).items
        lines = (await plant.lines(session)).items
        stations = (await plant.stations(session)).items
    assert [(site.name, site.lines, site.stations) for site in sites] == [("South", 1, 1), ("North", 1, 3)]
    assert [(line.name, line.site, line.stations) for line in lines] == [("SMT", "South", 1), ("SMT", "North", 3)]
    assert [station.name for station in stations] == ["AOI-3", "X-ray", "AOI-1", "AOI-2"]
    tags = [*(site.tag for site in sites), *(line.tag for line in lines), *(station.tag for station in stations)]
    assert len(set(tags)) == 8


async def test_lists_are_filtered_by_where_a_place_lies_and_by_a_part_of_its_name(described: Database) -> None:
    async with described.session() as session:
        north = await plant.site(session, "North")
        (line,) = (await plant.lines(session, PlaceFilter(site_id=north.id))).items
        for wanted, names in (
            (PlaceFilter(site_id=north.id), ["X-ray", "AOI-1", "AOI-2"]),
            (PlaceFilter(line_id=line.id, find="aoi"), ["AOI-1", "AOI-2"]),
            (PlaceFilter(find="%"), []),
        ):
            assert [station.name for station in (await plant.stations(session, wanted)).items] == names
        assert (await plant.sites(session, PlaceFilter(find="ort"))).items[0].id == north.id
        by_name = await plant.stations_by_name(session, PlaceFilter(site_id=north.id), 2)
        assert [station.name for station in by_name] == ["AOI-1", "AOI-2"]
        assert [site.name for site in await plant.sites_by_name(session, 9)] == ["North", "South"]
        assert [line.site for line in await plant.lines_by_name(session, plant.ALL, 9)] == ["North", "South"]


async def test_pages_follow_one_another_though_others_come_in(described: Database) -> None:
    async with described.session() as session:
        first = await plant.stations(session, limit=3)
        async with described.unit_of_work() as work:
            await work.plant.add_station("New", line="SMT", site="North")
            await work.commit()
        rest = await plant.stations(session, cursor=first.next_cursor, limit=3)
        with pytest.raises(CursorInvalid):
            await plant.stations(session, cursor="no cursor")
    assert [station.name for station in (*first.items, *rest.items)] == ["AOI-3", "X-ray", "AOI-1", "AOI-2"]
    assert rest.next_cursor is None


async def test_a_name_that_two_sites_have_is_not_guessed(described: Database) -> None:
    async with described.session() as session:
        with pytest.raises(PlaceAmbiguous, match="SMT"):
            await plant.line(session, "SMT")
        (line, _) = (await plant.lines(session)).items
        assert await plant.line(session, str(line.id)) == line


@pytest.mark.parametrize("reference", ["", "no such", "'; --", "a\x00b", "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"])
async def test_what_is_not_there_is_not_found(described: Database, reference: str) -> None:
    async with described.session() as session:
        for show in (plant.site, plant.line, plant.station):
            with pytest.raises(NotFound):
                await show(session, reference)


async def test_a_station_shows_its_last_lot_that_is_not_closed(described: Database) -> None:
    async with described.unit_of_work() as work:
        station = await work.plant.station_id("AOI-1")
        first, second = await work.parts.open_lot("L1"), await work.parts.open_lot("L2")
        for lot, state in ((first, "hold"), (second, "closed")):
            await work.session.execute(
                plant.Lot.__table__.update().where(plant.Lot.id == lot).values(station_id=station, state=state)  # type: ignore[attr-defined]
            )
        await work.watched.set(station, Drop("/srv/drops/aoi-1"), apart_from={})
        await work.commit()
    async with described.session() as session:
        found, other = await plant.station(session, "AOI-1"), await plant.station(session, "AOI-2")
    assert (found.lot, found.lot_state, found.watched) == ("L1", "hold", True)
    assert (other.lot, other.lot_state, other.watched) == (None, None, False)
