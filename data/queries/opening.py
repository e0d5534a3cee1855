"""Reads what opening a run's files needs: what was said beside them, and what their lot says now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.repositories.runs import openable
from data.tables import Document, Lot, OutboxItem, Run, RunFile, RunType


@dataclass(frozen=True)
class RunContext:
    """What every inspection of a run takes over."""

    run_id: UUID
    type: RunType
    tray: Document | None
    priority: int
    station_id: UUID
    lot_id: UUID | None
    recipe_version_id: UUID | None
    lot_texts: Document | None
    lot_on_hold: bool


async def run_context(session: AsyncSession, run_id: UUID) -> RunContext:
    """Return what the inspections of a run take over."""
    statement = select(Run, Lot).outerjoin(Lot, Lot.id == Run.lot_id).where(Run.id == run_id)
    run, lot = (await session.execute(statement)).one()
    return RunContext(
        run.id,
        run.type,
        run.tray,
        run.priority,
        run.station_id,
        run.lot_id,
        run.recipe_version_id,
        lot_texts=(lot.texts or None) if lot else None,
        lot_on_hold=lot is not None and lot.state == "hold",
    )


async def files_wait(session: AsyncSession, lease_s: float) -> bool:
    """Tell whether a stored run has files that may be opened now; `lease_s` is how long they are held."""
    waiting = exists().where(RunFile.run_id == Run.id, openable(lease_s))
    return await session.scalar(select(Run.id).where(Run.state == "stored", waiting).limit(1)) is not None


async def runs_waiting(session: AsyncSession, run_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the runs that have an inspection without a result."""
    held = select(Run.id).where(Run.id.in_(run_ids), exists().where(OutboxItem.run_id == Run.id))
    return set(await session.scalars(held))


async def runs_to_begin(session: AsyncSession, run_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the runs that are queued, none of their inspections begun so far."""
    return set(await session.scalars(select(Run.id).where(Run.id.in_(run_ids), Run.state == "queued")))
