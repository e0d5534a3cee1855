"""Reads watched folders, and what of them was refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import NotFound
from data.repositories.watched import Drop
from data.tables import Station, WatchedFolder, WatchedRefusal

REFUSALS_SHOWN = 20


@dataclass(frozen=True)
class Watch:
    """A station and the folder it drops its pictures in."""

    station_id: UUID
    station: str
    drop: Drop


@dataclass(frozen=True)
class RefusedFile:
    """A file of a watched folder that was not taken in, and why."""

    name: str
    code: str
    detail: str
    refused_at: datetime


async def watches(session: AsyncSession) -> tuple[Watch, ...]:
    """Return every watched folder, those that rest too, by station."""
    return tuple(_watch(row) for row in await session.execute(_all().order_by(Station.name)))


async def watch(session: AsyncSession, station_id: UUID) -> Watch:
    """Return the folder of a station.

    Raises:
        NotFound: it has none.
    """
    row = (await session.execute(_all().where(Station.id == station_id))).first()
    if row is None:
        raise NotFound("watched folder of station", station_id)
    return _watch(row)


async def refused(session: AsyncSession, station_id: UUID, limit: int = REFUSALS_SHOWN) -> tuple[RefusedFile, ...]:
    """Return the files of a station that were refused last, the newest first."""
    last = (
        select(WatchedRefusal)
        .where(WatchedRefusal.station_id == station_id)
        .order_by(WatchedRefusal.refused_at.desc(), WatchedRefusal.key)
        .limit(limit)
    )
    return tuple(RefusedFile(row.name, row.code, row.detail, row.refused_at) for row in await session.scalars(last))


def _all() -> Select[WatchedFolder, str]:
    return select(WatchedFolder, Station.name).join(Station, Station.id == WatchedFolder.station_id)


def _watch(row: Row[WatchedFolder, str]) -> Watch:
    found, name = row
    drop = Drop(found.path, found.naming, found.recipe, found.settle_s, found.active)
    return Watch(found.station_id, name, drop)
