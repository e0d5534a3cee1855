from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from dashboard.models.runs import MOST, PAGE, Progress, RunRow, RunsModel, run_id, wanted_runs

COUNTS = {
    "files": 0, "members": 0, "files_receiving": 0, "files_waiting": 0, "files_refused": 0, "files_cancelled": 0,
    "inspections": 0, "waiting": 0, "running": 0, "passed": 0, "failed_verdicts": 0, "borderline": 0, "not_judged": 0,
    "errors": 0, "cancelled": 0,
}  # fmt: skip


def run_view(number: int, state: str = "running", counts: dict[str, int] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": str(UUID(int=number)), "type": "parts", "label": f"Reel {number}", "state": state, "station": "bench",
        "lot": None, "recipe": None, "tray": None, "created_at": "2026-01-01T00:00:00Z", "stored_at": None,
        "finished_at": None, "error": None, "counts": {**COUNTS, **(counts or {})}, "caller": "local", **more,
    }  # fmt: skip


def labels(model: RunsModel) -> list[str]:
    return [row.label for row in model.rows]


@pytest.mark.parametrize(
    ("counts", "progress"),
    [
        ({}, (0, 0, 0, 0)),
        ({"files": 3, "files_receiving": 1, "files_waiting": 2}, (3, 2, 0, 0)),
        ({"files": 3, "files_waiting": 1, "inspections": 2, "waiting": 2}, (3, 3, 2, 0)),
        ({"files": 1, "members": 9, "inspections": 9, "waiting": 3, "running": 1, "passed": 5}, (9, 9, 9, 5)),
        ({"files": 4, "files_refused": 2, "inspections": 2, "passed": 1, "errors": 1}, (2, 2, 2, 1)),
        ({"files": 6, "files_cancelled": 2, "inspections": 4, "not_judged": 1, "cancelled": 3}, (6, 4, 4, 1)),
    ],
    ids=[
        "nothing",
        "receiving",
        "opening",
        "an archive counts as its members",
        "what was refused is over, what failed is not judged",
        "what was cancelled is not judged",
    ],
)
def test_progress_counts_things_to_inspect(counts: dict[str, int], progress: tuple[int, ...]) -> None:
    found = Progress.of({**COUNTS, **counts})
    assert (found.whole, found.received, found.opened, found.judged) == progress


@pytest.mark.parametrize(
    ("state", "figure"),
    [
        ("pending", "1,300 received so far"),
        ("stored", "1,200 of 1,400 opened"),
        ("queued", "1,000 of 1,400 judged"),
        ("done", "1,000 of 1,400 judged"),
    ],
)
def test_the_figure_says_what_moves(state: str, figure: str) -> None:
    assert Progress(1400, 1300, 1200, 1000).figure(state) == figure


def test_what_was_cancelled_is_counted_apart_opened_or_not() -> None:
    counts = {"files": 60, "files_cancelled": 20, "inspections": 40, "not_judged": 13, "cancelled": 27}
    found = Progress.of({**COUNTS, **counts})
    assert (found.figure("cancelled"), found.cancelled) == ("13 of 60 judged", 47)


def test_a_run_of_which_nothing_could_be_opened_says_so() -> None:
    assert Progress(0, 0, 0, 0).figure("failed") == "Nothing to judge"


def test_a_row_says_what_was_said_of_the_run() -> None:
    tray = {"carrier": "T-1", "rows": 2, "columns": 3, "corners": None}
    view = run_view(
        7, "failed", lot="L1", recipe={"name": "74LS00", "version": 2}, error={"code": "X", "detail": "Why."}, tray=tray
    )
    row = RunRow.of(view)
    assert (row.lot, row.recipe, row.why, row.who) == ("L1", "74LS00, version 2", "Why.", "local")
    assert row.tray == "T-1, 2 rows by 3 columns"
    assert row.document()["progress"] == {"whole": 0, "received": 0, "opened": 0, "judged": 0, "cancelled": 0}
    assert row.document()["figure"] == "Nothing to judge"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, {}),
        ({"state": "done", "label": " Reel ", "lot": "L1"}, {"state": "done", "label": "Reel", "lot": "L1"}),
        ({"state": "sleeping", "run": "7"}, {}),
        ({"since": "2026-01-01T00:00Z", "until": "tomorrow"}, {"since": "2026-01-01T00:00Z"}),
        ({"since": "2026-01-01T00:00"}, {}),
        ({"since": "1900-01-01T00:00Z", "until": "0001-01-01T00:00+14:00"}, {}),
        ({"label": "A\x00\nB" + "C" * 1000}, {"label": "AB" + "C" * 198}),
    ],
    ids=["nothing", "some", "unknown", "no time", "a time of nowhere", "times before all", "what no database takes"],
)
def test_a_filter_is_what_of_the_address_can_be_used(given: dict[str, str], wanted: dict[str, str]) -> None:
    assert wanted_runs(given) == wanted


@pytest.mark.parametrize(("text", "found"), [("", ""), ("<b>", ""), (str(UUID(int=7)), str(UUID(int=7)))])
def test_what_is_no_id_opens_nothing(text: str, found: str) -> None:
    assert run_id(text) == found


def test_the_address_says_what_is_open_and_what_is_sent() -> None:
    model = RunsModel()
    model.go({"run": str(UUID(int=1)), "send": "new", "state": "done"})
    assert (model.open, model.send, model.wanted) == (str(UUID(int=1)), "new", {"state": "done"})
    model.go({})
    assert (model.open, model.send, model.wanted) == ("", "", {})


def test_what_is_found_is_what_is_shown() -> None:
    model = RunsModel(problem="Away.")
    model.show([run_view(3), run_view(2)], "c")
    model.show([run_view(4), run_view(3)], None)
    assert (labels(model), model.cursor, model.loaded, model.problem) == (["Reel 4", "Reel 3"], None, True, "")


def test_nothing_is_drawn_where_no_run_has_moved() -> None:
    model = RunsModel()
    model.show([run_view(1)], None)
    drawn: list[object] = []
    model.param.watch(drawn.append, "rows")
    model.show([run_view(1)], None)
    assert drawn == []
    model.show([run_view(1, counts={"passed": 1})], None)
    assert len(drawn) == 1


def test_older_runs_go_to_the_end_once_and_stay_when_the_page_looks_again() -> None:
    model = RunsModel()
    model.show([run_view(number) for number in range(100, 50, -1)], "c")
    model.append([run_view(51), run_view(50)], None)
    assert labels(model)[-2:] == ["Reel 51", "Reel 50"]
    assert model.shown == 51


def test_a_page_keeps_to_its_bound() -> None:
    model = RunsModel()
    assert model.shown == PAGE
    model.append([run_view(number) for number in range(MOST + 10)], "c")
    assert len(model.rows) == model.shown == MOST
    assert model.cursor is None
    model.show([run_view(number) for number in range(MOST)], "c")
    assert model.cursor is None
