"""Reads which runs will not come to their end by themselves: uploads that were begun and left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import uuid7_floor
from data.tables import Run, RunFile


async def abandoned_runs(session: AsyncSession, kept_s: float) -> list[UUID]:
    """Return the pending runs that are older than `kept_s`, and to which nothing came for so long."""
    now = (await session.scalars(select(func.now()))).one()
    before = now - timedelta(seconds=kept_s)
    touched = exists().where(RunFile.run_id == Run.id, RunFile.touched_at >= before)
    pending = select(Run.id).where(Run.state == "pending", Run.id < uuid7_floor(before), ~touched)
    return list(await session.scalars(pending.order_by(Run.id)))


async def still_receiving(session: AsyncSession, file_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the files whose bytes are still to come."""
    wanted = select(RunFile.id).where(RunFile.id.in_(file_ids), RunFile.state == "receiving")
    return set(await session.scalars(wanted))
