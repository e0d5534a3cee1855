"""Writes inspections: once as they came in, then only where they stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import cast
from uuid import UUID

from sqlalchemy import Table, bindparam, func, insert, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate

from data.repositories.parts import Attempt
from data.tables import FINAL_STATES, TRANSITIONS, Document, Inspection, InspectionImage, InspectionState

NOT_FINISHED = {"finished_at": None, "error_code": None, "error_detail": None}

COLUMNS = (
    "id",
    "unit_id",
    "attempt",
    "lot_id",
    "station_id",
    "recipe_version_id",
    "priority",
    "captured_at",
    "file_name",
    "run_id",
    "run_file_id",
    "trigger_number",
    "lot_texts",
    "lot_on_hold",
)
"""Of an inspection as it comes in; the others say where it stands."""

IMAGE_COLUMNS = ("inspection_id", "position", "image_id", "lighting", "region")

_ADD = insert(cast("Table", Inspection.__table__))
_ADD_IMAGES = insert(cast("Table", InspectionImage.__table__))


@dataclass(frozen=True)
class Pictured:
    """A picture of a unit: how it was lit, and where in it the unit lies (`core.region`), if not everywhere."""

    image_id: UUID
    lighting: str | None = None
    region: Document | None = None


@dataclass(frozen=True)
class NewInspection:
    """An inspection as it comes in, with its first picture (as `Pictured`) and `others` of the same unit, in order."""

    id: UUID
    attempt: Attempt
    station_id: UUID
    image_id: UUID
    captured_at: datetime
    priority: int
    lot_id: UUID | None = None
    recipe_version_id: UUID | None = None
    file_name: str | None = None
    lighting: str | None = None
    run_id: UUID | None = None
    run_file_id: UUID | None = None
    trigger_number: int | None = None
    lot_texts: Document | None = None
    lot_on_hold: bool = False
    region: Document | None = None
    others: tuple[Pictured, ...] = ()


class Inspections:
    """Inspections as they are written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, new: NewInspection) -> None:
        """Add an inspection and its pictures."""
        await self.add_all([new])

    async def add_all(self, new: Sequence[NewInspection]) -> None:
        """Add inspections and their pictures, at the cost of one."""
        if new:
            await self._session.execute(_ADD, [row(each) for each in new])
            await add_images(self._session, [image for each in new for image in image_rows(each)])

    async def move(self, ids: Collection[UUID], to: InspectionState) -> dict[UUID, int]:
        """Bring inspections to the state `to`; return those that went there, with their priority.

        Those for which `TRANSITIONS` has no such way stay where they are.
        """
        moved = await self._session.execute(moving(to), {"ids": list(ids)})
        return {id_: priority for id_, priority in moved}  # noqa: C416

    async def fail(self, id_: UUID, *, code: str, detail: str) -> bool:
        """Bring an inspection to `failed`, with the reason; False if `TRANSITIONS` has no such way from its state."""
        values = {"state": "failed", "error_code": code, "error_detail": detail, "finished_at": func.now()}
        may = update(Inspection).where(Inspection.id == id_, Inspection.state.in_(_before("failed")))
        return await self._session.scalar(may.values(values).returning(Inspection.id)) is not None


@cache
def moving(to: InspectionState) -> ReturningUpdate[UUID, int]:
    """Return the statement that brings `ids` to a state, made once: making it costs more than running it."""
    finished = {"finished_at": func.now()} if to in FINAL_STATES else NOT_FINISHED
    return (
        update(Inspection)
        .where(Inspection.id.in_(bindparam("ids", expanding=True)), Inspection.state.in_(_before(to)))
        .values({"state": to, **finished})
        .returning(Inspection.id, Inspection.priority)
    )


async def add_images(session: AsyncSession, rows: Sequence[dict[str, object]]) -> None:
    """Add pictures of inspections, as `image_rows` tells them."""
    if rows:
        await session.execute(_ADD_IMAGES, rows)


def row(new: NewInspection) -> dict[str, object]:
    """Return the columns of an inspection."""
    counted = {"unit_id": new.attempt.unit_id, "attempt": new.attempt.number}
    return {name: counted[name] if name in counted else getattr(new, name) for name in COLUMNS}


def image_rows(new: NewInspection) -> list[dict[str, object]]:
    """Return the columns of each of its pictures, in order."""
    pictures = (Pictured(new.image_id, new.lighting, new.region), *new.others)
    return [{"inspection_id": new.id, "position": at, **vars(one)} for at, one in enumerate(pictures)]


def _before(state: InspectionState) -> list[InspectionState]:
    """Return the states from which `state` may be reached."""
    return [origin for origin, following in TRANSITIONS.items() if state in following]
