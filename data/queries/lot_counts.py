"""Reads what became of the parts of several lots at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Inspection, Result


@dataclass(frozen=True)
class LotCounts:
    """A lot's inspections by verdict; `waiting` are on their way, `ended` ended without a verdict."""

    passed: int = 0
    borderline: int = 0
    failed: int = 0
    not_judged: int = 0
    waiting: int = 0
    ended: int = 0


async def lot_counts(session: AsyncSession, lot_ids: Collection[UUID]) -> dict[UUID, LotCounts]:
    """Return the counts of each of these lots."""
    found = {lot_id: LotCounts() for lot_id in lot_ids}
    if not found:
        return found
    wanted: dict[str, ColumnElement[bool]] = {
        "passed": Result.verdict == "pass",
        "borderline": Result.verdict == "borderline",
        "failed": Result.verdict == "fail",
        "not_judged": Result.verdict == "not_judged",
        "waiting": Inspection.state.in_(("received", "queued", "running")),
        "ended": Inspection.state.in_(("failed", "cancelled")),
    }
    statement = (
        select(Inspection.lot_id, *(func.count().filter(condition).label(name) for name, condition in wanted.items()))
        .outerjoin(Result, Result.inspection_id == Inspection.id)
        .where(Inspection.lot_id.in_(lot_ids))
        .group_by(Inspection.lot_id)
    )
    for row in (await session.execute(statement)).mappings():
        numbers = {name: number for name, number in row.items() if name != "lot_id"}
        found[row["lot_id"]] = LotCounts(**numbers)
    return found
