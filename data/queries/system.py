"""Reads how the system stands: what waits, since when, and who works on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import uuid7_floor, uuid7_time
from data.tables import Image, Inspection, OutboxItem, Result


@dataclass(frozen=True)
class QueueFigures:
    """What has no result yet: how many wait, lie in a batch, are being inspected, or rest before another attempt.

    `oldest_s` is the age of the oldest, in seconds since it came in; 0 for an empty queue.
    """

    waiting: int
    batched: int
    running: int
    resting: int
    oldest_s: float

    @property
    def depth(self) -> int:
        """All that has no result yet."""
        return self.waiting + self.batched + self.running + self.resting


@dataclass(frozen=True)
class Holder:
    """A worker that holds claims: how many, and until when the first of them."""

    name: str
    claims: int
    until: datetime | None


@dataclass(frozen=True)
class SystemFigures:
    """The figures of the System page. `verdicts` and `states` count the inspections of the last `hours`."""

    queue: QueueFigures
    holders: tuple[Holder, ...]
    states: dict[str, int]
    verdicts: dict[str, int]
    hours: int
    images: int
    image_bytes: int
    database_bytes: int
    database_version: str
    revision: str | None


async def queue_figures(session: AsyncSession) -> QueueFigures:
    """Return what waits, and since when."""
    leased = OutboxItem.lease_token.is_not(None)
    batched = OutboxItem.batch_id.is_not(None) & ~leased
    resting = OutboxItem.batch_id.is_(None) & (OutboxItem.available_at > func.now())
    waiting = OutboxItem.batch_id.is_(None) & (OutboxItem.available_at <= func.now())
    conditions = {"waiting": waiting, "batched": batched, "running": leased, "resting": resting}
    counts = [func.count().filter(condition).label(name) for name, condition in conditions.items()]
    oldest = select(OutboxItem.inspection_id).order_by(OutboxItem.inspection_id).limit(1)
    row = (await session.execute(select(*counts))).mappings().one()
    first, now = await session.scalar(oldest), await session.scalar(select(func.now()))
    age = (now - uuid7_time(first)).total_seconds() if first is not None and now is not None else 0.0
    return QueueFigures(**row, oldest_s=max(age, 0.0))


async def system_figures(session: AsyncSession, *, now: datetime, hours: int = 24) -> SystemFigures:
    """Return everything the System page shows of the database; `now` (timezone-aware) ends the counted hours."""
    since = uuid7_floor(now - timedelta(hours=hours))
    states = select(Inspection.state, func.count()).where(Inspection.id >= since).group_by(Inspection.state)
    verdicts = select(Result.verdict, func.count()).where(Result.inspection_id >= since).group_by(Result.verdict)
    images = select(func.count(), func.coalesce(func.sum(Image.byte_count), 0))
    count, size = (await session.execute(images)).one()
    return SystemFigures(
        queue=await queue_figures(session),
        holders=await _holders(session),
        states=dict((await session.execute(states)).all()),
        verdicts=dict((await session.execute(verdicts)).all()),
        hours=hours,
        images=count,
        image_bytes=int(size),
        database_bytes=await session.scalar(text("SELECT pg_database_size(current_database())")) or 0,
        database_version=await session.scalar(text("SHOW server_version")) or "",
        revision=await session.scalar(text("SELECT version_num FROM alembic_version")),
    )


async def _holders(session: AsyncSession) -> tuple[Holder, ...]:
    held = (
        select(OutboxItem.leased_by, func.count(), func.min(OutboxItem.lease_until))
        .where(OutboxItem.lease_token.is_not(None))
        .group_by(OutboxItem.leased_by)
        .order_by(OutboxItem.leased_by)
    )
    return tuple(Holder(name or "", claims, until) for name, claims, until in await session.execute(held))
