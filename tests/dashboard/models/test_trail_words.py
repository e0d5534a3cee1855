"""What happened, in the words of whoever looks at parts and lots."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.models.trail_words import PARTS, Told, told, who
from data.tables.audit import FOLLOWED

STATION, LOT, VERSION = "0-station", "0-lot", "0-version"
NAMES = {STATION: "AOI 3", LOT: "L2047", VERSION: "MC74HC32AN version 3"}
CAME = {"state": "received", "attempt": 1, "station_id": STATION, "recipe_version_id": VERSION, "lot_id": None}
JUDGED = {"verdict": "fail", "disposition": "rejected", "recipe_version_id": VERSION, "attempts": 1}
LOST = {**CAME, "state": "failed", "error_code": "WORKER_LOST", "error_detail": "Its worker went away."}
BEGUN = {"code": "L2047", "state": "open", "reason": "", "started_at": None, "station_id": None, "texts": {}}
STARTED = {**BEGUN, "started_at": "2026-11-20T08:00:00+00:00", "station_id": STATION, "recipe_version_id": VERSION}


def entry(
    table: str, before: dict[str, Any] | None, after: dict[str, Any] | None, operation: str = ""
) -> dict[str, Any]:
    """An entry as the API tells it."""
    names = dict.fromkeys([*(before or {}), *(after or {})])
    changed = [name for name in names if (before or {}).get(name, ...) != (after or {}).get(name, ...)]
    by_sides = {(False, True): "insert", (True, True): "update", (True, False): "delete"}
    kind = operation or by_sides[before is not None, after is not None]
    return {"table": table, "operation": kind, "before": before, "after": after, "changed": changed}


@pytest.mark.parametrize(
    ("after", "words", "detail"),
    [
        pytest.param({}, "Came in from station AOI 3", "To be judged by recipe MC74HC32AN version 3.", id="plain"),
        pytest.param(
            {"lot_id": LOT, "attempt": 2},
            "Came in from station AOI 3",
            "Attempt 2, lot L2047, to be judged by recipe MC74HC32AN version 3.",
            id="again, of a lot",
        ),
        pytest.param(
            {"recipe_version_id": None},
            "Came in from station AOI 3",
            "To be read, and judged by no recipe.",
            id="without a recipe",
        ),
        pytest.param(
            {"station_id": "0-other", "attempt": None},
            "Came in from station 0-other",
            "To be judged by recipe MC74HC32AN version 3.",
            id="of a station that is not known",
        ),
        pytest.param(
            {"station_id": None}, "Came in", "To be judged by recipe MC74HC32AN version 3.", id="of no station"
        ),
    ],
)
def test_an_inspection_comes_in(after: dict[str, Any], words: str, detail: str) -> None:
    assert told(entry("inspections", None, {**CAME, **after}), NAMES) == Told(words, detail, "came")


@pytest.mark.parametrize(
    ("after", "words", "detail"),
    [
        pytest.param({}, "Judged fail by recipe MC74HC32AN version 3", "Disposition rejected.", id="judged"),
        pytest.param(
            {"verdict": "not_judged"},
            "Not judged, by recipe MC74HC32AN version 3",
            "Disposition rejected.",
            id="not judged",
        ),
        pytest.param(
            {"recipe_version_id": None, "verdict": "not_judged", "disposition": "pending"},
            "Read, and judged by no recipe",
            "Disposition pending.",
            id="read only",
        ),
        pytest.param(
            {"attempts": 3},
            "Judged fail by recipe MC74HC32AN version 3",
            "Disposition rejected, a worker had begun 3 times.",
            id="at the third time",
        ),
        pytest.param(
            {"attempts": None}, "Judged fail by recipe MC74HC32AN version 3", "Disposition rejected.", id="long ago"
        ),
    ],
)
def test_a_verdict_is_given(after: dict[str, Any], words: str, detail: str) -> None:
    row = {**JUDGED, **after}
    assert told(entry("results", None, row), NAMES) == Told(words, detail, row["verdict"])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param(
            CAME, LOST, Told("Failed: WORKER_LOST", "Its worker went away.", "failed"), id="it fails, and is said why"
        ),
        pytest.param(
            CAME, {**CAME, "state": "failed"}, Told("Failed: no reason", "", "failed"), id="it fails without a word"
        ),
        pytest.param(
            CAME,
            {**CAME, "state": "cancelled"},
            Told("Cancelled", "It is not inspected any more.", "cancelled"),
            id="it is cancelled",
        ),
        pytest.param(LOST, CAME, Told("Retried", "It waits for a worker again.", "received"), id="it is tried anew"),
        pytest.param(
            CAME, {**CAME, "state": "running"}, Told("Changed: state"), id="it moves as no decision would move it"
        ),
        pytest.param(
            CAME, {**CAME, "lot_id": LOT, "attempt": 2}, Told("Changed: attempt, lot"), id="somebody changes a fact"
        ),
    ],
)
def test_an_inspection_moves(before: dict[str, Any], after: dict[str, Any], said: Told) -> None:
    assert told(entry("inspections", before, after), NAMES) == said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param(None, BEGUN, Told("Named for the first time", look="came"), id="a picture names it"),
        pytest.param(
            BEGUN,
            STARTED,
            Told("Started", "At station AOI 3, judged by recipe MC74HC32AN version 3.", "open"),
            id="it is started",
        ),
        pytest.param(
            BEGUN,
            {**BEGUN, "started_at": "2026-11-20T08:00:00+00:00"},
            Told("Started", "At any station.", "open"),
            id="it is started, and binds nothing",
        ),
        pytest.param(
            STARTED,
            {**STARTED, "state": "hold", "reason": "Smeared"},
            Told("Put on hold", "Smeared", "hold"),
            id="it is held",
        ),
        pytest.param(
            {**STARTED, "state": "hold"}, {**STARTED, "reason": "Fine"}, Told("Released", "Fine", "open"), id="released"
        ),
        pytest.param(STARTED, {**STARTED, "state": "closed"}, Told("Closed", "", "closed"), id="it is closed"),
        pytest.param(STARTED, {**STARTED, "state": "lost"}, Told("State lost", "", "lost"), id="a state to come"),
        pytest.param(
            STARTED,
            {**STARTED, "texts": {"date": "2431"}, "recipe_version_id": None},
            Told("Corrected: texts, recipe version"),
            id="it is corrected",
        ),
    ],
)
def test_a_lot_moves(before: dict[str, Any] | None, after: dict[str, Any], said: Told) -> None:
    assert told(entry("lots", before, after), NAMES) == said


@pytest.mark.parametrize("table", sorted(FOLLOWED))
def test_whatever_is_done_to_any_table_there_are_words(table: str) -> None:
    row = {**CAME, **JUDGED, "name": "a", "colour": "red"}
    for before, after, operation in (
        (None, row, ""),
        (row, {**row, "colour": "blue"}, ""),
        (row, None, ""),
        (None, row, "found"),
        (None, None, "truncate"),
    ):
        assert told(entry(table, before, after, operation), {}).words


def test_what_is_not_of_parts_or_lots_is_told_plainly() -> None:
    assert told(entry("sites", None, {"name": "Jena"}), {}) == Told("Added", look="came")
    assert told(entry("sites", {"name": "Jena"}, {"name": "Gera"}), {}) == Told("Changed: name")
    assert told(entry("sites", {"name": "Jena"}, None), {}) == Told("Deleted", look="cancelled")
    assert told(entry("sites", None, None, "truncate"), {}) == Told("The whole table was emptied", look="failed")


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        (
            "results",
            JUDGED,
            Told(
                "Judged fail by recipe MC74HC32AN version 3",
                "Disposition rejected. It was there when the trail began.",
                "fail",
            ),
        ),
        ("inspections", {**CAME, "state": "done"}, Told("Was there when the trail began", "State done.")),
        ("sites", {"name": "Jena"}, Told("Was there when the trail began")),
    ],
    ids=["a verdict", "an inspection", "any other"],
)
def test_what_was_there_when_the_trail_began_is_told_as_such(table: str, row: dict[str, Any], said: Told) -> None:
    assert told(entry(table, None, row, "found"), NAMES) == said


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        ("user:ada", "ada"),
        ("user:a:b", "a:b"),
        ("machine:aoi-3", "aoi-3 (machine)"),
        *((f"system:{name}", words) for name, words in PARTS.items()),
        ("system:repair", "Marksight (repair)"),
    ],
)
def test_who_did_it_is_told_by_name(actor: str, words: str) -> None:
    assert who(actor) == words
