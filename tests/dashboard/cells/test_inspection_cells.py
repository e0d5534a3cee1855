"""The cells over one inspection: what each shows, that it follows the model, and that it works alone."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.cells.cell import Cell
from dashboard.cells.expected import ExpectedAgainstRead
from dashboard.cells.judgement import Judgement
from dashboard.cells.photo import Photo
from dashboard.cells.signals import SignalGauges, Timings
from dashboard.cells.stepping import Stepping
from dashboard.models.inspection import InspectionModel
from layouts.states import skeleton
from tests.dashboard.cells.alone import shown_alone
from tests.dashboard.models.test_inspection import RECIPE, view

CELLS = [Photo, ExpectedAgainstRead, Judgement, SignalGauges, Timings, Stepping]


@pytest.fixture
def model() -> InspectionModel:
    made = InspectionModel()
    made.show(view(), RECIPE)
    return made


class Event:
    """A message from the browser."""

    def __init__(self, **data: Any) -> None:
        self.data = data


NOTHING_IN_VIEW: dict[type[Cell], dict[str, Any]] = {
    Photo: {"label": "Photo of the part, nothing read", "src": ""},
    ExpectedAgainstRead: {"fields": [], "lines": []},
    Judgement: {"object": skeleton()},
    SignalGauges: {"object": '<p class="soft">No signal was measured.</p>'},
    Timings: {"object": '<p class="soft">No times were kept.</p>'},
    Stepping: {"title": "Inspection", "newer": "", "older": ""},
}


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_stands_alone_even_with_nothing_in_view(cell: type[Cell]) -> None:
    shows = NOTHING_IN_VIEW[cell]
    assert shown_alone(cell(InspectionModel()), *shows) == shows  # type: ignore[call-arg]


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_keeps_its_view_and_changes_what_it_shows(cell: type[Cell], model: InspectionModel) -> None:
    shown = cell(model)  # type: ignore[call-arg]
    before = shown.__panel__()
    model.show(view(id="8", file_name="b.jpg"), RECIPE)
    assert shown.__panel__() is before


def test_the_photo_shows_the_evidence_in_the_pixels_of_the_photo(model: InspectionModel) -> None:
    picture = Photo(model).picture
    assert (picture.src, picture.size_wh) == ("/photo", [640, 480])
    assert picture.evidence["lines"][0]["text"] == "MC74"
    assert "MC74" in picture.label


def test_photo_and_comparison_point_at_the_same_character(model: InspectionModel) -> None:
    photo, comparison = Photo(model), ExpectedAgainstRead(model)
    comparison.comparison.pointed = [0, 2]
    assert model.pointed == [0, 2]
    assert photo.picture.pointed == [0, 2]


def test_layers_chosen_outlive_the_inspection(model: InspectionModel) -> None:
    photo = Photo(model)
    photo.picture.layers = ["package"]
    model.show(view(id="8"))
    assert photo.picture.layers == ["package"]


def test_expected_and_read_follow_the_evidence(model: InspectionModel) -> None:
    cell = ExpectedAgainstRead(model)
    assert cell.comparison.fields[0]["expected"] == "MC74"
    model.show(view(evidence=None, state="running"))
    assert (cell.comparison.fields, cell.comparison.lines) == ([], [])


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "Pass"),
        ({"state": "queued", "verdict": None, "evidence": None}, "It waits for a free worker."),
        ({"state": "running", "verdict": None, "evidence": None}, "A worker is reading the mark."),
        ({"state": "failed", "verdict": "not_judged", "error": {"code": "X", "detail": "Broken."}}, "Broken."),
    ],
    ids=["done", "queued", "running", "failed"],
)
def test_the_judgement_says_what_is(model: InspectionModel, changes: dict[str, Any], shown: str) -> None:
    cell = Judgement(model)
    model.show(view(**changes), RECIPE)
    assert shown in cell.pane.object


def test_before_anything_has_come_there_is_a_skeleton_and_after_a_failure_words() -> None:
    model = InspectionModel()
    cell = Judgement(model)
    assert 'class="skeleton"' in cell.pane.object
    model.problem = "The database does not answer."
    assert "The database does not answer." in cell.pane.object


def test_an_inspection_that_is_not_there_is_said_and_leads_on(model: InspectionModel) -> None:
    cell = Judgement(model)
    model.miss("9")
    assert "There is no inspection of this id." in cell.pane.object
    assert 'href="/inspect"' in cell.pane.object


def test_gauges_follow_the_limits(model: InspectionModel) -> None:
    cell = SignalGauges(model)
    assert "accept 0.80" in cell.pane.object
    model.show(view(), {"signals": {"ocr": {"accept": 0.5, "reject": 0.2, "margin": 0.1}}})
    assert "accept 0.50" in cell.pane.object


def test_times_come_with_what_made_the_result(model: InspectionModel) -> None:
    assert "60.0 ms" in Timings(model).pane.object
    assert "ppocr:1" in Timings(model).pane.object


def test_a_step_asks_for_the_other_inspection(model: InspectionModel) -> None:
    asked: list[str] = []
    cell = Stepping(model, asked.append, back_href="/inspect?verdict=fail")
    model.param.update(newer="8", older="6")
    assert (cell.stepper.newer, cell.stepper.older, cell.stepper.back_href) == ("8", "6", "/inspect?verdict=fail")
    for callback in cell.stepper._msg__callbacks:
        callback(Event(show="6"))
    assert asked == ["6"]


@pytest.mark.parametrize(
    ("change", "title"), [("read", "MC74"), ("blank", "Inspection"), ("missing", "No such inspection")]
)
def test_the_title_says_what_is_in_view(model: InspectionModel, change: str, title: str) -> None:
    cell = Stepping(model)
    if change == "blank":
        model.show(view(evidence=None))
    if change == "missing":
        model.miss("9")
    assert cell.stepper.title == title
