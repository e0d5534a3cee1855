"""A recipe's life, from a draft or from a photo to what judges."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from core.errors import RecipeInvalid
from data.channels import RECIPES
from data.errors import Conflict, DraftChanged, NameTaken, NotFound, NothingPublished
from data.queries import inspections, recipes
from data.queries.recipes import RecipeDetail
from data.urls import app_url
from tests.data.rows import recipe
from tests.workers.conftest import Composed
from tests.workers.fakes import Reads
from tests.workers.queue_probe import picture
from workers.composition import Services
from workers.inspecting import inspect_batch
from workers.intake import Particulars, accept
from workers.outbox import next_batch
from workers.recipes import create_draft, draft_from_reading, edit_draft, publish


def document(**changes: Any) -> dict[str, Any]:
    return {**recipe().to_document(), **changes}


async def found(services: Services, recipe_id: UUID) -> RecipeDetail:
    async with services.database.session() as session:
        return await recipes.detail(session, recipe_id)


async def judged(services: Services, **told: Any) -> UUID:
    id_ = await accept(services, picture(), Particulars(**told))
    batch_id = await next_batch(services)
    assert batch_id is not None
    await inspect_batch(services, batch_id)
    return id_


async def test_a_draft_is_edited_published_and_judges(composed: Composed) -> None:
    services = composed()
    draft = await create_draft(services, document())
    edited = await edit_draft(services, draft.recipe_id, document(manufacturer="TI"), revision=draft.revision)
    version = await publish(services, draft.recipe_id, revision=edited.revision, comment="first")
    id_ = await judged(services, recipe="74LS00 DIP-14")
    async with services.database.session() as session:
        item = await inspections.summary(session, id_)
    assert item.recipe is not None
    assert (item.recipe.version_id, item.recipe.version) == (version.version_id, 1)


async def test_publishing_is_told(services: Services) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    connection = await asyncpg.connect(app_url(services.settings))
    await connection.add_listener(RECIPES, lambda *heard: told.put_nowait(heard[3]))
    draft = await create_draft(services, document())
    await publish(services, draft.recipe_id)
    async with asyncio.timeout(10):
        assert json.loads(await told.get()) == {"recipe_id": str(draft.recipe_id), "version": 1}
    await connection.close()


@pytest.mark.parametrize(
    "wrong", [{"schema": 2}, {"variants": []}, {"name": ""}, {"pass_score": 2}, {"colour": "red"}], ids=str
)
async def test_what_is_no_recipe_is_not_kept(services: Services, wrong: dict[str, Any]) -> None:
    with pytest.raises(RecipeInvalid):
        await create_draft(services, document(**wrong))
    draft = await create_draft(services, document())
    with pytest.raises(RecipeInvalid):
        await edit_draft(services, draft.recipe_id, document(**wrong), revision=1)


async def test_somebody_elses_edit_is_not_overwritten(services: Services) -> None:
    draft = await create_draft(services, document())
    await edit_draft(services, draft.recipe_id, document(part_number="mine"), revision=1)
    with pytest.raises(DraftChanged):
        await edit_draft(services, draft.recipe_id, document(part_number="yours"), revision=1)
    with pytest.raises(DraftChanged):
        await publish(services, draft.recipe_id, revision=1)
    kept = (await found(services, draft.recipe_id)).draft
    assert kept is not None
    assert kept.part_number == "mine"


async def test_a_published_recipe_is_edited_in_a_draft(services: Services) -> None:
    draft = await create_draft(services, document())
    await publish(services, draft.recipe_id)
    following = await edit_draft(services, draft.recipe_id, document(manufacturer="TI"), revision=None)
    assert following.version_id != draft.version_id
    with pytest.raises(DraftChanged):
        await edit_draft(services, draft.recipe_id, document(), revision=None)
    assert (await publish(services, draft.recipe_id)).number == 2


async def test_there_must_be_something_to_publish(services: Services) -> None:
    draft = await create_draft(services, document())
    await publish(services, draft.recipe_id)
    with pytest.raises(NothingPublished, match="no draft to publish"):
        await publish(services, draft.recipe_id)
    with pytest.raises(NotFound):
        await publish(services, services.database.ids())


async def test_a_recipe_is_renamed_until_it_is_published(services: Services) -> None:
    draft = await create_draft(services, document())
    await edit_draft(services, draft.recipe_id, document(name="better"), revision=1)
    assert (await found(services, draft.recipe_id)).name == "better"
    await publish(services, draft.recipe_id)
    with pytest.raises(RecipeInvalid, match="keeps its name"):
        await edit_draft(services, draft.recipe_id, document(name="best"), revision=None)


async def test_names_are_given_once(services: Services) -> None:
    await create_draft(services, document())
    other = await create_draft(services, document(name="other"))
    with pytest.raises(NameTaken):
        await create_draft(services, document())
    with pytest.raises(NameTaken):
        await edit_draft(services, other.recipe_id, document(), revision=1)


async def test_a_recipe_is_made_of_a_reading(composed: Composed) -> None:
    services = composed(Reads("MC74HC32AN", "FFFG9203"))
    id_ = await judged(services)
    draft = await draft_from_reading(services, id_)
    await publish(services, draft.recipe_id)
    again = await judged(services, part_number="MC74HC32AN")
    async with services.database.session() as session:
        item = await inspections.summary(session, again)
    assert item.recipe is not None
    assert item.recipe.name == "MC74HC32AN"
    assert item.verdict in {"pass", "borderline"}


async def test_a_second_recipe_of_the_same_reading_gets_a_name_of_its_own(composed: Composed) -> None:
    services = composed(Reads("MC74HC32AN"))
    id_ = await judged(services)
    drafts = [await draft_from_reading(services, id_) for _ in range(3)]
    names = [(await found(services, draft.recipe_id)).name for draft in drafts]
    assert names == ["MC74HC32AN", "MC74HC32AN (2)", "MC74HC32AN (3)"]
    with pytest.raises(NameTaken):
        await draft_from_reading(services, id_, name="MC74HC32AN")
    mine = await draft_from_reading(services, id_, name="mine")
    assert (await found(services, mine.recipe_id)).name == "mine"


async def test_a_part_that_was_not_read_makes_no_recipe(composed: Composed) -> None:
    services = composed(Reads())
    with pytest.raises(Conflict, match="nothing was read well enough"):
        await draft_from_reading(services, await judged(services))
    with pytest.raises(Conflict, match="not been read yet"):
        await draft_from_reading(services, await accept(services, picture()))
    with pytest.raises(NotFound):
        await draft_from_reading(services, services.database.ids())
