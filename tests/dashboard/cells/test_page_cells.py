"""The cells of the Inspect and System pages, and the form that makes a recipe."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dashboard.cells.dropping import DropPhotos, RecipeChoice
from dashboard.cells.parts import Parts
from dashboard.cells.results import Results
from dashboard.cells.teaching import TeachRecipe
from dashboard.models.intake import IntakeModel
from dashboard.models.results import ResultsModel
from dashboard.models.system import Part, SystemModel
from dashboard.models.teaching import TeachingModel
from tests.dashboard.cells.test_inspection_cells import Event
from tests.dashboard.models.test_results import view
from tests.dashboard.models.test_teaching import proposed

RECIPES = [{"name": "A", "id": "1"}, {"name": "B", "id": "2"}]


def test_the_choice_begins_with_read_only_and_offers_the_recipes() -> None:
    model = IntakeModel()
    cell = RecipeChoice(model)
    model.offer(RECIPES)
    assert list(cell.select.options.values()) == ["", "1", "2"]
    assert cell.select.value == ""


def test_a_choice_reaches_the_drop_zone() -> None:
    model = IntakeModel()
    choice, drop = RecipeChoice(model), DropPhotos(model)
    model.offer(RECIPES)
    choice.select.value = "2"
    assert (model.recipe, drop.zone.recipe) == ("2", "2")


def test_a_recipe_wished_for_in_the_link_is_chosen() -> None:
    model = IntakeModel(wish="2")
    choice, drop = RecipeChoice(model), DropPhotos(model)
    model.offer(RECIPES)
    assert (choice.select.value, drop.zone.recipe) == ("2", "2")


def test_a_stored_photo_is_told() -> None:
    told: list[str] = []
    cell = DropPhotos(IntakeModel(samples=[{"name": "a.jpg", "src": "/a", "caption": "A"}]), told.append)
    for callback in cell.zone._msg__callbacks:
        callback(Event(stored="7"))
    assert told == ["7"]
    assert cell.zone.samples[0]["name"] == "a.jpg"


def test_results_are_handed_to_the_list_as_they_come() -> None:
    model = ResultsModel()
    cell = Results(model)
    model.replace([view(1)], "cursor")
    assert [item["id"] for item in cell.list.items] == ["00000001"]
    assert cell.list.more
    model.take([view(2), view(1)], None)
    assert [item["id"] for item in cell.list.items] == ["00000002", "00000001"]


def test_links_carry_the_filter_and_the_search() -> None:
    model = ResultsModel(verdict="fail", find="LM 324")
    cell = Results(model)
    model.replace([view(1, "fail")], None)
    assert cell.list.items[0]["href"] == "/inspection?id=00000001&verdict=fail&find=LM+324"


def test_a_result_that_no_recipe_judged_leads_to_one_made_of_it() -> None:
    model = ResultsModel(find="A&B")
    cell = Results(model)
    model.replace([view(2, evidence={"lines": [{"text": "A"}]}), view(1)], None)
    links = [item["teach_href"] for item in cell.list.items]
    assert links == ["/inspection?id=00000002&find=A%26B&make=recipe", ""]


def test_a_filter_chosen_in_the_list_reaches_the_model() -> None:
    model = ResultsModel()
    Results(model).list.verdict = "pass"
    assert model.verdict == "pass"


async def test_older_results_are_asked_for_and_waited_for() -> None:
    asked: list[int] = []

    async def more() -> None:
        asked.append(1)

    cell = Results(ResultsModel(), more=more)
    for callback in cell.list._msg__callbacks:
        await callback(Event(more=True))
    assert asked == [1]


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ({}, ""),
        ({"loaded": True}, "No results yet"),
        ({"loaded": True, "find": "NE555"}, "Nothing found for NE555"),
        ({"loaded": True, "verdict": "fail"}, "None of this verdict yet"),
        ({"loaded": True, "problem": "Away."}, "Results cannot be shown"),
    ],
    ids=["on its way", "empty", "search", "filter", "database away"],
)
def test_an_empty_list_says_why_and_what_to_do(state: dict[str, Any], title: str) -> None:
    cell = Results(ResultsModel(**state))
    assert cell.list.empty_title == title
    assert bool(cell.list.empty_text) is bool(title)
    assert cell.list.find == state.get("find", "")


def test_results_that_are_no_longer_fresh_stay_and_say_so() -> None:
    model = ResultsModel()
    cell = Results(model)
    model.replace([view(1)], None)
    model.problem = "The database does not answer."
    assert cell.list.problem == "The database does not answer."
    assert len(cell.list.items) == 1


def test_parts_are_handed_to_the_table() -> None:
    model = SystemModel()
    cell = Parts(model)
    model.show([Part("Redis", "ok", "9.1")], "2026-01-01T00:00:00Z")
    assert [(part["name"], part["word"]) for part in cell.table.parts] == [("Redis", "Working")]


def taught(**acts: Any) -> tuple[TeachingModel, TeachRecipe]:
    model = TeachingModel()
    return model, TeachRecipe(model, **acts)


def test_the_form_opens_filled_in_and_the_button_makes_room_for_it() -> None:
    model, cell = taught()
    assert (cell.start.visible, cell.form.visible) == (True, False)
    model.propose("7", proposed())
    assert (cell.start.visible, cell.form.visible) == (False, True)
    assert cell.lines_input.value == "MC74HC32AN\n?FFFG{YYWW}"


def test_what_is_written_reaches_the_model() -> None:
    model, cell = taught()
    model.propose("7", proposed())
    cell.name_input.value = "Other"
    assert model.recipe_name == "Other"


async def test_the_buttons_do_what_they_say() -> None:
    done: list[str] = []

    async def propose() -> None:
        done.append("proposed")

    async def publish() -> None:
        done.append("published")

    _, cell = taught(propose=propose, publish=publish)
    for button in (cell.start, cell.publish):
        button.clicks += 1
        await asyncio.sleep(0.01)
    assert done == ["proposed", "published"]


def test_what_is_wrong_is_said_and_what_was_made_leads_on() -> None:
    model, cell = taught()
    model.problem = "lines[0].text: <expected>"
    assert "&lt;expected&gt;" in cell.message.object
    model.param.update(problem="", published={"id": "5", "name": "A", "version": 1})
    assert "Published: A, version 1." in cell.message.object
    assert 'href="/inspect?recipe=5"' in cell.message.object


def test_without_a_reading_no_recipe_can_be_begun() -> None:
    model = TeachingModel()
    cell = TeachRecipe(model)
    assert not cell.start.disabled
    model.readable = False
    assert cell.start.disabled
    model.readable = True
    assert not cell.start.disabled
