"""Writes how often a station says it has triggered, hour by hour."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import StationTriggers


def hour_of(moment: datetime) -> datetime:
    """Return the beginning of the hour in which `moment` (timezone-aware) lies."""
    return moment.replace(minute=0, second=0, microsecond=0)


class Triggers:
    """Triggers as they are written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, station_id: UUID, at: datetime, count: int) -> int:
        """Count `count` more triggers of a station in the hour of `at`; return how many there are in that hour now."""
        more = insert(StationTriggers).values(station_id=station_id, hour=hour_of(at), triggers=count)
        counted = more.on_conflict_do_update(
            index_elements=["station_id", "hour"], set_={"triggers": StationTriggers.triggers + more.excluded.triggers}
        )
        return (await self._session.scalars(counted.returning(StationTriggers.triggers))).one()
