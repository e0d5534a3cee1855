"""Sites, lines and stations: added, changed, moved, and deleted only where nothing hangs on them."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from core.errors import PlaceInvalid
from data.database import Database
from data.errors import ChangedMeanwhile, NotFound, PlaceInUse, PlaceTaken
from data.queries import plant
from data.repositories.plant import COUNTED_UP_TO, LEVELS, PlaceKind, tag_of, time_zone
from data.repositories.watched import Drop
from data.tables import metadata
from tests.data.rows import MOMENT, waiting

NOBODY = UUID("0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d")


async def added(database: Database, kind: PlaceKind, **said: Any) -> UUID:
    async with database.unit_of_work() as work:
        id_ = await work.plant.add(kind, said)
        await work.commit()
    return id_


async def changed(database: Database, kind: PlaceKind, id_: UUID, *, tag: str | None = None, **said: Any) -> None:
    async with database.unit_of_work() as work:
        await work.plant.change(kind, id_, said, tag=tag)
        await work.commit()


async def removed(database: Database, kind: PlaceKind, id_: UUID, *, tag: str | None = None) -> None:
    async with database.unit_of_work() as work:
        await work.plant.remove(kind, id_, tag=tag)
        await work.commit()


async def north(database: Database) -> tuple[UUID, UUID, UUID]:
    """Return the ids of a site, its line and that line's station."""
    site = await added(database, "site", name="North", time_zone="Europe/Berlin")
    line = await added(database, "line", name="SMT", site_id=site)
    return site, line, await added(database, "station", name="AOI-1", line_id=line)


async def test_a_plant_is_described_from_the_top_down(database: Database) -> None:
    site, line, station = await north(database)
    async with database.session() as session:
        found = await plant.station(session, "AOI-1")
    assert (found.id, found.line_id, found.site_id) == (station, line, site)
    assert (found.line, found.site, found.time_zone) == ("SMT", "North", "Europe/Berlin")


async def test_names_are_kept_as_the_rule_has_them(database: Database) -> None:
    site = await added(database, "site", name="  Mu\u0308nchen ")
    async with database.session() as session:
        assert (await plant.site(session, "M\u00fcnchen")).id == site


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "A", "time_zone": "Europe/Nowhere"}, "time_zone"),
        ({"name": "A", "time_zone": "../../etc/passwd"}, "time_zone"),
        ({"name": "A", "time_zone": ""}, "time_zone"),
        ({"name": "A", "time_zone": "+02:00"}, "time_zone"),
    ],
    ids=["no name", "two lines", "no such zone", "a path", "no zone", "an offset"],
)
async def test_what_cannot_be_said_of_a_site_is_not_kept(database: Database, said: dict[str, str], where: str) -> None:
    with pytest.raises(PlaceInvalid) as refused:
        await added(database, "site", **said)
    assert refused.value.where == where
    async with database.session() as session:
        assert (await plant.sites(session)).items == ()


def test_utc_is_always_known() -> None:
    assert time_zone(" UTC ") == "UTC"


async def test_names_are_unique_where_machines_send_them(database: Database) -> None:
    site, line, station = await north(database)
    south = await added(database, "site", name="South")
    await added(database, "line", name="SMT", site_id=south)
    for kind, said, there in (
        ("site", {"name": "North"}, site),
        ("line", {"name": "SMT", "site_id": site}, line),
        ("station", {"name": " AOI-1", "line_id": line}, station),
    ):
        with pytest.raises(PlaceTaken, match="already") as refused:
            await added(database, kind, **said)  # type: ignore[arg-type]
        assert refused.value.id == str(there)


async def test_what_lies_in_nothing_is_refused(database: Database) -> None:
    with pytest.raises(NotFound, match="site"):
        await added(database, "line", name="SMT", site_id=NOBODY)
    with pytest.raises(NotFound, match="line"):
        await added(database, "station", name="AOI-1", line_id=NOBODY)


async def test_a_place_is_renamed_and_moved_and_keeps_what_is_not_said(database: Database) -> None:
    _, line, station = await north(database)
    south = await added(database, "site", name="South")
    await changed(database, "line", line, site_id=south)
    await changed(database, "station", station, name="AOI-2")
    await changed(database, "site", south, time_zone="Asia/Tokyo")
    await changed(database, "site", south)
    async with database.session() as session:
        found = await plant.station(session, str(station))
    assert (found.name, found.line, found.site, found.time_zone) == ("AOI-2", "SMT", "South", "Asia/Tokyo")


async def test_a_change_to_a_name_that_is_taken_changes_nothing(database: Database) -> None:
    site, line, _ = await north(database)
    south = await added(database, "site", name="South")
    other = await added(database, "line", name="SMT", site_id=south)
    for kind, id_, said, there in (
        ("site", south, {"name": "North", "time_zone": "Asia/Tokyo"}, site),
        ("line", other, {"site_id": site}, line),
    ):
        with pytest.raises(PlaceTaken) as refused:
            await changed(database, kind, id_, **said)  # type: ignore[arg-type]
        assert refused.value.id == str(there)
    async with database.session() as session:
        assert (await plant.site(session, "South")).time_zone == "UTC"
        assert (await plant.line(session, str(other))).site == "South"


async def test_a_change_of_what_was_read_is_made_and_of_anything_else_is_not(database: Database) -> None:
    site, _, _ = await north(database)
    read = tag_of("North", "Europe/Berlin")
    await changed(database, "site", site, tag=read, name="Nord")
    for change in (
        changed(database, "site", site, tag=read, name="Norden"),
        removed(database, "site", site, tag=read),
    ):
        with pytest.raises(ChangedMeanwhile, match="Nord"):
            await change
    await changed(database, "site", site, name="Norden")
    async with database.session() as session:
        assert (await plant.site(session, str(site))).name == "Norden"


async def test_of_two_changes_at_once_one_is_told(database: Database) -> None:
    site, _, _ = await north(database)
    read = tag_of("North", "Europe/Berlin")
    done = await asyncio.gather(
        *(changed(database, "site", site, tag=read, name=name) for name in ("A", "B", "C")), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in done) == ["ChangedMeanwhile", "ChangedMeanwhile", "NoneType"]


async def test_of_two_of_one_name_at_once_one_is_made(database: Database) -> None:
    done = await asyncio.gather(*(added(database, "site", name="North") for _ in range(4)), return_exceptions=True)
    made = [each for each in done if isinstance(each, UUID)]
    assert len(made) == 1
    assert all(isinstance(each, PlaceTaken) and each.id == str(made[0]) for each in done if each != made[0])


async def test_what_nothing_hangs_on_is_deleted_from_the_bottom_up(database: Database) -> None:
    site, line, station = await north(database)
    for kind, id_ in (("station", station), ("line", line), ("site", site)):
        await removed(database, kind, id_)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            await removed(database, kind, id_)  # type: ignore[arg-type]


async def test_what_something_hangs_on_stays_and_says_what(database: Database) -> None:
    site, line, station = await north(database)
    with pytest.raises(PlaceInUse, match=r"The site North cannot be deleted: it still has 1 line\."):
        await removed(database, "site", site)
    with pytest.raises(PlaceInUse, match=r"it still has 1 station\."):
        await removed(database, "line", line)
    await waiting(database, 2, station="AOI-1")
    async with database.unit_of_work() as work:
        await work.triggers.add(station, MOMENT, 3)
        await work.watched.set(station, Drop("/srv/drops/aoi-1"), apart_from={})
        await work.commit()
    with pytest.raises(PlaceInUse) as refused:
        await removed(database, "station", station)
    assert refused.value.by == {"inspections": 2, "watched folders": 1, "hours of triggers": 1}
    assert str(refused.value) == (
        "The station AOI-1 cannot be deleted: it still has 2 inspections, 1 watched folder and 1 hour of triggers."
    )


async def test_what_hangs_is_counted_no_further_than_it_must(database: Database) -> None:
    site = await added(database, "site", name="North")
    async with database.unit_of_work() as work:
        for number in range(COUNTED_UP_TO + 5):
            await work.plant.add("line", {"name": f"L{number}", "site_id": site})
        await work.commit()
    with pytest.raises(PlaceInUse, match=r"1,000 lines or more"):
        await removed(database, "site", site)


def test_everything_that_refers_to_a_place_is_named() -> None:
    """A table that comes to refer to stations must be told in the conflict too."""
    for level in LEVELS.values():
        own = level.table.__tablename__
        columns = [column for table in metadata.tables.values() for column in table.columns]
        refer = {
            f"{column.table.name}.{column.name}"
            for column in columns
            for key in column.foreign_keys
            if key.column.table.name == own
        }
        assert {f"{column.class_.__tablename__}.{column.key}" for _, _, column in level.hanging} == refer


async def test_intake_goes_on_while_a_station_is_changed(database: Database) -> None:
    """What refers to a place may be added while a change of it has not committed yet."""
    _, _, station = await north(database)
    async with database.unit_of_work() as work:
        await work.plant.change("station", station, {})
        assert len(await asyncio.wait_for(waiting(database, station="AOI-1"), 30)) == 1
