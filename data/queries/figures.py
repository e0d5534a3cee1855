"""Reads what all processes together count and measure, and how the queue stands. Rules: `data.tables.figures`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Figure, Line, OutboxItem, Process, Site, Station

SEEN_WITHIN = timedelta(seconds=45)
"""What a process measures counts for so long after it was seen."""

_PLACES = text("""
SELECT
    priority,
    CASE
        WHEN lease_token IS NOT NULL THEN 'running'
        WHEN batch_id IS NOT NULL THEN 'batched'
        WHEN available_at > now() THEN 'resting'
        ELSE 'waiting'
    END AS place,
    count(*),
    min(inspection_id::text)
FROM outbox GROUP BY 1, 2
""")


@dataclass(frozen=True)
class Sampled:
    """The value of a sample under its labels."""

    sample: str
    labels: dict[str, str]
    value: float


@dataclass(frozen=True)
class Waiting:
    """How many inspections of a priority are at a place of the queue (waiting, batched, running, resting)."""

    priority: int
    place: str
    count: int
    oldest: UUID


@dataclass(frozen=True)
class Placed:
    """The names of a station, of its line and of its site."""

    site: str
    line: str
    station: str


async def totals(session: AsyncSession) -> list[Sampled]:
    """Return what all processes together have counted, those that have ended included."""
    summed = select(Figure.sample, Figure.labels, func.sum(Figure.value)).group_by(Figure.sample, Figure.labels)
    return [Sampled(sample, json.loads(labels), value) for sample, labels, value in await session.execute(summed)]


async def gauges(session: AsyncSession) -> list[Sampled]:
    """Return what the living processes measure, each for itself."""
    living = select(Process.gauges).where(Process.seen_at > func.now() - SEEN_WITHIN).order_by(Process.id)
    return [Sampled(*gauge) for measured in await session.scalars(living) for gauge in measured]  # type: ignore[misc]


async def waiting(session: AsyncSession) -> tuple[list[Waiting], datetime]:
    """Return how the queue stands, and the database's time."""
    now: datetime = (await session.execute(select(func.now()))).scalar_one()
    rows = await session.execute(_PLACES)
    return [Waiting(priority, place, count, UUID(oldest)) for priority, place, count, oldest in rows], now


async def batches_out(session: AsyncSession) -> int:
    """Return how many batches have been handed out and are not done."""
    return await session.scalar(select(func.count(OutboxItem.batch_id.distinct()))) or 0


async def stations(session: AsyncSession, most: int) -> dict[str, Placed]:
    """Return the names of the `most` oldest stations, by their ids."""
    named = (
        select(Station.id, Site.name, Line.name, Station.name)
        .join(Line, Line.id == Station.line_id)
        .join(Site, Site.id == Line.site_id)
        .order_by(Station.id)
        .limit(most)
    )
    return {str(id_): Placed(*names) for id_, *names in await session.execute(named)}
