"""The cells of the Runs page: what each shows, what it hears, and that it stands alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from dashboard.cells.cell import Cell
from dashboard.cells.run import RunFiles, RunSheetHead, tabbed
from dashboard.cells.runs import Runs
from dashboard.cells.sending import RunForm, SendFiles
from dashboard.models.run import RunModel
from dashboard.models.runs import RunsModel
from dashboard.models.sending import BENCH, SendingModel
from layouts.markup import pane
from tests.dashboard.cells.alone import shown_alone
from tests.dashboard.cells.test_inspection_cells import Event
from tests.dashboard.models.test_run import file_view
from tests.dashboard.models.test_runs import run_view


async def heard(component: Any, **data: Any) -> None:
    for callback in component._msg__callbacks:
        await callback(Event(**data))


def counting() -> tuple[list[str], Any]:
    done: list[str] = []

    async def act() -> None:
        done.append("done")

    return done, act


@pytest.mark.parametrize(
    ("made", "shows"),
    [
        (lambda: Runs(RunsModel()), {"items": [], "more": False, "problem": ""}),
        (lambda: RunSheetHead(RunModel()), {"run": {}, "missing": False, "can_cancel": False, "can_send": False}),
        (lambda: RunFiles(RunModel()), {"items": [], "loaded": False, "more": False}),
        (lambda: SendFiles(SendingModel(), RunsModel()), {"send": "", "label": "", "answer": {}}),
    ],
    ids=["runs", "head", "files", "sender"],
)
def test_every_cell_stands_alone_with_nothing_in_view(made: Callable[[], Cell], shows: dict[str, Any]) -> None:
    assert shown_alone(made(), *shows) == shows


def test_the_form_stands_alone_and_offers_the_bench() -> None:
    form = RunForm(SendingModel())
    assert len(shown_alone(form, "objects")["objects"]) == 5
    assert (form.station.value, form.tray.visible, form.part.disabled) == (BENCH, False, False)


def test_runs_are_handed_to_the_table_as_they_come() -> None:
    model = RunsModel()
    cell = Runs(model)
    model.show([run_view(2), run_view(1)], "c")
    assert next((item["label"], item["figure"]) for item in cell.table.items) == ("Reel 2", "Nothing to judge")
    assert cell.table.more
    model.param.update(stations=["S1"], open=str(UUID(int=1)))
    assert (cell.table.stations, cell.table.open) == (["S1"], str(UUID(int=1)))


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ({}, ""),
        ({"loaded": True}, "No runs yet"),
        ({"loaded": True, "wanted": {"state": "done"}}, "No run is like that"),
        ({"loaded": True, "problem": "Away."}, "Runs cannot be shown"),
    ],
    ids=["on its way", "empty", "filter", "database away"],
)
def test_an_empty_table_says_why_and_what_to_do(state: dict[str, Any], title: str) -> None:
    cell = Runs(RunsModel(**state))
    assert cell.table.empty_title == title
    assert bool(cell.table.empty_text) is bool(title)


def test_runs_that_are_no_longer_fresh_stay_and_say_so() -> None:
    model = RunsModel()
    cell = Runs(model)
    model.show([run_view(1)], None)
    model.problem = "Away."
    assert (cell.table.problem, len(cell.table.items)) == ("Away.", 1)


async def test_the_address_reaches_the_model_and_older_runs_are_waited_for() -> None:
    done, more = counting()
    model = RunsModel()
    cell = Runs(model, more=more)
    await heard(cell.table, address={"state": "done", "run": str(UUID(int=1))})
    assert (model.wanted, model.open, done) == ({"state": "done"}, str(UUID(int=1)), [])
    await heard(cell.table, more=True)
    assert done == ["done"]


def test_the_head_shows_the_run_and_what_can_be_done_with_it() -> None:
    model = RunModel()
    cell = RunSheetHead(model)
    assert cell.head.run == {}
    model.show(run_view(1, "running"))
    assert (cell.head.run["label"], cell.head.can_cancel, cell.head.can_retry) == ("Reel 1", True, False)
    model.param.update(refusal="It has ended.", busy=True)
    assert (cell.head.refusal, cell.head.busy) == ("It has ended.", True)


async def test_the_buttons_of_the_head_do_what_they_say() -> None:
    cancelled, cancel = counting()
    retried, retry = counting()
    cell = RunSheetHead(RunModel(), cancel=cancel, retry=retry)
    await heard(cell.head, cancel=True)
    assert (cancelled, retried) == (["done"], [])
    await heard(cell.head, retry=True)
    assert (cancelled, retried) == (["done"], ["done"])


async def test_a_tab_shows_its_own_alone_and_none_where_there_is_no_run() -> None:
    model = RunModel()
    cell = RunSheetHead(model)
    views = {"results": pane("a"), "files": pane("b")}
    tabbed(model, views)
    assert [view.visible for view in views.values()] == [True, False]
    await heard(cell.head, tab="files")
    assert [view.visible for view in views.values()] == [False, True]
    await heard(cell.head, tab="elsewhere")
    assert model.tab == "files"
    model.missing = True
    assert [view.visible for view in views.values()] == [False, False]


async def test_files_are_handed_to_their_table_and_asked_for_by_state() -> None:
    done, more = counting()
    model = RunModel()
    cell = RunFiles(model, more=more)
    model.show_files([file_view(1)], "c")
    assert ([item["name"] for item in cell.table.items], cell.table.more, cell.table.loaded) == (
        ["a/1.jpg"],
        True,
        True,
    )
    await heard(cell.table, more=True)
    await heard(cell.table, state="refused")
    await heard(cell.table, state="elsewhere")
    assert (done, model.files_state, cell.table.state, cell.table.loaded) == (["done"], "refused", "refused", False)


def test_a_tray_asks_for_its_name_and_places() -> None:
    model = SendingModel()
    cell = RunForm(model)
    assert not cell.tray.visible
    cell.type.value = "tray"
    assert (cell.tray.visible, model.type) == (True, "tray")


def test_stations_and_recipes_are_offered_and_a_recipe_goes_before_a_part_number() -> None:
    model = SendingModel()
    cell = RunForm(model)
    model.param.update(stations=["S1"])
    model.offer([{"id": "7", "name": "A"}])
    assert list(cell.station.options.values()) == ["", "S1"]
    cell.station.value = "S1"
    cell.recipe.select.value = "7"
    assert (model.station, model.recipe, cell.part.disabled) == ("S1", "7", True)


async def test_a_run_is_begun_under_the_key_that_the_browser_made() -> None:
    asked: list[str] = []

    async def begin(key: str) -> dict[str, str]:
        asked.append(key)
        return {"run": "7"}

    model = SendingModel(label="A")
    cell = SendFiles(model, RunsModel(send="new"), begin=begin)
    assert (cell.sender.send, cell.sender.label) == ("new", "A")
    await heard(cell.sender, begin="k")
    assert (asked, cell.sender.answer) == (["k"], {"key": "k", "run": "7"})
    await heard(cell.sender, over=True)
    assert model.label == ""


async def test_what_is_missing_is_said_and_nothing_begun() -> None:
    asked: list[str] = []

    async def begin(key: str) -> dict[str, str]:
        asked.append(key)
        return {}

    cell = SendFiles(SendingModel(type="tray"), RunsModel(), begin=begin)
    await heard(cell.sender, begin="k")
    assert asked == []
    assert "carrier" in cell.sender.answer["problem"]
