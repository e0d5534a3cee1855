"""Writes sites, lines and stations.

1. What is kept of a place is checked here, whoever writes it: names by `core.place_name`, time zones by the tz
   database.
2. Every write may say which `tag` was read (`tag_of`); a place that was changed meanwhile is then left as it is. Who
   says none writes over what is there: the last one wins.
3. Nothing is deleted on which something hangs: the references in the database decide, and what they hold is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.errors import PlaceInvalid
from core.place_name import place_name
from data.errors import ChangedMeanwhile, NotFound, PlaceInUse, PlaceTaken
from data.tables import (
    Inspection,
    Line,
    Lot,
    Run,
    Site,
    Station,
    StationTriggers,
    WatchedFolder,
    WatchedRefusal,
)

DEFAULT_NAME = "bench"
"""The site, line and station of whoever has not described a plant."""

PlaceKind = Literal["site", "line", "station"]
COUNTED_UP_TO = 1000
"""What hangs on a place is counted so far, and no further: a station may have millions of inspections."""


@dataclass(frozen=True)
class Level:
    """One level of the plant: its table, what it lies in, what may be said of it, and what may hang on it.

    `hanging` are the columns that refer to it, by the word for one row and for several.
    """

    table: type[Site] | type[Line] | type[Station]
    within: PlaceKind | None
    said: tuple[str, ...]
    hanging: tuple[tuple[str, str, InstrumentedAttribute[Any]], ...]


LEVELS: dict[PlaceKind, Level] = {
    "site": Level(Site, None, ("name", "time_zone"), (("line", "lines", Line.site_id),)),
    "line": Level(Line, "site", ("name", "site_id"), (("station", "stations", Station.line_id),)),
    "station": Level(
        Station,
        "line",
        ("name", "line_id"),
        (
            ("lot", "lots", Lot.station_id),
            ("run", "runs", Run.station_id),
            ("inspection", "inspections", Inspection.station_id),
            ("watched folder", "watched folders", WatchedFolder.station_id),
            ("hour of triggers", "hours of triggers", StationTriggers.station_id),
            ("refused file", "refused files", WatchedRefusal.station_id),
        ),
    ),
}


def tag_of(*said: object) -> str:
    """Return the tag of a place of which this is said; it changes whenever that does."""
    return hashlib.sha256("\x1f".join(str(each) for each in said).encode()).hexdigest()[:16]


def time_zone(text: str) -> str:
    """Return a time zone's name as the tz database has it.

    Raises:
        PlaceInvalid: it knows none of that name.
    """
    name = text.strip()
    if name not in _zones():
        raise PlaceInvalid(f"expected a time zone such as Europe/Berlin, got {name[:80]!r}", "time_zone")
    return name


@cache
def _zones() -> frozenset[str]:
    return frozenset({"UTC", *available_timezones()})


_CHECKS: dict[str, Callable[[str], str]] = {"name": place_name, "time_zone": time_zone}


_STATION = select(Station.id).where(Station.name == bindparam("name"))


class Plant:
    """The plant as it is written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def add(self, kind: PlaceKind, said: Mapping[str, Any]) -> UUID:
        """Add a place of which all is said that its level names; return its id.

        Raises:
            PlaceInvalid: a name or a time zone cannot be used.
            NotFound: what it should lie in does not exist.
            PlaceTaken: there is one of that name already.
        """
        table, row = LEVELS[kind].table, {"id": self._new_id(), **_checked(said)}
        await self._hold_parent(kind, row)
        added = insert(table).values(row).on_conflict_do_nothing().returning(table.id)
        made = await self._session.scalar(added)
        if made is None:
            raise await self._taken(kind, row)
        return made

    async def change(self, kind: PlaceKind, id_: UUID, said: Mapping[str, Any], *, tag: str | None = None) -> None:
        """Rename a place, move it or change its time zone; what is not said stays as it is.

        Raises:
            PlaceInvalid: a name or a time zone cannot be used.
            NotFound: there is no such place, or what it should move to does not exist.
            ChangedMeanwhile: it is not any more what was read as `tag`.
            PlaceTaken: there is one of that name already.
        """
        row = _checked(said)
        before = await self._hold(kind, id_, tag)
        await self._hold_parent(kind, row)
        if not row:
            return
        table = LEVELS[kind].table
        changed = update(table).where(table.id == id_).values(row)
        try:
            async with self._session.begin_nested():
                await self._session.execute(changed, execution_options={"synchronize_session": False})
        except IntegrityError as error:  # what it refers to is held, so it can only be the name
            raise await self._taken(kind, {**before, **row}) from error

    async def remove(self, kind: PlaceKind, id_: UUID, *, tag: str | None = None) -> None:
        """Delete a place on which nothing hangs.

        Raises:
            NotFound: there is no such place.
            ChangedMeanwhile: it is not any more what was read as `tag`.
            PlaceInUse: something hangs on it.
        """
        before = await self._hold(kind, id_, tag)
        table = LEVELS[kind].table
        try:
            async with self._session.begin_nested():
                await self._session.execute(delete(table).where(table.id == id_))
        except IntegrityError as error:
            by = await self._hanging(kind, id_)
            told = f"The {kind} {before['name']} cannot be deleted: it still has {_listed(kind, by)}."
            raise PlaceInUse(told, by) from error

    async def station_id(self, name: str | None) -> UUID:
        """Return the id of the station called `name`, or of the default one, which is made if it is not there.

        Raises:
            NotFound: no station has that name.
        """
        wanted = name or DEFAULT_NAME
        found = await self._session.scalar(_STATION, {"name": wanted})
        if found is None and wanted != DEFAULT_NAME:
            raise NotFound("station", wanted)
        return found or await self.add_station(wanted, line=DEFAULT_NAME, site=DEFAULT_NAME)

    async def add_station(self, name: str, *, line: str, site: str) -> UUID:
        """Return the id of a station; it, its line and its site are made where they are missing."""
        site_id = await self._site_id(site)
        line_id = await self._line_id(site_id, line)
        row = {"id": self._new_id(), "line_id": line_id, "name": name}
        await self._session.execute(insert(Station).values(row).on_conflict_do_nothing(index_elements=["name"]))
        return (await self._session.scalars(select(Station.id).where(Station.name == name))).one()

    async def _site_id(self, name: str) -> UUID:
        row = {"id": self._new_id(), "name": name}
        await self._session.execute(insert(Site).values(row).on_conflict_do_nothing(index_elements=["name"]))
        return (await self._session.scalars(select(Site.id).where(Site.name == name))).one()

    async def _line_id(self, site_id: UUID, name: str) -> UUID:
        row = {"id": self._new_id(), "site_id": site_id, "name": name}
        await self._session.execute(insert(Line).values(row).on_conflict_do_nothing(index_elements=["site_id", "name"]))
        return (await self._session.scalars(select(Line.id).where(Line.site_id == site_id, Line.name == name))).one()

    async def _hold(self, kind: PlaceKind, id_: UUID, tag: str | None) -> dict[str, Any]:
        """Return what is said of a place, kept so until the unit of work ends; what refers to it may still be added."""
        level = LEVELS[kind]
        columns = [level.table.__table__.c[name] for name in level.said]
        held = select(*columns).where(level.table.id == id_).with_for_update(key_share=True)
        found = (await self._session.execute(held)).mappings().first()
        if found is None:
            raise NotFound(kind, id_)
        if tag is not None and tag != tag_of(*found.values()):
            raise ChangedMeanwhile(f"Somebody else has changed the {kind} {found['name']} meanwhile; read it again.")
        return dict(found)

    async def _hold_parent(self, kind: PlaceKind, row: Mapping[str, Any]) -> None:
        """See that what a place is to lie in stays there until the unit of work ends."""
        within = LEVELS[kind].within
        if within is None or f"{within}_id" not in row:
            return
        table, id_ = LEVELS[within].table, row[f"{within}_id"]
        held = select(table.id).where(table.id == id_).with_for_update(read=True, key_share=True)
        if await self._session.scalar(held) is None:
            raise NotFound(within, id_)

    async def _taken(self, kind: PlaceKind, row: Mapping[str, Any]) -> PlaceTaken:
        table = LEVELS[kind].table
        same = select(table.id).where(table.name == row["name"])
        if kind == "line":
            same = same.where(Line.site_id == row["site_id"])
        where = " in that site" if kind == "line" else ""
        detail = f"There is a {kind} called {row['name']} already{where}; choose another name."
        return PlaceTaken(detail, await self._session.scalar(same))

    async def _hanging(self, kind: PlaceKind, id_: UUID) -> dict[str, int]:
        """Return how much hangs on a place, by its word, each counted up to `COUNTED_UP_TO`."""
        found = {}
        for _, several, column in LEVELS[kind].hanging:
            some = select(column).where(column == id_).limit(COUNTED_UP_TO).subquery()
            if count := await self._session.scalar(select(func.count()).select_from(some)):
                found[several] = count
        return found


def _checked(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _CHECKS[name](value) if name in _CHECKS else value for name, value in said.items()}


def _listed(kind: PlaceKind, by: Mapping[str, int]) -> str:
    """Return what hangs on a place, in words."""
    one = {several: single for single, several, _ in LEVELS[kind].hanging}
    words = [_counted(count, one[several], several) for several, count in by.items()]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _counted(count: int, one: str, several: str) -> str:
    if count == 1:
        return f"1 {one}"
    return f"{count:,} {several}" if count < COUNTED_UP_TO else f"{COUNTED_UP_TO:,} {several} or more"
