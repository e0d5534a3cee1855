"""Reads the looks at several units at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Inspection, InspectionState, Result

MOST = 6
"""Looks shown of one unit; the newest count."""


@dataclass(frozen=True)
class Look:
    """One look at a unit: its inspection, the how-manyth it is, and its verdict, None without one."""

    inspection_id: UUID
    attempt: int
    state: InspectionState
    verdict: str | None


async def attempts(session: AsyncSession, unit_ids: Collection[UUID], most: int = MOST) -> dict[UUID, tuple[Look, ...]]:
    """Return the newest looks at each of these units, the oldest of them first."""
    found: dict[UUID, tuple[Look, ...]] = dict.fromkeys(unit_ids, ())
    if not found:
        return found
    place = func.row_number().over(partition_by=Inspection.unit_id, order_by=Inspection.attempt.desc())
    columns = (Inspection.id, Inspection.unit_id, Inspection.attempt, Inspection.state, place.label("place"))
    newest = select(*columns).where(Inspection.unit_id.in_(unit_ids)).subquery()
    statement = (
        select(newest, Result.verdict)
        .outerjoin(Result, Result.inspection_id == newest.c.id)
        .where(newest.c.place <= most)
        .order_by(newest.c.unit_id, newest.c.attempt)
    )
    for row in await session.execute(statement):
        found[row.unit_id] = (*found[row.unit_id], Look(row.id, row.attempt, row.state, row.verdict))
    return found
