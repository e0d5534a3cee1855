"""Two clicks: a reading becomes a published recipe, or the form says why not."""

from __future__ import annotations

import pytest

from dashboard.models.inspection import InspectionModel
from dashboard.models.teaching import TeachingModel
from dashboard.pages.reads import PageReads
from dashboard.pages.teaching import Teaching
from data.queries import recipes
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
