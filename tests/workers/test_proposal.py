"""What is proposed from a reading: what was read, with its part number named and its date code opened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.patterns import normalise
from core.recipe import Recipe
from workers.proposal import propose

NOW = datetime(2026, 3, 5, tzinfo=UTC)


def evidence(*texts: str, confidence: float = 0.9) -> dict[str, Any]:
    return {"lines": [{"text": text, "confidence": confidence} for text in texts]}


def lines(*texts: str, captured_at: datetime = NOW) -> list[str]:
    document = propose(evidence(*texts), captured_at=captured_at)
    return [line["text"] for line in document["variants"][0]["lines"]]


@pytest.mark.parametrize(
    ("texts", "proposed"),
    [
        pytest.param(("MC74HC32AN", "FFFG9203"), ["MC74HC32AN", "FFFG{YYWW}"], id="behind letters"),
        pytest.param(("2019XBL", "SN74LS00N"), ["{YYWW}XBL", "SN74LS00N"], id="before letters"),
        pytest.param(("LM358N", "9852"), ["LM358N", "{YYWW}"], id="alone"),
        pytest.param(("LM358N", "AB 9852 C"), ["LM358N", "AB {YYWW} C"], id="within a line"),
        pytest.param(("LM358N", "9852", "9853"), ["LM358N", "{YYWW}", "9853"], id="the first of two"),
        pytest.param(("LM358N", "9852 9853"), ["LM358N", "{YYWW} 9853"], id="the first of two in a line"),
        pytest.param(("LM358N", "7432"), ["LM358N", "7432"], id="a logic part looks like 1974"),
        pytest.param(("LM358N", "8001"), ["LM358N", "{YYWW}"], id="the first year"),
        pytest.param(("LM358N", "9800"), ["LM358N", "9800"], id="week 0"),
        pytest.param(("LM358N", "9853"), ["LM358N", "{YYWW}"], id="week 53"),
        pytest.param(("LM358N", "9854"), ["LM358N", "9854"], id="week 54"),
        pytest.param(("LM358N", "2610"), ["LM358N", "{YYWW}"], id="this week"),
        pytest.param(("LM358N", "2611"), ["LM358N", "2611"], id="next week"),
        pytest.param(("LM358N", "20190"), ["LM358N", "20190"], id="five digits are no date"),
        pytest.param(("LM358N", "A{9852}"), ["LM358N", "A{{{YYWW}"], id="braces are text"),
        pytest.param(("9852",), ["{YYWW}"], id="a date alone"),
    ],
)
def test_a_plausible_date_code_becomes_a_pattern(texts: tuple[str, ...], proposed: list[str]) -> None:
    assert lines(*texts) == proposed


@pytest.mark.parametrize(
    ("texts", "part_number"),
    [
        pytest.param(("2019XBL", "SN74LS00N"), "SN74LS00N", id="below the date"),
        pytest.param(("DALLAS", "18B20", "1932C4", "+786AB"), "18B20", id="the topmost of equals"),
        pytest.param(("TEXAS INSTRUMENTS", "LM358N"), "LM358N", id="not the maker"),
        pytest.param(("FFFG9203",), "FFFG9203", id="a dated line when there is no other"),
        pytest.param(("MOTOROLA", "12345"), "", id="none mixes letters and digits"),
    ],
)
def test_the_part_number_is_found(texts: tuple[str, ...], part_number: str) -> None:
    assert propose(evidence(*texts), captured_at=NOW)["part_number"] == part_number


def test_it_is_named_after_the_part_or_as_asked() -> None:
    assert propose(evidence("LM358N"), captured_at=NOW)["name"] == "LM358N"
    assert propose(evidence("MOTOROLA"), captured_at=NOW)["name"] == "MOTOROLA"
    assert propose(evidence("LM358N"), captured_at=NOW, name="my part")["name"] == "my part"


@pytest.mark.parametrize(
    "read",
    [
        pytest.param({}, id="no lines at all"),
        pytest.param(evidence(), id="no line"),
        pytest.param(evidence("LM358N", confidence=0.1), id="guesses alone"),
        pytest.param(evidence("-", "A", " "), id="specks"),
    ],
)
def test_nothing_well_read_is_no_recipe(read: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="nothing was read well enough"):
        propose(read, captured_at=NOW)


def test_guesses_and_specks_are_left_out() -> None:
    read = evidence("LM358N", "-", "*1")
    read["lines"].append({"text": "GUESS1", "confidence": 0.2})
    [variant] = propose(read, captured_at=NOW)["variants"]
    assert [line["text"] for line in variant["lines"]] == ["LM358N"]


@pytest.mark.parametrize(
    ("text", "lot", "proposed"),
    [
        pytest.param("LOT AB12C", "AB12C", "LOT {lot:X5}", id="as it is called"),
        pytest.param("Lot ab12c 1932", "AB 12C", "Lot {lot:X5} {YYWW}", id="in other letters, beside a date"),
        pytest.param("1932AB12CX", "AB12C", "{YYWW}{lot:X5}X", id="within a line"),
        pytest.param("L AB12", "AB13", "L AB12", id="another lot"),
        pytest.param("L A1", "A1", "L A1", id="too short to be told from chance"),
        pytest.param("L AB-12", "AB-12", "L AB-12", id="no code that a place could hold"),
        pytest.param("A YYWW B 1932", "YYWW", "A {lot:X4} B {YYWW}", id="a lot called like a pattern"),
        pytest.param("LM358N", "LM358N", "LM358N", id="never the part number"),
    ],
)
def test_the_lots_code_becomes_its_place(text: str, lot: str, proposed: str) -> None:
    [variant] = propose(evidence("LM358N", text), captured_at=NOW, lot=lot)["variants"]
    assert variant["lines"][1]["text"] == proposed


ANY_TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
LIKE_A_MARK = st.text("ABCX19052 {®E4", min_size=2, max_size=14)


@given(st.lists(ANY_TEXT | LIKE_A_MARK, max_size=14), st.sampled_from(["", "ABC"]))
def test_whatever_was_read_makes_a_recipe_that_would_accept_it_or_none(texts: list[str], lot: str) -> None:
    read = [text.replace("}", "") for text in [*texts, *(["X" + lot] if lot else [])]]
    try:
        document = propose(evidence(*read), captured_at=NOW, lot=lot)
    except ValueError as refused:
        assert "nothing was read well enough" in str(refused)  # noqa: PT017 - either will do, each as it should be
        return
    [variant] = Recipe.from_document(document).variants
    texts_read = [normalise("".join(filter(str.isprintable, text))) for text in read]
    for line in variant.lines:
        symbols = not all(place.counts for place in line.pattern.places)
        assert symbols or any(line.pattern.matches(text) for text in texts_read)
