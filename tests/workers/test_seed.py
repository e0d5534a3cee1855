"""What a new installation begins with, once, however often it is begun; and it can be inspected."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from data import bundled
from data.database import Database
from data.queries import inspections, recipes
from data.queries.inspections import InspectionFilter
from data.tables import Image, Inspection
from data.urls import owner_url
from tests.workers.conftest import Composed
from workers.composition import Services, compose
from workers.inspecting import inspect_batch
from workers.outbox import next_batch
from workers.recipes import edit_draft
from workers.seed import Seeded, has_recipes, seed

SAMPLES = bundled.samples()
RECIPES = bundled.recipes()


async def count(services: Services, table: type) -> int:
    async with services.database.session() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_everything_bundled_is_there_and_waits(services: Services) -> None:
    said: list[str] = []
    assert await seed(services, say=said.append) == Seeded(len(RECIPES), len(SAMPLES))
    async with services.database.session() as session:
        page = await inspections.page(session, InspectionFilter())
        names = await recipes.names(session)
    assert names == {recipe.name for recipe in RECIPES.values()}
    shown = [(item.file_name, item.recipe.name if item.recipe else None) for item in page.items]
    assert shown == [(sample.name, RECIPES[sample.recipe].name) for sample in SAMPLES[::-1]]
    assert len(said) == len(RECIPES) + len(SAMPLES)


async def test_who_asks_is_told_whether_the_recipes_are_there(services: Services) -> None:
    assert not await has_recipes(services)
    await seed(services)
    assert await has_recipes(services)


async def test_done_again_it_does_nothing(services: Services) -> None:
    await seed(services)
    assert await seed(services) == Seeded(0, 0)
    assert await count(services, Inspection) == len(SAMPLES)


async def test_done_twice_at_once_it_is_done_once(composed: Composed) -> None:
    both = await asyncio.gather(*(seed(composed()) for _ in range(2)))
    assert sum(each.recipes for each in both) == len(RECIPES)
    assert await count(composed(), Inspection) == await count(composed(), Image) == len(SAMPLES)


async def test_what_an_engineer_has_made_of_a_recipe_stays(services: Services) -> None:
    await seed(services)
    async with services.database.session() as session:
        [*_, last] = (await recipes.page(session)).items
        kept = (await recipes.detail(session, last.id)).versions[0].document
    await edit_draft(services, last.id, {**kept, "manufacturer": "mine"}, revision=None)
    await seed(services)
    async with services.database.session() as session:
        found = await recipes.detail(session, last.id)
    assert found.draft is not None
    assert (found.draft.manufacturer, len(found.versions)) == ("mine", 2)


async def test_a_first_start_that_died_while_it_published_is_done_again(services: Services) -> None:
    owner = Database(owner_url(services.settings))
    async with owner.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE recipe_versions ADD CONSTRAINT drafts_only CHECK (state = 'draft')"))
    try:
        with pytest.raises(IntegrityError, match="drafts_only"):
            await seed(services)
    finally:
        async with owner.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE recipe_versions DROP CONSTRAINT drafts_only"))
        await owner.close()
    assert await seed(services) == Seeded(len(RECIPES), len(SAMPLES))


async def test_the_bundled_pictures_are_read_by_the_real_reader(services: Services) -> None:
    real = compose(services.settings)
    await seed(real)
    while batch_id := await next_batch(real):
        await inspect_batch(real, batch_id)
    async with real.database.session() as session:
        items = (await inspections.page(session, InspectionFilter())).items
        clean = [item for item in items if "clean" in (item.file_name or "")]
        evidence = (await inspections.detail(session, clean[0].id)).evidence
    await real.close()
    assert {item.state for item in items} == {"done"}
    assert {item.verdict for item in clean} == {"pass"}
    assert evidence is not None
    assert evidence["lines"][0]["characters"][0]["top"], "the runners-up are kept, for replay"
