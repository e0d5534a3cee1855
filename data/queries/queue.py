"""Reads what waits and what a worker needs to begin."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Document, Image, Inspection, InspectionImage, OutboxItem, RecipeVersion


@dataclass(frozen=True)
class Task:
    """What a worker needs to inspect: where the picture lies, when it was taken, what it is judged by."""

    inspection_id: UUID
    address: str
    captured_at: datetime
    recipe_version_id: UUID | None
    recipe: Document | None


async def unclaimed_batches(session: AsyncSession) -> list[UUID]:
    """Return the batches that no worker has begun, the oldest first."""
    statement = (
        select(OutboxItem.batch_id)
        .where(OutboxItem.batch_id.is_not(None), OutboxItem.lease_token.is_(None))
        .group_by(OutboxItem.batch_id)
        .order_by(func.min(OutboxItem.batched_at))
    )
    return [batch_id for batch_id in await session.scalars(statement) if batch_id is not None]


async def tasks(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Task]:
    """Return what is needed to inspect each of these."""
    statement = (
        select(Inspection.id, Image, Inspection.captured_at, RecipeVersion.id, RecipeVersion.document)
        .join(InspectionImage, and_(InspectionImage.inspection_id == Inspection.id, InspectionImage.position == 0))
        .join(Image, Image.id == InspectionImage.image_id)
        .outerjoin(RecipeVersion, RecipeVersion.id == Inspection.recipe_version_id)
        .where(Inspection.id.in_(ids))
    )
    return {
        id_: Task(id_, image.address, captured_at, version_id, document)
        for id_, image, captured_at, version_id, document in await session.execute(statement)
    }
