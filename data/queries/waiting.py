"""Reads how long the line is, without walking all of it."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.repositories.outbox import overtakes
from data.tables import OutboxItem


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
