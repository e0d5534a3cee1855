"""What an entry changed is told in words, sides and columns."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.models.trail_values import Change, Value, changes, column_word

STATION = "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"
NAMES = {STATION: "AOI 3"}


def entry(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    """What of an entry says what changed, as the API tells it."""
    names = dict.fromkeys([*(before or {}), *(after or {})])
    changed = [name for name in names if (before or {}).get(name, ...) != (after or {}).get(name, ...)]
    return {"before": before, "after": after, "changed": changed}


@pytest.mark.parametrize(
    ("name", "kept", "shown"),
    [
        pytest.param("reason", "Smeared", Value("Smeared"), id="text"),
        pytest.param("attempt", 2, Value("2"), id="a number"),
        pytest.param("attempt", 0, Value("0"), id="nought"),
        pytest.param("reason", None, Value("–", "nothing"), id="null"),
        pytest.param("reason", "", Value("–", "nothing"), id="no text"),
        pytest.param("texts", {}, Value("–", "nothing"), id="an empty document"),
        pytest.param("reasons", [], Value("–", "nothing"), id="an empty list"),
        pytest.param("lot_on_hold", True, Value("yes"), id="true"),
        pytest.param("lot_on_hold", False, Value("no"), id="false"),
        pytest.param("score", 9944, Value("0.9944", says="9944"), id="a score"),
        pytest.param("ocr_margin", -250, Value("-0.0250", says="-250"), id="a margin below nought"),
        pytest.param("logo_score", 0, Value("0.0000", says="0"), id="a score of nought"),
        pytest.param("logo_score", -1, Value("missing", "nothing", "-1"), id="a score that is missing"),
        pytest.param("started_at", "2026-11-20T08:00:00+00:00", Value("2026-11-20T08:00:00+00:00", "time"), id="time"),
        pytest.param("station_id", STATION, Value("AOI 3", says=STATION), id="an id whose name is known"),
        pytest.param("station_id", "0199", Value("0199", "code"), id="an id whose name is not"),
        pytest.param("digest", "\\x3f79", Value("3f79", "code"), id="a digest"),
        pytest.param("evidence_sha256", "3f79", Value("3f79", "code"), id="the digest of what is large"),
        pytest.param("texts", {"date": "2431"}, Value('{"date": "2431"}', "code"), id="a document"),
        pytest.param("reasons", ["UNVERIFIED", "EXTRA_TEXT"], Value("UNVERIFIED, EXTRA_TEXT"), id="a list of words"),
        pytest.param("corners", [[0, 1]], Value("[[0, 1]]", "code"), id="a list of others"),
        pytest.param("reason", "<b>ü😀", Value("<b>ü😀"), id="markup and letters of others"),
        pytest.param("manufacturer_at_home", "x", Value("x"), id="a name that holds what marks a time"),
    ],
)
def test_a_value_is_shown_as_people_read_it(name: str, kept: Any, shown: Value) -> None:
    (change,) = changes(entry({name: "before"}, {name: kept}), NAMES)
    assert change.after == shown


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("state", "State"),
        ("station_id", "Station"),
        ("recipe_version_id", "Recipe version"),
        ("started_at", "Started"),
        ("captured_at", "Taken"),
        ("ocr_score", "OCR score"),
        ("logo_score", "Logo score"),
        ("evidence_sha256", "Evidence (SHA-256)"),
        ("id", "Id"),
        ("x", "X"),
    ],
)
def test_a_column_is_called_by_a_word(name: str, word: str) -> None:
    assert column_word(name) == word


def test_of_a_change_both_sides_are_shown_and_only_what_differs() -> None:
    told = changes(
        entry({"state": "open", "reason": "", "code": "L"}, {"state": "hold", "reason": "R", "code": "L"}), {}
    )
    assert told == (
        Change("state", "State", Value("open"), Value("hold")),
        Change("reason", "Reason", Value("–", "nothing"), Value("R")),
    )


@pytest.mark.parametrize("came", [True, False], ids=["came", "went"])
def test_of_a_row_that_came_or_went_one_side_is_shown_and_only_what_holds_anything(came: bool) -> None:
    row = {"code": "L", "reason": "", "closed_at": None, "logo_score": -1, "attempt": 0}
    told = changes(entry(None, row) if came else entry(row, None), {})
    assert [change.name for change in told] == ["code", "attempt"]
    assert all((change.before is None) is came and (change.after is None) is not came for change in told)


def test_a_column_that_was_not_there_before_is_shown_as_nothing() -> None:
    (change,) = changes(entry({"code": "L"}, {"code": "L", "colour": "red"}), {})
    assert (change.before, change.after) == (Value("–", "nothing"), Value("red"))


def test_where_nothing_differs_there_is_nothing() -> None:
    assert changes(entry({"code": "L"}, {"code": "L"}), {}) == ()
    assert changes(entry(None, None), {}) == ()


def test_a_change_is_told_in_plain_values() -> None:
    (change,) = changes(entry({"state": "open"}, {"state": "hold"}), {})
    assert change.document() == {
        "name": "state",
        "word": "State",
        "before": {"text": "open", "kind": "text", "says": ""},
        "after": {"text": "hold", "kind": "text", "says": ""},
    }
