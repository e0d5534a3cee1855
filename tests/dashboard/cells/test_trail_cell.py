"""The cell over the trail of a row: what it shows, that it follows its model, and that it works alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dashboard.cells.trail import Trail
from dashboard.models.trail import TrailModel
from dashboard.models.trail_words import told
from layouts.component import ASSETS
from layouts.timeline import LOOKS, Timeline
from tests.dashboard.cells.alone import shown_alone
from tests.dashboard.cells.test_inspection_cells import Event
from tests.dashboard.models.test_trail import ROW, view
from tests.dashboard.models.test_trail_words import BEGUN, CAME, JUDGED, LOST, STARTED, entry


@pytest.fixture
def model() -> TrailModel:
    made = TrailModel()
    made.replace(ROW, [view(9), view(8)], "8")
    return made


def test_it_stands_alone_with_nothing_in_view() -> None:
    assert shown_alone(Trail(TrailModel()), "entries", "empty_title", "visible") == {
        "entries": [],
        "empty_title": "",
        "visible": False,
    }


def test_it_stands_alone_over_what_the_api_answers(model: TrailModel) -> None:
    shown = shown_alone(Trail(model), "entries", "more", "visible", "title")
    assert [one["words"] for one in shown["entries"]] == ["Put on hold", "Put on hold"]
    assert (shown["more"], shown["visible"], shown["title"]) == (True, True, "Audit trail")


def test_it_follows_its_model_and_keeps_its_view(model: TrailModel) -> None:
    cell = Trail(model, title="Audit trail of the lot")
    before = cell.__panel__()
    model.take([view(10), view(9), view(8)], None)
    assert [one["id"] for one in cell.timeline.entries] == [10, 9, 8]
    assert (cell.timeline.more, cell.timeline.title) == (False, "Audit trail of the lot")
    assert cell.__panel__() is before


@pytest.mark.parametrize(
    ("changes", "title", "text"),
    [
        pytest.param({}, "", "", id="on its way"),
        pytest.param({"loaded": True}, "Nothing in the audit trail", "It knows of no such lot.", id="empty"),
        pytest.param({"problem": "Gone."}, "The audit trail cannot be shown", "Gone.", id="away before the first"),
        pytest.param({"loaded": True, "problem": "Gone."}, "The audit trail cannot be shown", "Gone.", id="away"),
    ],
)
def test_while_there_is_nothing_it_is_said_why(changes: dict[str, Any], title: str, text: str) -> None:
    cell = Trail(TrailModel(row_id=ROW, **changes), noun="lot")
    timeline = cell.timeline
    assert (timeline.empty_title, timeline.empty_text, timeline.problem, timeline.visible) == (title, text, "", True)


def test_what_is_shown_and_not_fresh_stays_under_words(model: TrailModel) -> None:
    cell = Trail(model)
    model.problem = "The database does not answer."
    assert (len(cell.timeline.entries), cell.timeline.problem) == (2, "The database does not answer.")
    model.take([view(9), view(8)], "8")
    assert cell.timeline.problem == ""


@pytest.mark.parametrize(("said", "asked"), [({"more": True}, 1), ({"more": False}, 0), ({"act": "x"}, 0)])
async def test_older_ones_are_fetched_once_they_are_asked_for(
    model: TrailModel, said: dict[str, Any], asked: int
) -> None:
    calls: list[None] = []

    async def more() -> None:
        calls.append(None)

    await Trail(model, more).heard(Event(**said))
    assert len(calls) == asked


HAPPENED = [
    ("inspections", None, CAME), ("inspections", CAME, LOST), ("inspections", LOST, CAME),
    ("inspections", CAME, {**CAME, "state": "cancelled"}), ("inspections", CAME, {**CAME, "attempt": 2}),
    *(("results", None, {**JUDGED, "verdict": verdict}) for verdict in ("pass", "fail", "borderline", "not_judged")),
    ("lots", None, BEGUN), ("lots", BEGUN, STARTED), ("sites", CAME, None),
    *(("lots", {**STARTED, "state": "x"}, {**STARTED, "state": state}) for state in ("open", "hold", "closed")),
]  # fmt: skip


@pytest.mark.parametrize(("table", "before", "after"), HAPPENED)
def test_whatever_happened_has_a_colour_and_a_shape(table: str, before: Any, after: Any) -> None:
    look = LOOKS[told(entry(table, before, after), {}).look]
    assert look["css"]
    assert look["shape"].startswith("<svg")


def test_every_member_of_an_entry_that_the_script_reads_is_there(model: TrailModel) -> None:
    script = (ASSETS / "js" / "timeline.js").read_text(encoding="utf-8")
    (told_entry, *_) = (entry.document() for entry in model.entries)
    assert set(re.findall(r"\bentry\.(\w+)", script)) <= set(told_entry)
    assert set(re.findall(r"\bone\.(\w+)", script)) <= set(told_entry["changes"][0])
    assert set(re.findall(r"\bmodel\.(\w+)", script)) - {"on", "send_msg", "esm_constants"} <= set(Timeline.param)
