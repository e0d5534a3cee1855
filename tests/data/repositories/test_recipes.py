"""Drafts are saved by whoever read the last one; what is published is numbered and stays."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from data.database import Database
from data.errors import DraftChanged, NameTaken, NotFound
from data.queries import recipes
from data.queries.recipes import RecipeDetail
from tests.data.rows import published, recipe


async def drafted(database: Database) -> UUID:
    async with database.unit_of_work() as work:
        draft = await work.recipes.create(recipe())
        await work.commit()
    return draft.recipe_id


async def found(database: Database, recipe_id: UUID) -> RecipeDetail:
    async with database.session() as session:
        return await recipes.detail(session, recipe_id)


async def test_a_recipe_begins_with_a_draft(database: Database) -> None:
    detail = await found(database, await drafted(database))
    assert detail.published is None
    assert detail.draft is not None
    assert (detail.draft.number, detail.draft.revision, detail.draft.document) == (None, 1, recipe().to_document())


async def test_names_are_given_once(database: Database) -> None:
    await drafted(database)
    async with database.unit_of_work() as work:
        with pytest.raises(NameTaken, match="74LS00 DIP-14"):
            await work.recipes.create(recipe())


async def test_saving_counts_the_revision(database: Database) -> None:
    recipe_id = await drafted(database)
    async with database.unit_of_work() as work:
        saved = await work.recipes.save_draft(recipe_id, recipe(part_number="SN74LS00D"), revision=1)
        await work.commit()
    detail = await found(database, recipe_id)
    assert saved.revision == 2
    assert detail.draft is not None
    assert (detail.draft.revision, detail.draft.part_number) == (2, "SN74LS00D")


async def test_of_two_who_edit_one_draft_the_second_is_told(database: Database) -> None:
    recipe_id = await drafted(database)

    async def save() -> bool:
        async with database.unit_of_work() as work:
            try:
                await work.recipes.save_draft(recipe_id, recipe(), revision=1)
            except DraftChanged:
                return False
            await work.commit()
            return True

    assert sorted(await asyncio.gather(save(), save())) == [False, True]


async def test_of_two_who_publish_at_once_one_does(database: Database) -> None:
    recipe_id = await drafted(database)

    async def publish() -> int:
        async with database.unit_of_work() as work:
            try:
                version = await work.recipes.publish(recipe_id, revision=1, comment="")
            except DraftChanged:
                return 0
            await work.commit()
            return version.number

    assert sorted(await asyncio.gather(publish(), publish())) == [0, 1]


async def test_versions_are_numbered_without_gaps(database: Database) -> None:
    version = await published(database)
    for number in (2, 3):
        async with database.unit_of_work() as work:
            await work.recipes.begin_draft(version.recipe_id, recipe(part_number=f"part {number}"))
            following = await work.recipes.publish(version.recipe_id, revision=1, comment=f"number {number}")
            await work.commit()
        assert following.number == number
    detail = await found(database, version.recipe_id)
    assert [(each.number, each.comment) for each in detail.versions] == [(3, "number 3"), (2, "number 2"), (1, "")]


async def test_publishing_what_was_not_read_is_refused(database: Database) -> None:
    recipe_id = await drafted(database)
    async with database.unit_of_work() as work:
        with pytest.raises(DraftChanged):
            await work.recipes.publish(recipe_id, revision=2, comment="")


async def test_a_second_draft_is_refused(database: Database) -> None:
    recipe_id = await drafted(database)
    async with database.unit_of_work() as work:
        with pytest.raises(DraftChanged):
            await work.recipes.begin_draft(recipe_id, recipe())


async def test_a_recipe_may_keep_the_name_it_has_and_no_other_ones(database: Database) -> None:
    recipe_id = await drafted(database)
    await published(database, recipe("another"))
    async with database.unit_of_work() as work:
        await work.recipes.rename(recipe_id, "74LS00 DIP-14")
        with pytest.raises(NameTaken):
            await work.recipes.rename(recipe_id, "another")
        await work.recipes.rename(recipe_id, "a third")
        await work.commit()
    assert (await found(database, recipe_id)).name == "a third"


async def test_what_is_not_there_is_not_found(database: Database) -> None:
    async with database.unit_of_work() as work:
        for attempt in (
            work.recipes.save_draft(work.new_id(), recipe(), revision=1),
            work.recipes.begin_draft(work.new_id(), recipe()),
            work.recipes.publish(work.new_id(), revision=1, comment=""),
        ):
            with pytest.raises(NotFound):
                await attempt
