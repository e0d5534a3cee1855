"""What a new installation begins with: a station, the bundled recipes, and the bundled pictures to be inspected.

1. Done again, it does nothing: a recipe that is there is left as its engineer has made it, a picture that was ever kept
   is not inspected anew.
2. It may die anywhere, and be done again: a recipe is there and published, or not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.recipe import Recipe
from data import bundled
from data.bundled import Sample
from data.channels import RECIPES
from data.errors import NameTaken
from data.priorities import Priority
from data.queries.images import known
from data.queries.recipes import names
from workers.composition import Services
from workers.intake import Particulars, accept

CALLER = "seed"
COMMENT = "Bundled with Marksight."

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Seeded:
    """How many recipes and pictures were new."""

    recipes: int
    pictures: int


async def seed(services: Services, *, say: Progress = lambda _: None) -> Seeded:
    """Fill an installation with what is bundled, as far as it is missing; `say` is told each thing that is new."""
    async with services.database.unit_of_work() as work:
        await work.plant.station_id(None)
        await work.commit()
    recipes = [name for name, recipe in bundled.recipes().items() if await _recipe(services, recipe, say)]
    pictures = [sample for sample in bundled.samples() if await _picture(services, sample, say)]
    return Seeded(len(recipes), len(pictures))


async def has_recipes(services: Services) -> bool:
    """Return whether every bundled recipe is there."""
    async with services.database.session() as session:
        return {recipe.name for recipe in bundled.recipes().values()} <= await names(session)


async def _recipe(services: Services, recipe: Recipe, say: Progress) -> bool:
    """Make and publish a recipe, unless one of its name is there; False if so."""
    async with services.database.unit_of_work() as work:
        if recipe.name in await names(work.session):
            return False
        try:
            draft = await work.recipes.create(recipe)
        except NameTaken:  # by another that seeds at the same time
            return False
        published = await work.recipes.publish(draft.recipe_id, revision=draft.revision, comment=COMMENT)
        await work.notify(RECIPES, {"recipe_id": str(published.recipe_id), "version": published.number})
        await work.commit()
    say(f"recipe {recipe.name}")
    return True


async def _picture(services: Services, sample: Sample, say: Progress) -> bool:
    """Have a picture inspected, unless it ever was; False if so."""
    async with services.database.session() as session:
        if await known(session, sample.sha256):
            return False
    particulars = Particulars(
        recipe=bundled.recipes()[sample.recipe].name,
        file_name=sample.name,
        priority=Priority.BATCH,
        idempotency_key=f"{sample.name} {sample.sha256}",  # should two seed at once
        caller=CALLER,
    )
    await accept(services, sample.read(), particulars)
    say(f"picture {sample.name}: {sample.shows}")
    return True
