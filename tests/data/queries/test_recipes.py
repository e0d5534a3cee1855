"""Which version judges now, and how recipes are listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.database import Database
from data.errors import Conflict, NotFound, NothingPublished
from data.queries import recipes
from tests.data.rows import published, recipe


async def test_the_published_version_of_the_highest_number_is_in_force(database: Database) -> None:
    version = await published(database)
    async with database.unit_of_work() as work:
        await work.recipes.begin_draft(version.recipe_id, recipe(manufacturer="Texas Instruments"))
        second = await work.recipes.publish(version.recipe_id, revision=1, comment="")
        await work.recipes.begin_draft(version.recipe_id, recipe(manufacturer="a draft judges nothing"))
        await work.commit()
    async with database.session() as session:
        found = await recipes.in_force(session, "74LS00 DIP-14")
    assert (found.id, found.number, found.manufacturer) == (second.version_id, 2, "Texas Instruments")
    assert found.document == recipe(manufacturer="Texas Instruments").to_document()


async def test_it_is_found_by_id_by_name_and_by_part_number(database: Database) -> None:
    version = await published(database)
    async with database.session() as session:
        found = [
            await recipes.in_force(session, reference)
            for reference in (str(version.recipe_id), "74LS00 DIP-14", "SN74LS00N", "sn74ls00n")
        ]
        found += [await recipes.for_part(session, "sn74LS00n"), await recipes.version(session, version.version_id)]
    assert {each.id for each in found} == {version.version_id}


async def test_an_older_versions_part_number_leads_nowhere(database: Database) -> None:
    version = await published(database)
    async with database.unit_of_work() as work:
        await work.recipes.begin_draft(version.recipe_id, recipe(part_number="LM358N"))
        await work.recipes.publish(version.recipe_id, revision=1, comment="")
        await work.commit()
    async with database.session() as session:
        assert (await recipes.for_part(session, "LM358N")).number == 2
        with pytest.raises(NotFound):
            await recipes.for_part(session, "SN74LS00N")


async def test_a_part_of_several_recipes_is_not_guessed(database: Database) -> None:
    await published(database, recipe("SOIC-14"))
    await published(database, recipe("DIP-14"))
    async with database.session() as session:
        with pytest.raises(Conflict, match="DIP-14, SOIC-14"):
            await recipes.for_part(session, "SN74LS00N")


@pytest.mark.parametrize("reference", ["no such", "", "00000000-0000-7000-8000-000000000000", "%", "'; --"])
async def test_what_is_not_there_is_not_found(database: Database, reference: str) -> None:
    await published(database, recipe(part_number=""))
    async with database.session() as session:
        with pytest.raises(NotFound):
            await recipes.in_force(session, reference)


async def test_a_recipe_without_a_published_version_judges_nothing(database: Database) -> None:
    async with database.unit_of_work() as work:
        draft = await work.recipes.create(recipe())
        await work.commit()
    async with database.session() as session:
        with pytest.raises(NothingPublished):
            await recipes.in_force(session, "74LS00 DIP-14")
        with pytest.raises(NotFound):
            await recipes.for_part(session, "SN74LS00N")
        with pytest.raises(NotFound):
            await recipes.version(session, draft.recipe_id)


EVER = timedelta(days=365)


async def test_before_anything_was_published_the_first_version_judges(database: Database) -> None:
    first = await published(database)
    between = datetime.now(tz=UTC)
    async with database.unit_of_work() as work:
        await work.recipes.begin_draft(first.recipe_id, recipe())
        second = await work.recipes.publish(first.recipe_id, revision=1, comment="")
        await work.commit()
    then = {between - EVER: first, between: first, between + EVER: second}
    async with database.session() as session:
        for at, version in then.items():
            assert (await recipes.in_force(session, "74LS00 DIP-14", at)).id == version.version_id
            assert (await recipes.for_part(session, "SN74LS00N", at)).id == version.version_id
        with pytest.raises(NotFound):
            await recipes.for_part(session, "no such", between - EVER)


async def test_a_recipe_published_later_takes_no_part_away_from_the_one_before(database: Database) -> None:
    first = await published(database, recipe("SOIC-14"))
    between = datetime.now(tz=UTC)
    await published(database, recipe("DIP-14"))
    async with database.session() as session:
        for at in (between - EVER, between):
            assert (await recipes.for_part(session, "SN74LS00N", at)).id == first.version_id
        with pytest.raises(Conflict, match="DIP-14, SOIC-14"):
            await recipes.for_part(session, "SN74LS00N", between + EVER)


async def test_recipes_are_listed_newest_first(database: Database) -> None:
    for number in range(5):
        await published(database, recipe(f"recipe {number}", part_number=f"part {number}"))
    async with database.unit_of_work() as work:
        await work.recipes.create(recipe("a draft alone", part_number="draft part"))
        await work.commit()
    async with database.session() as session:
        first = await recipes.page(session, limit=4)
        second = await recipes.page(session, cursor=first.next_cursor, limit=4)
        assert await recipes.names(session) == {item.name for item in (*first.items, *second.items)}
    names = [item.name for item in (*first.items, *second.items)]
    assert names == ["a draft alone", *(f"recipe {number}" for number in (4, 3, 2, 1, 0))]
    assert second.next_cursor is None
    shown = [(item.published, item.has_draft, item.part_number) for item in first.items[:2]]
    assert shown == [(None, True, "draft part"), (1, False, "part 4")]


async def test_a_recipe_is_shown_with_its_draft_first(database: Database) -> None:
    version = await published(database)
    async with database.unit_of_work() as work:
        await work.recipes.begin_draft(version.recipe_id, recipe())
        await work.commit()
    async with database.session() as session:
        found = await recipes.detail(session, version.recipe_id)
        with pytest.raises(NotFound):
            await recipes.detail(session, version.version_id)
    assert [each.number for each in found.versions] == [None, 1]
    assert found.draft is not None
    assert found.published is not None
    assert (found.draft.state, found.published.state) == ("draft", "published")
