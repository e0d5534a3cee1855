"""Reads how long the line is, without walking all of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.repositories.outbox import overtakes
from data.tables import OutboxItem


@dataclass(frozen=True)
class Standing:
    """How the line stands: what could be begun now, what is in a worker's hands, and the longest that a batch which
    was handed out waits for one, in seconds.
    """

    ready: int
    held: int
    untaken_s: float


async def standing(session: AsyncSession) -> Standing:
    """Return how the line stands. A lease that has run out holds nothing."""
    now = func.clock_timestamp()
    held = OutboxItem.lease_until >= now
    batched = OutboxItem.batch_id.is_not(None) & OutboxItem.lease_token.is_(None)
    untaken = func.extract("epoch", now - func.min(OutboxItem.batched_at).filter(batched))
    statement = select(
        func.count().filter((OutboxItem.available_at <= now) & held.is_not(True)),
        func.count().filter(held),
        func.coalesce(untaken, 0.0),
    )
    ready, taken, untaken_s = (await session.execute(statement)).one()
    return Standing(ready, taken, max(float(untaken_s), 0.0))


async def waiting_up_to(session: AsyncSession, most: int) -> int:
    """Return how many inspections may go into a batch now, counted up to `most`."""
    some = (
        select(OutboxItem.inspection_id)
        .where(OutboxItem.batch_id.is_(None), OutboxItem.available_at <= func.now(), ~overtakes())
        .limit(most)
        .subquery()
    )
    return await session.scalar(select(func.count()).select_from(some)) or 0


async def overtaking_up_to(session: AsyncSession, most: int) -> int:
    """Return how many inspections that somebody waits for nobody has begun, counted up to `most`."""
    some = select(OutboxItem.inspection_id).where(OutboxItem.batch_id.is_(None), overtakes()).limit(most).subquery()
    return await session.scalar(select(func.count()).select_from(some)) or 0
