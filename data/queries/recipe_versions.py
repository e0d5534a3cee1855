"""Reads which recipe versions a lot may be started with."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Recipe, RecipeVersion

MOST = 1000


@dataclass(frozen=True)
class PublishedVersion:
    """A published version of a recipe; `in_force` is the newest of its recipe."""

    id: UUID
    name: str
    number: int
    in_force: bool


async def published_versions(session: AsyncSession, most: int = MOST) -> tuple[PublishedVersion, ...]:
    """Return published versions by recipe, the newest of each first."""
    statement = (
        select(RecipeVersion.id, Recipe.name, RecipeVersion.number)
        .join(Recipe, Recipe.id == RecipeVersion.recipe_id)
        .where(RecipeVersion.state == "published")
        .order_by(Recipe.name, RecipeVersion.number.desc())
        .limit(most)
    )
    found: list[PublishedVersion] = []
    for id_, name, number in await session.execute(statement):
        newest = not found or found[-1].name != name
        found.append(PublishedVersion(id_, name, number or 0, newest))
    return tuple(found)
