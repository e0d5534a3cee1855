from __future__ import annotations

import pytest

from core.alignment import Form
from core.assignment import MERGED, NEARLY_NOTHING, WRONG, Row, assign, forms, merged, row
from core.patterns import normalise, pattern


def assigned(expected: list[str], read: list[str]) -> dict[int, tuple[int, ...]]:
    """Which read lines each expected line was given, by index."""
    rows = [row(normalise(raw), raw) for raw in read]
    found = assign([forms(pattern(text).places) for text in expected], rows)
    return {match.first + extra: match.read for match in found.matches for extra in range(len(match.forms))}


@pytest.mark.parametrize(
    ("expected", "read", "given"),
    [
        pytest.param(["19E9XBL", "SN74LS00N"], ["19E9XBL", "SN74LS00N"], {0: (0,), 1: (1,)}, id="one to one"),
        pytest.param(["19E9XBL", "SN74LS00N"], ["SN74LS00N"], {1: (0,)}, id="one not found"),
        pytest.param(["SN74LS00N"], ["KOREA", "SN74LS00N", "E4"], {0: (1,)}, id="more read than expected"),
        pytest.param(["STM32F", "103C8T6"], ["STM32F 103C8T6"], {0: (0,), 1: (0,)}, id="two read as one row"),
        pytest.param(["STM32F103C8T6"], ["STM32F", "103C8T6"], {0: (0, 1)}, id="one read as two rows"),
        pytest.param(
            ["AB123", "STM32F", "103C8T6", "CHN 632"],
            ["AB123", "STM32F 103C8T6", "CHN632"],
            {0: (0,), 1: (1,), 2: (1,), 3: (2,)},
            id="a merger among others",
        ),
        pytest.param(["SN74LS00N"], ["HD14001BP"], {0: (0,)}, id="another text in its place"),
        pytest.param(["19E9XBL", "SN74LS00N"], ["SN74LS00N", "19E9XBL"], {1: (0,)}, id="order is kept"),
        pytest.param(["SN74LS00N"], [], {}, id="nothing read"),
        pytest.param(["A", "B", "C"], ["A", "C"], {0: (0,), 2: (1,)}, id="a gap in the middle"),
        pytest.param(["19E9XBL", "SN74LS00N"], ["4", "19E9XBL", "SN74LS02N"], {0: (1,), 1: (2,)}, id="a scrap first"),
    ],
)
def test_lines_find_each_other(expected: list[str], read: list[str], given: dict[int, tuple[int, ...]]) -> None:
    assert assigned(expected, read) == given


def texts(text: str) -> set[str]:
    return {"".join(min(place.choices) if place.counts else "*" for place in form.places) for form in _forms(text)}


def _forms(text: str) -> tuple[Form, ...]:
    return forms(pattern(text).places)


def test_a_finish_code_may_be_read_or_not() -> None:
    assert texts("19E9XBL E4") == {"19E9XBL**", "19E9XBL"}


def test_a_finish_code_may_follow_where_none_is_named() -> None:
    assert {len(form) for form in _forms("19E9XBL")} == {7, 8, 9}


def test_a_symbol_left_out_leaves_its_gap() -> None:
    assert {(len(form), form.symbols) for form in _forms("HLF® 1808")} == {
        (8, frozenset()),
        (7, frozenset({3})),
    }


def test_many_symbols_do_not_make_too_many_forms() -> None:
    assert len(_forms("{S}A{S}B{S}C{S}D{S}E{S}F")) <= 8


def given_form(expected: str, read: str) -> Form:
    found = assign([forms(pattern(expected).places)], [row(normalise(read), read)])
    return found.matches[0].form


@pytest.mark.parametrize(
    ("expected", "read", "counting"),
    [
        pytest.param("19E9XBL", "19E9XBL E4", 7, id="finish code read"),
        pytest.param("20B5XBL", "4 20B5XBL", 7, id="logo before a space"),
        pytest.param("20B5XBL E4", "49 20B5XBLE4", 7, id="logo of two, and finish code"),
    ],
)
def test_symbols_beside_a_text_do_not_count(expected: str, read: str, counting: int) -> None:
    form = given_form(expected, read)
    assert len(form) == len(normalise(read))
    assert sum(place.counts for place in form.places) == counting


@pytest.mark.parametrize(
    ("raw", "lead"),
    [
        pytest.param("4 20B5XBL", 1, id="one character"),
        pytest.param("49 20B5XBL", 2, id="two"),
        pytest.param("KK8 440", 0, id="three are text"),
        pytest.param("20B5XBL", 0, id="no space"),
        pytest.param("® 1808", 0, id="an ignored sign"),
        pytest.param(" 4 ", 0, id="nothing after"),
        pytest.param("", 0, id="nothing"),
    ],
)
def test_what_stands_before_an_early_space_may_be_a_logo(raw: str, lead: int) -> None:
    assert row(normalise(raw), raw) == Row(normalise(raw), lead)


@pytest.mark.parametrize(
    ("expected", "read", "given"),
    [
        pytest.param(["ABCDEFGH", "12"], ["ABCDEFGH"], {0: (0,)}, id="no merger for a line that is not there"),
        pytest.param(["ABCD"], ["ABCD", "EFGHIJKL"], {0: (0,)}, id="no merger with another line"),
        pytest.param(["ABCD", "EFGH"], ["ABCD", "EFGH"], {0: (0,), 1: (1,)}, id="no merger where none is needed"),
        pytest.param(["ABCD", "EFGH"], ["4 ABCDEFGH"], {0: (0,), 1: (0,)}, id="a merger after a logo"),
        pytest.param(["AB", "CD", "EF"], ["ABCD", "EF"], {0: (0,), 1: (0,), 2: (1,)}, id="a merger, then a line"),
        pytest.param(["AB", "CDEF"], ["AB", "CD", "EF"], {0: (0,), 1: (1, 2)}, id="a line, then two rows"),
        pytest.param(["AB", "CD"], ["ABCD"], {0: (0,), 1: (0,)}, id="a merger of short lines"),
        pytest.param(["ABC", "DE"], ["4 ABCDE"], {0: (0,), 1: (0,)}, id="both lines of a merger after a logo"),
        pytest.param(["ABCDE"] * 2, ["ABCDE"], {0: (0,)}, id="the same line twice, found once"),
    ],
)
def test_a_merger_is_made_only_where_it_explains_more(
    expected: list[str], read: list[str], given: dict[int, tuple[int, ...]]
) -> None:
    found = assigned(expected, read)
    assert sorted(found.values()) == sorted(given.values())
    if expected[0] != expected[-1]:
        assert found == given


def gain_of(expected: list[str], read: list[str]) -> float:
    rows = [row(normalise(raw), raw) for raw in read]
    return assign([forms(pattern(text).places) for text in expected], rows).gain


def test_the_gain_is_what_is_explained() -> None:
    assert gain_of(["SN74LS00N"], ["SN74LS00N"]) == 9
    assert gain_of(["SN74LS00N"], ["SN74LS06N"]) == 9 - 1 - WRONG
    assert gain_of(["SN74LS00N"], []) == 0
    assert gain_of(["AB", "CD"], ["ABCD"]) == 4 - MERGED


def test_symbols_gain_nothing() -> None:
    assert gain_of(["19E9XBL E4"], ["19E9XBLE4"]) == gain_of(["19E9XBL E4"], ["19E9XBL"]) == 7


def test_lines_with_nothing_in_common_are_still_put_together() -> None:
    assert gain_of(["ABC"], ["XYZ"]) == NEARLY_NOTHING


def test_a_row_knows_the_forms_of_its_lines() -> None:
    found = assign([forms(pattern(text).places) for text in ("AB", "CD E4")], [row("ABCDE4", "AB CD E4")])
    match = found.matches[0]
    assert [len(form) for form in match.forms] == [2, 4]
    assert len(match.form) == 6
    assert [place.counts for place in match.form.places] == [True, True, True, True, False, False]


def test_gaps_of_symbols_move_along_in_a_row() -> None:
    left, right = forms(pattern("AB").places)[0], forms(pattern("C®D").places)[1]
    assert merged((left, right)).symbols == frozenset({3})
