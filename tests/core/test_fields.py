from __future__ import annotations

import numpy as np
import pytest

from core.alignment import Form
from core.assignment import Match, forms
from core.fields import BEYOND, CERTAIN, CLEAR, STEADY, Case, Field, gap, gap_weights, judge, unfound
from core.folding import folded
from core.lattice import score
from core.patterns import SYMBOL, Place, pattern
from core.recipe import ExpectedLine
from tests.core.marks import Spec, line


def case(expected: str, spec: Spec, which: int = 0) -> Case:
    return Case([folded(line(spec))], Match(0, (0,), (forms(pattern(expected).places)[which],)))


def field_of(expected: str, spec: Spec, which: int = 0) -> Field:
    made = case(expected, spec, which)
    scored = dict(zip(made.hypotheses, score(made.hypotheses), strict=True))
    return judge(made, [ExpectedLine(expected)], scored)[0]


def test_thresholds_are_in_order() -> None:
    assert 0 < BEYOND < CERTAIN < STEADY < CLEAR < 1


LETTER = Place(frozenset("A"))


@pytest.mark.parametrize(
    ("form", "weights"),
    [
        pytest.param(Form((LETTER, LETTER)), [BEYOND, 1.0, BEYOND], id="text alone"),
        pytest.param(Form((SYMBOL, LETTER, LETTER)), [BEYOND, BEYOND, 1.0, BEYOND], id="a symbol before"),
        pytest.param(Form((LETTER, SYMBOL)), [BEYOND, BEYOND, BEYOND], id="a symbol after"),
        pytest.param(Form((LETTER, LETTER), frozenset({1})), [BEYOND, 0.0, BEYOND], id="a symbol left out between"),
        pytest.param(Form((LETTER,), frozenset({1})), [BEYOND, 0.0], id="a symbol left out at the end"),
    ],
)
def test_one_more_character_weighs_by_where_it_stands(form: Form, weights: list[float]) -> None:
    assert gap_weights(form).tolist() == weights


@pytest.mark.parametrize(
    ("expected", "read", "differences"),
    [
        pytest.param("SN74", "SN74", "", id="none"),
        pytest.param("SN74", "SN75", "5", id="one other"),
        pytest.param("SN74", "SN7", ".", id="one less"),
        pytest.param("SN74", "SN774", "7", id="one more"),
        pytest.param("SN74 E4", "SN74E", "", id="half a finish code"),
        pytest.param("SN74 E4", "SN74E45", "5", id="more than a finish code"),
        pytest.param("SN74 E4", "SN745E4", "4", id="one more before a finish code"),
    ],
)
def test_differences_leave_symbols_out(expected: str, read: str, differences: str) -> None:
    assert "".join(column.read or "." for column in case(expected, read).differences) == differences


def test_a_gap_is_told_by_the_places_before_it() -> None:
    made = case("AB", "ACB")
    assert [gap(made.alignment, column) for column in made.alignment] == [0, 1, 1]


@pytest.mark.parametrize(
    ("spec", "rivalled"),
    [
        pytest.param([*"SN7", {"9": 0.95}], True, id="clear"),
        pytest.param([*"SN7", {"9": 0.85, "4": 0.1}], False, id="not clear"),
        pytest.param([{"S": 0.75, "B": 0.2}, *"N79"], True, id="steady elsewhere"),
        pytest.param([{"S": 0.6, "B": 0.35}, *"N79"], False, id="unsteady elsewhere"),
    ],
)
def test_only_what_is_read_beyond_doubt_is_a_rival(spec: Spec, rivalled: bool) -> None:
    assert field_of("SN74X", [*spec, "X"]).rivalled is rivalled


@pytest.mark.parametrize(("four", "legible"), [(0.55, True), (0.45, False)])
def test_the_expected_text_is_legible_where_likelier_than_not(four: float, legible: bool) -> None:
    assert field_of("74", ["7", {"4": four, "A": 0.95 - four}]).legible is legible


def test_each_line_of_a_row_has_its_own_part() -> None:
    match = Match(0, (0,), (forms(pattern("AB").places)[0], forms(pattern("CD").places)[0]))
    made = Case([folded(line([*"AB", {"C": 0.7, "G": 0.25}, "D"]))], match)
    scored = dict(zip(made.hypotheses, score(made.hypotheses), strict=True))
    first, second = judge(made, [ExpectedLine("AB"), ExpectedLine("CD")], scored)
    assert (first.read, second.read) == ("AB", "CD")
    assert first.score > 0.9 > second.score
    assert (first.text, second.text) == ("AB", "CD")


@pytest.mark.parametrize(
    ("expected", "shown"),
    [
        pytest.param("20B5XBL", "20B5XBL", id="symbols that the recipe does not name are left out"),
        pytest.param("20B5XBL E4", "20B5XBLE4", id="those that it names are shown"),
    ],
)
def test_symbols_show_where_the_recipe_names_them(expected: str, shown: str) -> None:
    assert field_of(expected, "20B5XBL E4", which=-1 if "E4" not in expected else 0).read == shown


def test_an_unfound_line_shows_what_was_expected() -> None:
    field = unfound(ExpectedLine("{YYWW}X"))
    assert [column.expected for column in field.alignment] == ["?", "?", "?", "?", "X"]
    assert field.read == ""
    assert not field.rivalled


def test_an_impossible_text_scores_nothing_without_a_warning() -> None:
    field = field_of("ABCDEFGHIJKLMNOP", "A")
    assert field.score == pytest.approx(0, abs=1e-6)
    assert field.margin == pytest.approx(-1)
    assert np.isfinite(field.score)
