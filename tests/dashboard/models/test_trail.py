"""The trail of one row: the newest first, older ones behind, nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.models.trail import MOST, TrailEntry, TrailModel

ROW = "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"
LOT = {"id": ROW, "code": "L2047", "state": "open", "reason": "", "started_at": "2026-11-20T08:00:00+00:00"}


def view(number: int, **changes: Any) -> dict[str, Any]:
    """An AuditEntryView: a lot that was put on hold."""
    return {
        "id": number, "table": "lots", "row_id": ROW, "operation": "update", "actor": "user:ada",
        "request_id": "line-3-0031", "at": "2026-11-20T09:30:00.125000Z", "before": LOT,
        "after": {**LOT, "state": "hold", "reason": "Smeared"}, "changed": ["state", "reason"],
        "lane": 3, "position": 75, **changes,
    }  # fmt: skip


def ids(model: TrailModel) -> list[int]:
    return [entry.id for entry in model.entries]


def test_an_entry_says_what_happened_who_did_it_when_and_where_it_stands() -> None:
    entry = TrailEntry.of(view(7))
    assert (entry.words, entry.detail, entry.look) == ("Put on hold", "Smeared", "hold")
    assert (entry.who, entry.actor, entry.request_id) == ("ada", "user:ada", "line-3-0031")
    assert (entry.at, entry.place) == ("2026-11-20T09:30:00.125000Z", "Entry 7: table lots, lane 3, position 75")
    assert [(change.word, change.after.text) for change in entry.changes if change.after] == [
        ("State", "hold"),
        ("Reason", "Smeared"),
    ]


def test_an_entry_that_does_not_say_who_did_it_tells_what_happened_and_when_alone() -> None:
    entry = TrailEntry.of(view(7, actor="", request_id=None))
    assert (entry.words, entry.detail, entry.at) == ("Put on hold", "Smeared", "2026-11-20T09:30:00.125000Z")
    assert (entry.who, entry.place, entry.changes) == ("", "", ())


def test_an_entry_of_no_request_has_none() -> None:
    assert TrailEntry.of(view(7, request_id=None)).request_id == ""


def test_names_stand_for_ids_where_they_are_known() -> None:
    moved = view(7, before=LOT, after={**LOT, "station_id": "0-station"}, changed=["station_id"])
    (change,) = TrailEntry.of(moved, {"0-station": "AOI 3"}).changes
    assert change.after is not None
    assert (change.after.text, change.after.says) == ("AOI 3", "0-station")


def test_an_entry_is_told_in_plain_values() -> None:
    told = TrailEntry.of(view(7)).document()
    assert (told["id"], told["words"], told["changes"][0]["word"]) == (7, "Put on hold", "State")


def test_what_is_shown_is_replaced_at_one_stroke() -> None:
    model, drawn = TrailModel(problem="x"), []
    model.param.watch(lambda *events: drawn.append({event.name for event in events}), ["row_id", "entries", "cursor"])
    model.replace(ROW, [view(9), view(8)], "8")
    assert drawn == [{"row_id", "entries", "cursor"}]
    assert (ids(model), model.cursor, model.row_id, model.loaded, model.problem) == ([9, 8], "8", ROW, True, "")
    model.replace("another", [view(3)])
    assert (ids(model), model.cursor, model.row_id) == ([3], None, "another")


def test_new_entries_come_before_those_shown_and_older_ones_stay() -> None:
    model = TrailModel()
    model.replace(ROW, [view(10), view(9)], "9")
    model.append([view(8), view(2)], None)
    model.take([view(11), view(10)], "10")
    assert (ids(model), model.cursor) == ([11, 10, 9, 8, 2], None)


def test_what_is_not_new_changes_nothing() -> None:
    model, drawn = TrailModel(), []
    model.replace(ROW, [view(9)], None)
    model.param.watch(lambda *events: drawn.append(events), ["entries", "cursor"])
    model.take([view(9)], None)
    assert drawn == []


def test_ids_are_in_order_as_numbers_not_as_text() -> None:
    model = TrailModel()
    model.replace(ROW, [view(99), view(98)], "98")
    model.append([view(9)], None)
    model.take([view(100), view(99)], "99")
    assert ids(model) == [100, 99, 98, 9]


def test_where_more_came_than_a_page_holds_the_rest_is_offered_anew() -> None:
    model = TrailModel()
    model.replace(ROW, [view(2), view(1)], None)
    model.take([view(9), view(8)], "8")
    assert (ids(model), model.cursor) == ([9, 8], "8")


def test_an_entry_that_came_twice_is_shown_once() -> None:
    model = TrailModel()
    model.replace(ROW, [view(9)], "9")
    model.append([view(9), view(8)], None)
    assert ids(model) == [9, 8]


def test_no_more_are_kept_than_a_page_bears() -> None:
    model = TrailModel()
    model.replace(ROW, [view(number) for number in range(2 * MOST, MOST, -1)], str(MOST))
    model.append([view(number) for number in range(MOST, 0, -1)], "x")
    assert (len(model.entries), model.cursor) == (MOST, None)


@pytest.mark.parametrize("after", ["replace", "away"])
def test_a_row_is_left_with_nothing_of_it_left(after: str) -> None:
    model = TrailModel()
    model.replace(ROW, [view(9)], "9")
    if after == "away":
        model.problem = "The database does not answer."
    model.leave()
    assert (ids(model), model.cursor, model.row_id, model.loaded, model.problem) == ([], None, "", False, "")
