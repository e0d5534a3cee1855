"""Reads sites, lines and stations."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import NotFound, PlaceAmbiguous
from data.queries.page import Page, bounded, decode, page_of
from data.repositories.plant import LEVELS, PlaceKind, tag_of
from data.tables import Line, Lot, LotState, Site, Station, WatchedFolder


@dataclass(frozen=True)
class SiteView:
    """A site; `tag` changes whenever what is said of it does."""

    id: UUID
    name: str
    time_zone: str
    lines: int
    stations: int
    tag: str


@dataclass(frozen=True)
class LineView:
    """A line of a site."""

    id: UUID
    name: str
    site_id: UUID
    site: str
    stations: int
    tag: str


@dataclass(frozen=True)
class StationView:
    """A station of a line, with the lot started there last that is not closed, and whether its folder is watched."""

    id: UUID
    name: str
    line_id: UUID
    line: str
    site_id: UUID
    site: str
    time_zone: str
    lot: str | None
    lot_state: LotState | None
    watched: bool
    tag: str


@dataclass(frozen=True)
class PlaceFilter:
    """Which places a list shows; None means all. `find` is found anywhere in a name, in any case."""

    find: str | None = None
    site_id: UUID | None = None
    line_id: UUID | None = None


ALL = PlaceFilter()
View = TypeVar("View", SiteView, LineView, StationView)


async def sites(
    session: AsyncSession, wanted: PlaceFilter = ALL, *, cursor: str | None = None, limit: int | None = None
) -> Page[SiteView]:
    """Return sites, the newest first.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    return await _page(session, _sites().where(*_found(Site.name, wanted)), Site.id, _site, (cursor, limit))


async def lines(
    session: AsyncSession, wanted: PlaceFilter = ALL, *, cursor: str | None = None, limit: int | None = None
) -> Page[LineView]:
    """Return lines, the newest first.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    among = [] if wanted.site_id is None else [Line.site_id == wanted.site_id]
    return await _page(session, _lines().where(*_found(Line.name, wanted), *among), Line.id, _line, (cursor, limit))


async def stations(
    session: AsyncSession, wanted: PlaceFilter = ALL, *, cursor: str | None = None, limit: int | None = None
) -> Page[StationView]:
    """Return stations, the newest first.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    among = _stations_among(wanted)
    return await _page(session, _stations().where(*among), Station.id, _station, (cursor, limit))


async def stations_by_name(session: AsyncSession, wanted: PlaceFilter, limit: int) -> tuple[StationView, ...]:
    """Return the first stations in the order of their names."""
    statement = _stations().where(*_stations_among(wanted)).order_by(Station.name).limit(limit)
    return tuple(_station(row) for row in await session.execute(statement))


async def stations_of(session: AsyncSession, line_ids: Collection[UUID], limit: int) -> tuple[StationView, ...]:
    """Return the first stations of these lines in the order of their names."""
    statement = _stations().where(Station.line_id.in_(line_ids)).order_by(Station.name).limit(limit)
    return tuple(_station(row) for row in await session.execute(statement))


async def sites_by_name(session: AsyncSession, limit: int) -> tuple[SiteView, ...]:
    """Return the first sites in the order of their names."""
    return tuple(_site(row) for row in await session.execute(_sites().order_by(Site.name).limit(limit)))


async def lines_by_name(session: AsyncSession, wanted: PlaceFilter, limit: int) -> tuple[LineView, ...]:
    """Return the first lines in the order of their names and their sites' names."""
    among = [] if wanted.site_id is None else [Line.site_id == wanted.site_id]
    statement = _lines().where(*_found(Line.name, wanted), *among).order_by(Line.name, Site.name).limit(limit)
    return tuple(_line(row) for row in await session.execute(statement))


async def site(session: AsyncSession, reference: str) -> SiteView:
    """Return the site that has `reference` as its id or name.

    Raises:
        NotFound: there is none.
    """
    id_ = await called(session, "site", reference)
    return _site(await _one(session, "site", _sites().where(Site.id == id_), reference))


async def line(session: AsyncSession, reference: str) -> LineView:
    """Return the line that has `reference` as its id or name.

    Raises:
        NotFound: there is none.
        PlaceAmbiguous: several sites have a line of that name.
    """
    id_ = await called(session, "line", reference)
    return _line(await _one(session, "line", _lines().where(Line.id == id_), reference))


async def station(session: AsyncSession, reference: str) -> StationView:
    """Return the station that has `reference` as its id or name.

    Raises:
        NotFound: there is none.
    """
    id_ = await called(session, "station", reference)
    return _station(await _one(session, "station", _stations().where(Station.id == id_), reference))


async def called(session: AsyncSession, kind: PlaceKind, reference: str) -> UUID:
    """Return the id of the place that has `reference` as its id or name.

    Raises:
        NotFound: there is none.
        PlaceAmbiguous: several sites have a line of that name.
    """
    if not reference.isprintable():  # no name is; and the database takes no NUL
        raise NotFound(kind, reference)
    table = LEVELS[kind].table
    try:
        named = table.id == UUID(reference)
    except ValueError:
        named = table.name == reference
    found = (await session.scalars(select(table.id).where(named).limit(2))).all()
    if not found:
        raise NotFound(kind, reference)
    if len(found) > 1:
        raise PlaceAmbiguous(f"Several sites have a line called {reference}; name it by its id.")
    return found[0]


def _sites() -> Select[*tuple[Any, ...]]:
    own = select(func.count()).where(Line.site_id == Site.id).scalar_subquery()
    below = select(func.count()).select_from(Station).join(Line, Line.id == Station.line_id)
    return select(Site, own.label("lines"), below.where(Line.site_id == Site.id).scalar_subquery().label("stations"))


def _lines() -> Select[*tuple[Any, ...]]:
    own = select(func.count()).where(Station.line_id == Line.id).scalar_subquery()
    return select(Line, Site.name.label("site"), own.label("stations")).join(Site, Site.id == Line.site_id)


def _stations() -> Select[*tuple[Any, ...]]:
    last = (
        select(Lot.code, Lot.state)
        .where(Lot.station_id == Station.id, Lot.state != "closed")
        .order_by(Lot.id.desc())
        .limit(1)
        .lateral("last")
    )
    watched = select(WatchedFolder.active).where(WatchedFolder.station_id == Station.id).scalar_subquery()
    return (
        select(Station, Line, Site, last.c.code, last.c.state.label("lot_state"), watched.label("watched"))
        .join(Line, Line.id == Station.line_id)
        .join(Site, Site.id == Line.site_id)
        .outerjoin(last, true())
    )


def _stations_among(wanted: PlaceFilter) -> list[ColumnElement[bool]]:
    line = [] if wanted.line_id is None else [Station.line_id == wanted.line_id]
    site = [] if wanted.site_id is None else [Line.site_id == wanted.site_id]
    return [*_found(Station.name, wanted), *line, *site]


def _found(name: Any, wanted: PlaceFilter) -> list[ColumnElement[bool]]:
    return [name.icontains(wanted.find, autoescape=True)] if wanted.find else []


async def _page(
    session: AsyncSession,
    statement: Select[*tuple[Any, ...]],
    id_: Any,
    view: Callable[[Any], View],
    part: tuple[str | None, int | None],
) -> Page[View]:
    cursor, limit = part
    size = bounded(limit)
    if cursor is not None:
        statement = statement.where(id_ < decode(cursor))
    rows = await session.execute(statement.order_by(id_.desc()).limit(size + 1))
    return page_of([view(row) for row in rows], size, lambda item: item.id)


async def _one(
    session: AsyncSession, kind: PlaceKind, statement: Select[*tuple[Any, ...]], reference: str
) -> Row[*tuple[Any, ...]]:
    row = (await session.execute(statement)).first()
    if row is None:  # deleted in between
        raise NotFound(kind, reference)
    return row


def _site(row: Any) -> SiteView:
    own: Site = row.Site
    return SiteView(own.id, own.name, own.time_zone, row.lines, row.stations, tag_of(own.name, own.time_zone))


def _line(row: Any) -> LineView:
    own: Line = row.Line
    return LineView(own.id, own.name, own.site_id, row.site, row.stations, tag_of(own.name, own.site_id))


def _station(row: Any) -> StationView:
    own: Station = row.Station
    line, site = row.Line, row.Site
    return StationView(
        id=own.id,
        name=own.name,
        line_id=line.id,
        line=line.name,
        site_id=site.id,
        site=site.name,
        time_zone=site.time_zone,
        lot=row.code,
        lot_state=row.lot_state,
        watched=bool(row.watched),
        tag=tag_of(own.name, line.id),
    )
