"""Reads which pictures lack, by the numbers that a station gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.queries.period import within
from data.tables import Inspection

GAPS_SHOWN = 100


@dataclass(frozen=True)
class Gap:
    """Trigger numbers from `first` to `last`, both included, for which no picture came."""

    first: int
    last: int


@dataclass(frozen=True)
class Numbers:
    """What the numbers say that a station gave its pictures: how many came, which lack, how many came again.

    Numbers that begin anew within the hours counted cannot be told from others that came again.
    """

    seen: int
    first: int | None
    last: int | None
    missing: int
    repeated: int
    gaps: tuple[Gap, ...]


async def trigger_numbers(session: AsyncSession, station_id: UUID, since: datetime, until: datetime) -> Numbers:
    """Return what the numbers say of the pictures that came in from `since` up to `until`, which is not counted."""
    number = Inspection.trigger_number
    came = (
        select(number.label("number"), func.count().label("times"))
        .where(Inspection.station_id == station_id, *within(Inspection.id, since, until), number.is_not(None))
        .group_by(number)
        .subquery()
    )
    totals = select(func.count(), func.min(came.c.number), func.max(came.c.number), func.sum(came.c.times))
    seen, first, last, times = (await session.execute(totals)).one()
    if not seen:
        return Numbers(0, None, None, 0, 0, ())
    before = func.lag(came.c.number).over(order_by=came.c.number)
    pairs = select(came.c.number.label("number"), before.label("before")).subquery()
    gaps = (
        select(pairs.c.before + 1, pairs.c.number - 1)
        .where(pairs.c.number > pairs.c.before + 1)
        .order_by(pairs.c.number)
        .limit(GAPS_SHOWN)
    )
    shown = tuple(Gap(*row) for row in await session.execute(gaps))
    return Numbers(seen, first, last, last - first + 1 - seen, int(times) - seen, shown)
