"""Two clicks: a reading becomes a published recipe, or the form says why not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from dashboard.models.inspection import InspectionModel
from dashboard.models.teaching import TeachingModel
from dashboard.pages.reads import PageReads
from dashboard.pages.teaching import Teaching
from data import embedded_urls
from data.queries import recipes
from data.settings import Settings
from workers.composition import Services


@pytest.fixture
async def teaching(services: Services, judged: list[str]) -> Teaching:
    found = await PageReads(services).inspection(judged[2])
    assert found is not None
    model = InspectionModel()
    model.show(*found)
    return Teaching(services, model, TeachingModel())


async def test_two_clicks_publish_what_was_read(teaching: Teaching, services: Services) -> None:
    await teaching.propose()
    assert teaching.model.lines.splitlines() == ["MC74HC32AN", "FFFG{YYWW}"]
    await teaching.publish()
    assert teaching.model.problem == ""
    made = teaching.model.published
    assert made is not None
    async with services.database.session() as session:
        version = await recipes.in_force(session, made["id"])
    assert (version.number, version.part_number) == (1, "MC74HC32AN")
    assert teaching.inspection.id in version.comment


async def test_a_second_recipe_of_the_same_part_gets_a_name_that_is_free(teaching: Teaching) -> None:
    names = []
    for _ in range(3):
        await teaching.propose()
        names.append(teaching.model.recipe_name)
        await teaching.publish()
    assert names == ["MC74HC32AN", "MC74HC32AN (2)", "MC74HC32AN (3)"]


async def test_a_name_that_was_taken_meanwhile_is_said_and_nothing_is_lost(teaching: Teaching) -> None:
    await teaching.propose()
    teaching.model.recipe_name = "MC74HC32AN DIP-14"
    await teaching.publish()
    assert "MC74HC32AN DIP-14" in teaching.model.problem
    assert teaching.model.opened


async def test_a_draft_that_is_no_recipe_is_not_kept(teaching: Teaching, services: Services) -> None:
    await teaching.propose()
    teaching.model.lines = ""
    await teaching.publish()
    assert "lines" in teaching.model.problem
    async with services.database.session() as session:
        assert len(await recipes.names(session)) == 1


async def test_before_the_reading_there_is_nothing_to_propose(services: Services) -> None:
    teaching = Teaching(services, InspectionModel(), TeachingModel())
    await teaching.propose()
    assert teaching.model.problem == "This part has not been read yet."
    assert not teaching.model.opened


async def test_a_part_on_which_nothing_was_read_makes_no_recipe(services: Services) -> None:
    model = InspectionModel(id="7", created_at="2026-01-01T00:00:00+00:00", evidence={"lines": []})
    teaching = Teaching(services, model, TeachingModel())
    await teaching.propose()
    assert teaching.model.problem.startswith("No recipe can be proposed")


async def test_a_second_click_while_the_first_is_at_work_does_nothing(teaching: Teaching, services: Services) -> None:
    await teaching.propose()
    await asyncio.gather(teaching.publish(), teaching.publish())
    assert teaching.model.problem == ""
    assert teaching.model.published is not None
    async with services.database.session() as session:
        assert len(await recipes.names(session)) == 2


async def test_what_was_proposed_for_one_is_not_shown_for_another(teaching: Teaching) -> None:
    """The next inspection may come into view while the database is asked for names that are free."""
    asked = asyncio.create_task(teaching.propose())
    await asyncio.sleep(0)
    teaching.inspection.id = "another"
    await asked
    assert not teaching.model.opened


@pytest.fixture
async def cannot_publish(postgres: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A database that goes away whenever a version is published, until the connection given has run `MENDED`."""
    connection = await asyncpg.connect(embedded_urls.postgres_url(postgres.home, embedded_urls.SUPERUSER))
    await connection.execute(BROKEN)
    yield connection
    await connection.execute(MENDED)
    await connection.close()


BROKEN = """
CREATE FUNCTION go_away() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'shutting down' USING ERRCODE = 'admin_shutdown'; END $$;
CREATE TRIGGER goes_away BEFORE UPDATE ON recipe_versions
FOR EACH ROW WHEN (NEW.state = 'published') EXECUTE FUNCTION go_away()
"""
MENDED = "DROP TRIGGER IF EXISTS goes_away ON recipe_versions; DROP FUNCTION IF EXISTS go_away()"


async def test_a_draft_that_was_kept_and_not_published_is_gone_on_with(
    teaching: Teaching, cannot_publish: asyncpg.Connection
) -> None:
    await teaching.propose()
    await teaching.publish()
    assert teaching.model.problem == "The database does not answer; nothing was published. Try again."
    await cannot_publish.execute(MENDED)
    await teaching.publish()
    assert teaching.model.problem == ""
    assert teaching.model.published is not None
    assert teaching.model.published["name"] == "MC74HC32AN"
