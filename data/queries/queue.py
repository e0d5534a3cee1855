"""Reads what waits and what a worker needs to begin."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Document, Image, Inspection, InspectionImage, OutboxItem, RecipeVersion


@dataclass(frozen=True)
class TaskPicture:
    """One picture of what is to be inspected: where its bytes lie, and where in it the unit lies (`core.region`).

    `image_id` is told of a picture that was not made small yet.
    """

    position: int
    address: str
    lighting: str | None = None
    region: Document | None = None
    image_id: UUID | None = None


@dataclass(frozen=True)
class Task:
    """What a worker needs to inspect: the pictures in order, when they were taken, what they are judged by.

    `lot_texts` and `lot_on_hold` are as they were when the pictures came in.
    """

    inspection_id: UUID
    unit_id: UUID
    pictures: tuple[TaskPicture, ...]
    captured_at: datetime
    recipe_version_id: UUID | None = None
    recipe: Document | None = None
    lot_id: UUID | None = None
    lot_texts: Document | None = None
    lot_on_hold: bool = False
    run_id: UUID | None = None
    station_id: UUID | None = None


async def unclaimed_batches(session: AsyncSession) -> list[UUID]:
    """Return the batches that no worker has begun, the oldest first."""
    statement = (
        select(OutboxItem.batch_id)
        .where(OutboxItem.batch_id.is_not(None), OutboxItem.lease_token.is_(None))
        .group_by(OutboxItem.batch_id)
        .order_by(func.min(OutboxItem.batched_at))
    )
    return [batch_id for batch_id in await session.scalars(statement) if batch_id is not None]


TAKEN_OVER = (
    "unit_id",
    "captured_at",
    "recipe_version_id",
    "lot_id",
    "lot_texts",
    "lot_on_hold",
    "run_id",
    "station_id",
)
"""What a task takes over from its inspection's row."""

_IDS: BindParameter[UUID] = bindparam("ids", expanding=True)
_TASKS = (
    select(
        Inspection.id.label("inspection_id"),
        *(getattr(Inspection, name) for name in TAKEN_OVER),
        RecipeVersion.document.label("recipe"),
        InspectionImage.position,
        InspectionImage.lighting,
        InspectionImage.region,
        Image.id.label("image_id"),
        Image.sha256,
        Image.thumbnail,
    )
    .join(
        InspectionImage, and_(InspectionImage.inspection_id == Inspection.id, InspectionImage.inspection_id.in_(_IDS))
    )
    .join(Image, Image.id == InspectionImage.image_id)
    .outerjoin(RecipeVersion, RecipeVersion.id == Inspection.recipe_version_id)
    .where(Inspection.id.in_(_IDS))
    .order_by(Inspection.id, InspectionImage.position)
)


async def tasks(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Task]:
    """Return what is needed to inspect each of these."""
    rows = await session.execute(_TASKS, {"ids": list(ids)})
    return {id_: _task(list(pictures)) for id_, pictures in groupby(rows, key=lambda row: row.inspection_id)}


def _task(pictures: Sequence[Row[*tuple[Any, ...]]]) -> Task:
    """Return a task from its rows, one for each picture."""
    first = pictures[0]
    taken_over = {name: getattr(first, name) for name in TAKEN_OVER}
    return Task(
        first.inspection_id, **taken_over, recipe=first.recipe, pictures=tuple(_picture(row) for row in pictures)
    )


def _picture(row: Row[*tuple[Any, ...]]) -> TaskPicture:
    large = row.image_id if row.thumbnail is None else None
    return TaskPicture(row.position, row.sha256.hex(), row.lighting, row.region, large)


async def run_of(session: AsyncSession, inspection_id: UUID) -> UUID | None:
    """Return the run that an inspection belongs to, if any."""
    return await session.scalar(select(Inspection.run_id).where(Inspection.id == inspection_id))
