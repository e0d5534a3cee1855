"""What a unit says where its recipe leaves it open, and when that makes its lot a mixed one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fields import Field
from core.inspection import judge
from core.lot_marks import OpenText, counted_together, differ, mixed, open_texts
from core.lot_texts import LotTexts, bound
from core.reasons import Reason
from core.recipe import Recipe
from tests.core.marks import Spec, mark, recipe

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def fields(judging: Recipe, *lines: Spec) -> tuple[Field, ...]:
    return judge(mark(*lines), judging, captured_at=NOW).fields


@pytest.mark.parametrize(
    ("expected", "read", "text"),
    [
        pytest.param("{YYWW}XBL", "1932XBL", "1932", id="the date alone"),
        pytest.param("A{N2}-{A2}B", "A12-XYB", "12XY", id="open places apart"),
        pytest.param("{lot:X5}", "AB12C", "AB12C", id="a lot code that is not bound"),
        pytest.param("SN74LS00N", "SN74LS00N", None, id="literal text says nothing of its own"),
        pytest.param("{YYWW}XBL", "1932XCL", None, id="what contradicts the recipe is told otherwise"),
    ],
)
def test_open_places_are_what_units_may_differ_in(expected: str, read: str, text: str | None) -> None:
    found = open_texts(fields(recipe(expected), read))
    assert found == (() if text is None else (OpenText(expected, text),))


def test_what_the_lot_binds_is_not_compared() -> None:
    judging = bound(recipe("{YYWW}{X3}"), LotTexts(date="1932"))
    assert open_texts(fields(judging, "1932XBL")) == (OpenText("1932{X3}", "XBL"),)


def test_lines_of_the_same_pattern_are_told_apart() -> None:
    found = open_texts(fields(recipe("LOT {N4}", "LOT {N4}"), "LOT 1234", "LOT 5678"))
    assert found == (OpenText("LOT {N4}", "1234"), OpenText("LOT {N4} (2)", "5678"))


def test_what_is_not_read_beyond_doubt_does_not_count() -> None:
    judged = judge(mark(["1", {"9": 0.85}, *"32XBL"]), recipe("{YYWW}XBL"), captured_at=NOW)
    assert judged.fields[0].found
    assert open_texts(judged.fields) == ()


ZERO_OR_O = {"0": 0.905, "O": 0.09}
"""As a real 0 of a laser font is read: the one doubt is whether it is the letter."""


@pytest.mark.parametrize(
    ("read", "text"),
    [
        pytest.param([*"SN74LS", ZERO_OR_O, ZERO_OR_O, "N"], "00", id="0 or O"),
        pytest.param([*"SN74LS", {"0": 0.6, "O": 0.3, "Q": 0.09}, "2", "N"], "02", id="0 or any of its shape"),
        pytest.param([*"SN74LS", {"D": 0.6, "Q": 0.38}, "2", "N"], "D2", id="tied through a third"),
        pytest.param([*"SN74LS", {"0": 0.905, "9": 0.09}, "0", "N"], None, id="0 or 9"),
        pytest.param([*"SN74LS", {"0": 0.85, "O": 0.05, "9": 0.08}, "0", "N"], None, id="0 or O, or 9 after all"),
        pytest.param([*"SN74LS", ZERO_OR_O, {"0": 0.1}, "0", "N"], None, id="0 or O, or one more"),
        pytest.param([*"SN74LS", ZERO_OR_O, {"2": 0.945, "7": 0.05}, "N"], None, id="0 or O, and the rest less clear"),
        pytest.param([*"SN74LS", "0", {"2": 0.945, "7": 0.05}, "N"], "02", id="the rest less clear, alone"),
    ],
)
def test_a_doubt_between_look_alikes_alone_is_none(read: Spec, text: str | None) -> None:
    found = open_texts(fields(recipe("SN74LS{X2}N"), read))
    assert found == (() if text is None else (OpenText("SN74LS{X2}N", text),))


def test_another_part_among_many_is_told_though_its_zeros_may_be_letters() -> None:
    (own,) = open_texts(fields(recipe("SN74LS{X2}N"), [*"SN74LS", ZERO_OR_O, ZERO_OR_O, "N"]))
    assert mixed(own, {"02": 9, "O2": 2}) is not None
    assert mixed(own, {"0O": 9, "QD": 2}) is None


def test_a_line_not_found_says_nothing() -> None:
    assert open_texts(fields(recipe("SN74LS00N", "{YYWW}"), "SN74LS00N")) == ()


OWN = OpenText("{YYWW}", "2431")


@pytest.mark.parametrize(
    ("seen", "is_mixed"),
    [
        pytest.param({}, False, id="the first unit"),
        pytest.param({"2431": 9}, False, id="as all others"),
        pytest.param({"2432": 1}, True, id="one other says something else"),
        pytest.param({"2431": 1, "2432": 1}, False, id="as many say this as that"),
        pytest.param({"2431": 1, "2432": 2}, True, id="more say that"),
        pytest.param({"2431": 5, "2432": 4, "2433": 4}, False, id="several others, each of them rarer"),
        pytest.param({"243I": 9}, False, id="what readers cannot tell apart is no difference"),
        pytest.param({"24310": 9}, True, id="another length"),
    ],
)
def test_a_unit_is_mixed_in_where_more_say_something_else(seen: dict[str, int], is_mixed: bool) -> None:
    told = mixed(OWN, seen)
    assert (told is not None) is is_mixed
    if told is not None:
        assert told.reason is Reason.MIXED_LOT
        assert all(word in told.words for word in ("different mark", "2431", str(max(seen.values()))))


COUNTS = st.dictionaries(st.text("01AB", min_size=2, max_size=2), st.integers(1, 9), max_size=4)


@pytest.mark.parametrize(
    ("seen", "together"),
    [
        pytest.param({}, {}, id="none"),
        pytest.param({"00": 2, "0O": 3, "02": 4}, {"0O": 5, "02": 4}, id="under the commonest"),
        pytest.param({"0O": 2, "00": 2}, {"00": 4}, id="as many of both"),
        pytest.param({"D": 1, "Q": 2}, {"Q": 3}, id="tied through a third"),
        pytest.param({"0": 1, "00": 1}, {"0": 1, "00": 1}, id="another length"),
    ],
)
def test_units_that_look_alike_are_counted_together(seen: dict[str, int], together: dict[str, int]) -> None:
    assert counted_together(seen) == together
    assert counted_together(together) == together


def test_others_that_look_alike_outvote_a_unit_together() -> None:
    told = mixed(OpenText("{X2}", "02"), {"02": 3, "00": 2, "0O": 2})
    assert told is not None
    assert "00 on 4" in told.words


@given(COUNTS, st.text("01AB", min_size=2, max_size=2))
def test_more_units_of_its_kind_never_make_a_unit_mixed_in(seen: dict[str, int], text: str) -> None:
    own = OpenText("{X2}", text)
    more = seen | {text: seen.get(text, 0) + 1}
    assert mixed(own, more) is None or mixed(own, seen) is not None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("AB", "AB", False), ("A0", "AO", False), ("A0", "B0", True), ("A", "AA", True), ("D", "Q", False)],
)
def test_texts_differ_by_what_can_be_told_apart(one: str, other: str, expected: bool) -> None:
    assert differ(one, other) is differ(other, one) is expected
