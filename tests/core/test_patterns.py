from __future__ import annotations

import pytest

from core.patterns import MAX_PLACES, PatternInvalid, fold, normalise, pattern


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        pytest.param("SN74LS00N", "SN74LS00N", id="plain"),
        pytest.param("sn74ls00n", "SN74LS00N", id="case"),
        pytest.param(" HLF®  1918 ", "HLF1918", id="spaces and symbols"),
        pytest.param("+786AB", "786AB", id="plus"),
        pytest.param("L.M.3·2°4™", "LM324", id="dots and degrees"),
        pytest.param("25Q16-JV/S", "25Q16-JV/S", id="dashes and slashes stay"),
        pytest.param("", "", id="empty"),
        pytest.param("straße", "STRAßE", id="upper case that would be two characters stays"),
        pytest.param("A\u3000B\nC", "ABC", id="any white space"),
    ],
)
def test_normalising_drops_what_takes_no_place(text: str, normal: str) -> None:
    assert normalise(text) == normal


def test_folding_twice_changes_nothing() -> None:
    assert all(fold(fold(chr(code))) == fold(chr(code)) for code in range(1, 0x500) if fold(chr(code)))


@pytest.mark.parametrize(
    ("text", "matching", "other"),
    [
        pytest.param("74LS00", "74LS00", "74LS06", id="literal"),
        pytest.param("{YYWW}XBL", "1932XBL", "19E2XBL", id="date code"),
        pytest.param("{YYWW}", "1959", "1960", id="no week begins with a digit over 5"),
        pytest.param("{YY}-{WW}", "19-32", "1932", id="parts of a date"),
        pytest.param("{Y}{A}", "7B", "B7", id="year digit and letter"),
        pytest.param("{A3}", "ABC", "AB1", id="letters"),
        pytest.param("{N4}", "1234", "123", id="digits, exactly so many"),
        pytest.param("{X5}", "9UGH2", "9UGH-", id="letters and digits"),
        pytest.param("{N}{N2}", "123", "12", id="one after another"),
        pytest.param("A{{B", "A{B", "AB", id="a brace"),
        pytest.param("LOT {lot:X5}", "LOTAB12C", "LOTAB12", id="the lot's code"),
        pytest.param("{trace:N}{trace:A2}", "7XY", "XY7", id="the trace code, in pieces"),
    ],
)
def test_pattern_matches_place_by_place(text: str, matching: str, other: str) -> None:
    assert pattern(text).matches(matching)
    assert not pattern(text).matches(other)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{Q}", "unknown pattern {Q}", id="unknown"),
        pytest.param("{}", "unknown pattern {}", id="empty braces"),
        pytest.param("{serial:X5}", "known are .*{lot:X} and {trace:X}", id="a name that lots have none of"),
        pytest.param("{lot}", "unknown pattern", id="a name alone"),
        pytest.param("{lot:S}", "unknown pattern", id="a symbol is no lot code"),
        pytest.param("{lot:YYWW}", "unknown pattern", id="nor is a date"),
        pytest.param("{lot:X33}", "at most 32", id="count too great for a name"),
        pytest.param("{yyww}", "unknown pattern", id="lower case is unknown"),
        pytest.param("{X0}", "unknown pattern", id="count of none"),
        pytest.param("{X33}", "at most 32", id="count too great"),
        pytest.param("A}", "lone '}' at 1", id="lone closing brace"),
        pytest.param("A{B", "lone '{' at 1", id="lone opening brace"),
        pytest.param("  ® ", "at least one character", id="nothing that takes a place"),
        pytest.param("", "at least one character", id="empty"),
        pytest.param("{X32}{X17}", f"at most {MAX_PLACES}", id="too long"),
    ],
)
def test_what_is_no_pattern_is_refused_with_a_reason(text: str, message: str) -> None:
    with pytest.raises(PatternInvalid, match=message.replace("{", r"\{").replace("}", r"\}")):
        pattern(text)


@pytest.mark.parametrize(
    ("text", "counting"),
    [
        pytest.param("19E9XBL E4", "19E9XBL", id="at the end"),
        pytest.param("E3 19E9XBL", "19E9XBL", id="at the beginning"),
        pytest.param("19E9XBLE4", "19E9XBLE4", id="not standing alone"),
        pytest.param("e3", "E3", id="a line of nothing else counts"),
        pytest.param("E4 G3", "E4G3", id="a line of two of them counts"),
    ],
)
def test_a_finish_code_standing_alone_does_not_count(text: str, counting: str) -> None:
    places = pattern(text).places
    assert "".join(next(iter(place.choices)) for place in places if place.counts) == counting


def test_fixed_patterns_have_one_text() -> None:
    assert pattern("SN74LS00N").fixed
    assert not pattern("{YYWW}").fixed


def test_literal_shows_classes_as_question_marks() -> None:
    assert pattern("A{N2}-b").literal == "A??-B"


def test_date_places_know_their_part() -> None:
    assert [place.date for place in pattern("{YYWW}{Y}X").places] == ["YY", "YY", "WW", "WW", "Y", ""]


def test_the_longest_line_is_allowed() -> None:
    assert len(pattern("{X32}{X16}")) == MAX_PLACES


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        pytest.param("HLF® 1808", 1, id="registered"),
        pytest.param("HLF™ 1808", 1, id="trade mark"),
        pytest.param("+786AB", 1, id="plus"),
        pytest.param("{S}{S}74LS00", 2, id="named"),
        pytest.param("A.B C*D", 0, id="dots, spaces and stars are nothing at all"),
        pytest.param("19E9XBL E4 G3", 4, id="finish codes"),
    ],
)
def test_symbols_have_places_that_do_not_count(text: str, symbols: int) -> None:
    assert sum(not place.counts for place in pattern(text).places) == symbols


def test_symbols_leave_a_text_fixed() -> None:
    assert pattern("HLF® 1808").fixed
    assert pattern("19E9XBL E4").fixed


@pytest.mark.parametrize("text", ["{A}", "{N}", "{X}"])
def test_a_count_of_one_may_be_left_out(text: str) -> None:
    assert len(pattern(text)) == len(pattern(text.replace("}", "1}"))) == 1
