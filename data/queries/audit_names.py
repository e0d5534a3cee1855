"""What the rows are called now that entries of the audit trail name by their ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from data.queries.audit import AuditView
from data.tables import Lot, Recipe, RecipeVersion, Run, Site, Station

_NUMBERED = Recipe.name + func.coalesce(" version " + cast(RecipeVersion.number, Text), ", a draft")

NAMED: dict[str, tuple[InstrumentedAttribute[UUID], Select[UUID, Any]]] = {
    "station_id": (Station.id, select(Station.id, Station.name)),
    "site_id": (Site.id, select(Site.id, Site.name)),
    "lot_id": (Lot.id, select(Lot.id, Lot.code)),
    "run_id": (Run.id, select(Run.id, Run.label)),
    "recipe_id": (Recipe.id, select(Recipe.id, Recipe.name)),
    "recipe_version_id": (
        RecipeVersion.id,
        select(RecipeVersion.id, _NUMBERED).join(Recipe, Recipe.id == RecipeVersion.recipe_id),
    ),
}
"""By the column that names a row by its id: where it is found, and what it is called."""


async def names(session: AsyncSession, entries: Iterable[AuditView]) -> dict[UUID, str]:
    """Return the names of the rows that `entries` refer to, before and after; of those that are still there."""
    images = [image for entry in entries for image in (entry.before, entry.after) if image]
    found: dict[UUID, str] = {}
    for column, (id_, rows) in NAMED.items():
        wanted = {UUID(image[column]) for image in images if image.get(column)}
        if wanted:
            found |= {key: name for key, name in await session.execute(rows.where(id_.in_(wanted))) if name}
    return found
