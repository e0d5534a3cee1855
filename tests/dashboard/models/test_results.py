from __future__ import annotations

from typing import Any

import pytest

from dashboard.models.results import (
    CANCELLED,
    MOST,
    MOST_SEARCHED,
    ResultRow,
    ResultsModel,
    among,
    known_verdict,
    searched,
)


def view(number: int, verdict: str | None = "pass", state: str = "done", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{number:08d}", "state": state, "verdict": verdict, "created_at": "2026-01-01T00:00:00Z",
        "image": {"url": "/photo", "width_px": 640, "height_px": 480}, "reasons": [], "recipe": None, "error": None,
        "evidence": None, **more,
    }  # fmt: skip


def ids(model: ResultsModel) -> list[int]:
    return [int(row.id) for row in model.rows]


def test_new_results_go_before_the_older_ones() -> None:
    model = ResultsModel()
    model.replace([view(3), view(1)], "1")
    model.take([view(5), view(4), view(3)], "3")
    assert (ids(model), model.cursor) == ([5, 4, 3, 1], "1")


def test_where_more_came_than_was_looked_at_the_rest_is_offered() -> None:
    model = ResultsModel()
    model.replace([], None)
    model.take([view(9), view(8)], "8")
    assert (ids(model), model.cursor) == ([9, 8], "8")
    model.take([view(20), view(19)], "19")
    assert (ids(model), model.cursor) == ([20, 19], "19")


def test_another_run_turned_to_and_back_is_shown_again() -> None:
    model = ResultsModel()
    model.replace([view(1)], None)
    model.param.update(rows=[], cursor=None, loaded=False)
    model.take([view(2)], "2")
    assert (ids(model), model.cursor, model.loaded) == ([2], "2", True)


def test_a_result_that_changes_stays_in_its_place() -> None:
    model = ResultsModel()
    model.replace([view(2, None, "running"), view(1)], None)
    model.take([view(2, "fail"), view(1)], None)
    assert [(row.id, row.verdict) for row in model.rows] == [("00000002", "fail"), ("00000001", "pass")]


def test_nothing_is_drawn_where_nothing_has_changed() -> None:
    model = ResultsModel()
    model.replace([view(1)], None)
    drawn: list[object] = []
    model.param.watch(drawn.append, "rows")
    model.take([view(1)], None)
    assert drawn == []


def test_under_a_filter_only_its_verdict_comes_in_and_others_go() -> None:
    model = ResultsModel(verdict="fail")
    model.replace([view(1, "fail")], None)
    model.take([view(3, "fail"), view(2, "pass"), view(1, "pass")], None)
    assert ids(model) == [3]


def test_older_results_go_to_the_end_once() -> None:
    model = ResultsModel()
    model.replace([view(5), view(4)], "cursor")
    model.append([view(4), view(3)], None)
    assert ids(model) == [5, 4, 3]
    assert model.cursor is None


def test_a_page_left_open_for_days_keeps_to_its_bound() -> None:
    model = ResultsModel()
    model.take([view(number) for number in range(MOST + 50, 0, -1)], "1")
    assert (len(model.rows), model.cursor) == (MOST, None)
    assert ids(model)[0] == MOST + 50


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": "queued", "verdict": None}, "Waiting for a worker"),
        ({"state": "running", "verdict": None}, "Being inspected"),
        ({"state": "cancelled", "verdict": None}, CANCELLED),
        ({"reasons": [{"code": "A", "words": "One."}, {"code": "B", "words": "Two."}]}, "One. Two."),
        ({"error": {"code": "X", "detail": "The reader failed."}}, "The reader failed."),
        ({"error": {"code": "X", "detail": ""}}, "X"),
        ({"recipe": {"name": "74LS00"}}, "As 74LS00 expects."),
        ({}, ""),
    ],
    ids=["queued", "running", "cancelled", "reasons", "error", "error without words", "pass", "read only"],
)
def test_a_row_says_why(changes: dict[str, Any], why: str) -> None:
    assert ResultRow.of({**view(1), **changes}).why == why


def test_a_row_holds_what_its_thumbnail_is_cut_by() -> None:
    evidence = {"lines": [{"text": "A"}], "outline": [[0, 0], [4, 0], [4, 2], [0, 2]], "rotation_ccw_deg": 90.0}
    row = ResultRow.of({**view(1), "evidence": evidence, "thumb": "/small"}).document()
    assert row["lines"] == ["A"]
    assert row["thumb"] == "/small"
    assert row["outline"] == [[0.0, 0.0], [4.0, 0.0], [4.0, 2.0], [0.0, 2.0]]
    assert (row["size_wh"], row["rotation_ccw_deg"]) == ([640, 480], 90.0)


def test_a_row_without_evidence_shows_the_photo_as_it_is() -> None:
    row = ResultRow.of(view(1)).document()
    assert row["outline"] is None
    assert row["thumb"] == "/photo"


@pytest.mark.parametrize(("word", "known"), [("pass", "pass"), ("", ""), ("maybe", ""), ("PASS", "")])
def test_a_verdict_that_is_none_means_all(word: str, known: str) -> None:
    assert known_verdict(word) == known


@pytest.mark.parametrize(
    ("verdict", "find", "said"),
    [("", "", ""), ("fail", "", "?verdict=fail"), ("", "A&b=<c> ?", "?find=A%26b%3D%3Cc%3E+%3F"),
     ("pass", "A", "?verdict=pass&find=A")],
    ids=["all", "verdict", "hostile search", "both"],
)  # fmt: skip
def test_an_address_says_which_results_are_shown(verdict: str, find: str, said: str) -> None:
    assert among(verdict, find) == said


@pytest.mark.parametrize(
    ("text", "search"),
    [(" LM 324 ", "LM 324"), ("", ""), ("A\x00\n\ud800B", "AB"), ("A" * 1000, "A" * MOST_SEARCHED)],
    ids=["white space", "nothing", "what no mark holds and no database takes", "too long"],
)
def test_a_search_is_what_the_database_can_look_for(text: str, search: str) -> None:
    assert searched(text) == search


@pytest.mark.parametrize(
    ("changes", "teaches"),
    [
        ({"evidence": {"lines": [{"text": "A"}]}}, True),
        ({"evidence": {"lines": [{"text": "A"}]}, "recipe": {"name": "74LS00"}}, False),
        ({"evidence": {"lines": []}}, False),
        ({}, False),
    ],
    ids=["read only", "judged", "nothing read", "not read yet"],
)
def test_a_recipe_is_offered_for_what_was_read_by_none(changes: dict[str, Any], teaches: bool) -> None:
    assert ResultRow.of({**view(1), **changes}).teaches is teaches


def test_results_that_are_fresh_again_say_nothing_of_the_outage() -> None:
    model = ResultsModel()
    model.replace([view(1)], None)
    model.problem = "The database does not answer."
    model.take([view(1)], None)
    assert model.problem == ""
