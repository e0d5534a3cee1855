"""Writes recipes: drafts that are saved and published. Rules: `data.tables.recipe`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.recipe import Recipe as Judging
from data.errors import DraftChanged, NameTaken, NotFound
from data.tables import Recipe, RecipeVersion


@dataclass(frozen=True)
class Draft:
    """A recipe's draft as it was saved."""

    recipe_id: UUID
    version_id: UUID
    revision: int


@dataclass(frozen=True)
class Published:
    """A version that was published."""

    recipe_id: UUID
    version_id: UUID
    number: int


class Recipes:
    """Recipes as they are written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def create(self, judging: Judging) -> Draft:
        """Add a recipe with a first draft.

        Raises:
            NameTaken: another recipe has that name.
        """
        recipe_id = self._new_id()
        row = {"id": recipe_id, "name": judging.name}
        added = insert(Recipe).values(row).on_conflict_do_nothing(index_elements=["name"]).returning(Recipe.id)
        if await self._session.scalar(added) is None:
            raise NameTaken(f"There is a recipe {judging.name!r} already; choose another name, or edit that one.")
        return await self._add_draft(recipe_id, judging)

    async def begin_draft(self, recipe_id: UUID, judging: Judging) -> Draft:
        """Add a draft to a recipe that has none.

        Raises:
            NotFound: there is no such recipe.
            DraftChanged: somebody else has begun a draft.
        """
        await self._lock(recipe_id)
        if await self._session.scalar(select(RecipeVersion.id).where(*_draft_of(recipe_id))) is not None:
            raise DraftChanged("Somebody else has begun a draft of this recipe; read it, and edit that one.")
        return await self._add_draft(recipe_id, judging)

    async def save_draft(self, recipe_id: UUID, judging: Judging, *, revision: int) -> Draft:
        """Save the draft over the one that was read as `revision`.

        Raises:
            NotFound: there is no such recipe.
            DraftChanged: the draft is not, or no more, the one that was read.
        """
        await self._lock(recipe_id)
        values = {**_columns(judging), "revision": revision + 1, "saved_at": func.now()}
        saved = update(RecipeVersion).where(*_draft_of(recipe_id), RecipeVersion.revision == revision).values(values)
        version_id = await self._session.scalar(saved.returning(RecipeVersion.id))
        if version_id is None:
            raise DraftChanged("Somebody else has saved or published this draft meanwhile; read it again.")
        return Draft(recipe_id, version_id, revision + 1)

    async def rename(self, recipe_id: UUID, name: str) -> None:
        """Give a recipe another name.

        Raises:
            NameTaken: another recipe has that name.
        """
        if await self._session.scalar(select(Recipe.id).where(Recipe.name == name, Recipe.id != recipe_id)):
            raise NameTaken(f"There is a recipe {name!r} already; choose another name.")
        await self._session.execute(update(Recipe).where(Recipe.id == recipe_id).values(name=name))

    async def publish(self, recipe_id: UUID, *, revision: int, comment: str) -> Published:
        """Publish the draft that was read as `revision`, under the next number; it is in force from the commit on.

        Raises:
            NotFound: there is no such recipe.
            DraftChanged: the draft is not, or no more, the one that was read.
        """
        await self._lock(recipe_id)
        numbers = select(func.max(RecipeVersion.number)).where(RecipeVersion.recipe_id == recipe_id)
        number = (await self._session.scalar(numbers) or 0) + 1
        values = {"state": "published", "number": number, "comment": comment, "published_at": func.now()}
        done = update(RecipeVersion).where(*_draft_of(recipe_id), RecipeVersion.revision == revision).values(values)
        version_id = await self._session.scalar(done.returning(RecipeVersion.id))
        if version_id is None:
            raise DraftChanged("Somebody else has saved or published this draft meanwhile; read it again.")
        return Published(recipe_id, version_id, number)

    async def _add_draft(self, recipe_id: UUID, judging: Judging) -> Draft:
        version_id = self._new_id()
        row = {"id": version_id, "recipe_id": recipe_id, **_columns(judging)}
        await self._session.execute(insert(RecipeVersion).values(row))
        return Draft(recipe_id, version_id, 1)

    async def _lock(self, recipe_id: UUID) -> None:
        """Let nobody else change this recipe until the unit of work ends."""
        if await self._session.scalar(select(Recipe.id).where(Recipe.id == recipe_id).with_for_update()) is None:
            raise NotFound("recipe", recipe_id)


def _columns(judging: Judging) -> dict[str, Any]:
    return {
        "part_number": judging.part_number,
        "manufacturer": judging.manufacturer,
        "document": judging.to_document(),
    }


def _draft_of(recipe_id: UUID) -> tuple[Any, Any]:
    return RecipeVersion.recipe_id == recipe_id, RecipeVersion.state == "draft"
