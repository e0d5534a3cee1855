"""What the Plant page asks of the database, as the documents that its models take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from dashboard.models.plant import STATIONS_SHOWN
from data.errors import NotFound
from data.queries import lots, plant, reconciliation, units, watched
from data.queries.attempts import attempts
from data.queries.lot_counts import lot_counts
from data.queries.lots import LotFilter, LotSummary
from data.queries.plant import PlaceFilter, StationView
from data.queries.recipe_versions import PublishedVersion, published_versions
from data.queries.reconciliation import Tally, told
from data.queries.units import UnitFilter
from data.tables import LotState
from workers.composition import Services

Document = dict[str, Any]
SITES, LINES = 500, 2000
"""Most sites and lines in the tree."""

ROWS = 50
"""Lots and units fetched at a time."""


@dataclass(frozen=True)
class Tree:
    """Sites, lines, and the stations of the open lines, each in the order of names."""

    sites: tuple[Document, ...]
    lines: tuple[Document, ...]
    stations: tuple[Document, ...]


@dataclass(frozen=True)
class Standing:
    """A station, its watched folder, what of it was refused last; its triggers and results, as a whole and by hour."""

    station: Document
    folder: Document | None
    refused: tuple[Document, ...]
    reconciled: Document
    by_hour: tuple[Document, ...]


@dataclass(frozen=True)
class Rows:
    """Some rows newest first, where older ones go on, and, of units, the lot they are of."""

    rows: tuple[Document, ...]
    cursor: str | None
    lot: Document | None = None


class PlantReads:
    """Reads for the Plant page, over the services of this process."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._clock = services.clock

    async def tree(self, open_lines: Collection[str], find: str = "") -> Tree:
        """Return the tree with the stations of these lines, or, with `find`, those whose name has it."""
        async with self._database.session() as session:
            sites = await plant.sites_by_name(session, SITES)
            lines = await plant.lines_by_name(session, plant.ALL, LINES)
            if find:
                stations = await plant.stations_by_name(session, PlaceFilter(find=find), STATIONS_SHOWN)
            else:
                stations = await plant.stations_of(session, [UUID(id_) for id_ in open_lines], STATIONS_SHOWN)
        return Tree(*(tuple(map(plain, places)) for places in (sites, lines, stations)))

    async def station(self, station_id: str) -> StationView | None:
        """Return a station, or None if there is none of this id."""
        async with self._database.session() as session:
            try:
                return await plant.station(session, str(UUID(station_id)))
            except (NotFound, ValueError):
                return None

    async def standing(self, found: StationView, hours: int) -> Standing:
        """Return how a station stands, over so many hours back."""
        now = self._clock()
        async with self._database.session() as session:
            since = now - timedelta(hours=hours)
            counted, by_hour = await reconciliation.reconcile_with_hours(session, found.id, since=since, until=now)
            refused = await watched.refused(session, found.id)
            try:
                folder: Document | None = plain((await watched.watch(session, found.id)).drop)
            except NotFound:
                folder = None
        whole = _told(counted) | {"gaps": [asdict(gap) for gap in counted.numbers.gaps]}
        return Standing(plain(found), folder, tuple(map(plain, refused)), whole, tuple(map(_told, by_hour)))

    async def lots(self, *, state: str = "", code: str = "", station: str = "", cursor: str | None = None) -> Rows:
        """Return lots newest first, with what became of their parts."""
        known: dict[str, LotState] = {each: each for each in get_args(LotState)}
        wanted = LotFilter(state=known.get(state), code=code or None, station=station or None)
        async with self._database.session() as session:
            page = await lots.page(session, wanted, cursor=cursor, limit=ROWS)
            counts = await lot_counts(session, [lot.id for lot in page.items])
        return Rows(tuple(_lot(lot) | {"counts": asdict(counts[lot.id])} for lot in page.items), page.next_cursor)

    async def units(self, code: str, cursor: str | None = None) -> Rows | None:
        """Return the units of a lot newest first with the looks at each, and the lot; None: there is no such lot."""
        async with self._database.session() as session:
            binding = await lots.binding(session, code)
            if binding is None:
                return None
            found = await lots.detail(session, str(binding.id))
            counts = (await lot_counts(session, [binding.id]))[binding.id]
            page = await units.page(session, UnitFilter(lot=code), cursor=cursor, limit=ROWS)
            looks = await attempts(session, [unit.id for unit in page.items])
        lot = _lot(found.summary) | {"counts": asdict(counts), "marks": [asdict(mark) for mark in found.marks]}
        rows = tuple(plain(unit) | {"looks": [plain(look) for look in looks[unit.id]]} for unit in page.items)
        return Rows(rows, page.next_cursor, lot)

    async def station_names(self) -> list[str]:
        """Return the names of stations, as proposals."""
        async with self._database.session() as session:
            return [station.name for station in await plant.stations_by_name(session, plant.ALL, 1000)]

    async def versions(self) -> tuple[PublishedVersion, ...]:
        """Return the recipe versions that a lot may be started with."""
        async with self._database.session() as session:
            return await published_versions(session)


def plain(view: Any) -> Document:
    """Return a value of a query as a document: ids and times as text."""
    return {name: _plain(value) for name, value in _fields(view).items()}


def _told(tally: Tally) -> Document:
    return {name: _plain(value) for name, value in told(tally).items() if name != "numbers"}


def _fields(view: Any) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = vars(view)
    return fields


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _lot(lot: LotSummary) -> Document:
    return plain(lot) | {"recipe": plain(lot.recipe) if lot.recipe else None}
