"""Reads lots: what one binds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Document, Lot, LotState, Station


@dataclass(frozen=True)
class Binding:
    """What a lot says of its parts; a lot that was never started binds nothing.

    `texts` are None unless it was started with some.
    """

    id: UUID
    code: str
    state: LotState
    closed_at: datetime | None
    station_id: UUID | None
    station: str | None
    recipe_version_id: UUID | None
    texts: Document | None


async def binding(session: AsyncSession, code: str) -> Binding | None:
    """Return what the lot called `code` binds, or None where no such lot was ever heard of."""
    statement = select(Lot, Station.name).outerjoin(Station, Station.id == Lot.station_id).where(Lot.code == code)
    row = (await session.execute(statement)).first()
    if row is None:
        return None
    lot, station = row
    return Binding(
        lot.id, lot.code, lot.state, lot.closed_at, lot.station_id, station, lot.recipe_version_id, lot.texts or None
    )
