from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alignment import Form, align, distance, form
from core.patterns import DIGITS, Place, pattern

TEXT = st.text("ABC1", max_size=9)
FIXED = st.text("ABC1", min_size=1, max_size=9)


def fixed(text: str) -> Form:
    return Form(tuple(Place(frozenset(character)) for character in text))


def levenshtein(one: str, other: str) -> int:
    """The textbook's way, to hold the quick one against."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]


@given(FIXED, TEXT)
def test_distance_is_the_edit_distance(expected: str, read: str) -> None:
    assert distance(fixed(expected), read) == levenshtein(expected, read)


@given(FIXED, TEXT)
def test_an_alignment_costs_what_the_distance_says_and_loses_nothing(expected: str, read: str) -> None:
    columns = align(fixed(expected), read)
    assert sum(not column.ok for column in columns) == levenshtein(expected, read)
    assert "".join(column.expected or "" for column in columns) == expected
    assert "".join(column.read or "" for column in columns) == read
    assert [column.place for column in columns if column.place is not None] == list(range(len(expected)))
    assert [column.at for column in columns if column.at is not None] == list(range(len(read)))


@pytest.mark.parametrize(
    ("expected", "read", "away"),
    [
        pytest.param("{YYWW}XBL", "1932XBL", 0, id="a pattern admits what matches"),
        pytest.param("{YYWW}XBL", "19E2XBL", 1, id="and no other"),
        pytest.param("{X3}", "", 3, id="nothing read"),
        pytest.param("A", "XAX", 2, id="more read"),
    ],
)
def test_distance_to_a_pattern(expected: str, read: str, away: int) -> None:
    assert distance(form(pattern(expected)), read) == away


def test_distance_from_no_places_is_what_was_read() -> None:
    assert distance(Form(()), "ABC") == 3


def shown(expected: str, read: str) -> tuple[str, str]:
    columns = align(form(pattern(expected)), read)
    return "".join(c.expected or "." for c in columns), "".join(c.read or "." for c in columns)


@pytest.mark.parametrize(
    ("expected", "read", "above", "below"),
    [
        pytest.param("SN74LS00N", "SN74LS06N", "SN74LS00N", "SN74LS06N", id="one other character"),
        pytest.param("SN74LS00N", "SN74LS0N", "SN74LS00N", "SN74LS.0N", id="one less"),
        pytest.param("SN74LS02N", "N74LS02N", "SN74LS02N", ".N74LS02N", id="cut at the beginning"),
        pytest.param("MC74HC32AN", "MC74", "MC74HC32AN", "MC74......", id="cut at the end"),
        pytest.param("M040960", "MM040960", ".M040960", "MM040960", id="one more is rather at an end"),
        pytest.param("AA1409R", "ARMAA1409R", "...AA1409R", "ARMAA1409R", id="a word before"),
        pytest.param("FFFG{YYWW}", "FFFG92", "FFFG92??", "FFFG92..", id="places of a pattern show as question marks"),
        pytest.param("{N2}", "A5", "?5", "A5", id="a place that admits not what was read"),
        pytest.param("AB", "", "AB", "..", id="nothing read"),
    ],
)
def test_characters_stand_under_each_other(expected: str, read: str, above: str, below: str) -> None:
    got = shown(expected, read)
    assert got[0].replace(".", "") == above.replace(".", "")
    assert len(got[0]) == len(above)
    if expected != "SN74LS00N":
        assert got == (above, below)


def test_form_admits_by_place() -> None:
    digits = Form((Place(DIGITS), Place(frozenset("A"))))
    assert digits.admits("7A")
    assert not digits.admits("A7")
    assert not digits.admits("7")
