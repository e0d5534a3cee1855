from __future__ import annotations

from typing import Any

import pytest

from dashboard.models.run import MOST_FILES, FileLine, RunModel
from tests.dashboard.models.test_runs import run_view


def file_view(number: int, state: str = "opened", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{number:08d}", "run_id": "r", "parent_id": None, "position": number, "name": f"a/{number}.jpg",
        "state": state, "bytes": 7, "error": None, "inspections": 1, "inspection_id": "i", "thumb": "/t", **more,
    }  # fmt: skip


def numbers(model: RunModel) -> list[int]:
    return [int(line.id) for line in model.files]


def test_an_opened_file_leads_to_its_inspection_among_those_of_the_run() -> None:
    line = FileLine.of(file_view(1))
    assert (line.href, line.size, line.member) == ("/inspection?id=i&run=r", 7, False)


def test_a_refused_file_says_why_and_leads_nowhere() -> None:
    error = {"code": "ARCHIVE_NESTED", "detail": "It lies in an archive within an archive."}
    line = FileLine.of(file_view(1, "refused", error=error, inspection_id=None, bytes=None, parent_id="p"))
    assert (line.why, line.href, line.size, line.member) == (error["detail"], "", -1, True)
    assert FileLine.of(file_view(1, "refused", error={"code": "X", "detail": ""})).why == "X"


def test_turning_to_another_run_keeps_nothing_of_the_one_before() -> None:
    model = RunModel(id="1", refusal="No.", problem="Away.", busy=True)
    model.show(run_view(1))
    model.show_files([file_view(1)], "c")
    model.open("2")
    assert (model.row, model.files, model.files_cursor, model.files_loaded) == (None, [], None, False)
    assert (model.refusal, model.problem, model.busy, model.missing) == ("", "", False, False)


def test_the_run_in_view_stays_when_it_is_opened_again() -> None:
    model = RunModel(id="1")
    model.show(run_view(1))
    model.show_files([file_view(1)], "c")
    shown = (model.row, model.files, model.files_cursor, model.files_loaded)
    assert None not in shown
    model.open("1")
    assert (model.row, model.files, model.files_cursor, model.files_loaded) == shown


@pytest.mark.parametrize(
    ("state", "errors", "can"),
    [
        ("pending", 0, {"cancel", "send"}),
        ("stored", 0, {"cancel"}),
        ("running", 1, {"cancel"}),
        ("done", 0, set()),
        ("done", 1, {"retry"}),
        ("failed", 2, {"retry"}),
        ("cancelled", 1, set()),
    ],
)
def test_what_can_be_done_follows_from_the_state(state: str, errors: int, can: set[str]) -> None:
    model = RunModel()
    model.show(run_view(1, state, {"errors": errors}))
    found = {"cancel": model.can_cancel, "retry": model.can_retry, "send": model.can_send}
    assert {name for name, possible in found.items() if possible} == can


def test_nothing_can_be_done_with_a_run_that_is_not_known_yet() -> None:
    model = RunModel()
    assert (model.can_cancel, model.can_retry, model.can_send) == (False, False, False)


def test_files_fetched_before_stay_behind_those_that_are_looked_at_again() -> None:
    model = RunModel()
    model.show_files([file_view(1), file_view(2)], "c")
    model.append_files([file_view(2), file_view(3)], None)
    model.show_files([file_view(1), file_view(2, "refused")], "c")
    assert numbers(model) == [1, 2, 3]
    assert (model.files[1].state, model.files_cursor) == ("refused", None)


def test_no_more_files_are_kept_than_a_page_can_bear() -> None:
    model = RunModel()
    model.append_files([file_view(number) for number in range(MOST_FILES + 1)], "c")
    assert (len(model.files), model.files_cursor) == (MOST_FILES, None)


def test_another_state_of_files_is_asked_for_anew() -> None:
    model = RunModel()
    model.show_files([file_view(1)], "c")
    model.choose_files("refused")
    assert (model.files, model.files_loaded, model.files_state) == ([], False, "refused")
