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


@pytest.mark.parametrize(
    ("expected", "spec", "rival"),
    [
        pytest.param("SN74", ["S", {"N": 0.6}, "7", "4"], "S74", id="one left out"),
        pytest.param("SN74", ["S", "N", {"7": 0.6, "1": 0.3}, "4"], "SN14", id="one other"),
        pytest.param("SN74", ["S", "N", {"0": 0.3}, "7", "4"], "SN074", id="one more"),
        pytest.param("SN74", "SN1234", "SN1234", id="what was read"),
    ],
)
def test_the_rival_is_the_likeliest_other_text(expected: str, spec: Spec, rival: str) -> None:
    assert field_of(expected, spec).rival == rival


def test_what_a_pattern_allows_is_no_rival() -> None:
    field = field_of("{N2}", ["1", {"3": 0.6, "8": 0.36, "B": 0.03}])
    assert field.text == "13"
    assert field.rival == "1B"
    assert field.margin > 0.9


def test_the_margin_of_equals_is_nothing() -> None:
    assert field_of("74", ["7", {"4": 0.48, "A": 0.48}]).margin == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("expected", "read", "legible"),
    [
        pytest.param("ABCDEFGH", "ABCXEF", True, id="three quarters of it, and cut: the end tells nothing, X does"),
        pytest.param("ABCDEFGH", "ABXDE", False, id="less than three quarters"),
        pytest.param("ABCDEFGH", "ABXDEFGH", True, id="all of it"),
    ],
)
def test_a_rival_is_about_as_long(expected: str, read: str, legible: bool) -> None:
    assert field_of(expected, read).legible is legible


@pytest.mark.parametrize(
    ("spec", "legible"),
    [
        pytest.param([*"AB", *"DEFGH"], True, id="nothing at all stands there"),
        pytest.param([*"AB", {"C": 0.45}, *"DEFGH"], False, id="perhaps something stands there"),
    ],
)
def test_a_character_left_out_within_the_text_tells_where_clearly_nothing_stands(spec: Spec, legible: bool) -> None:
    assert field_of("ABCDEFGH", spec).legible is legible


@pytest.mark.parametrize(
    ("expected", "read"),
    [
        pytest.param("SN74LS02N", "174LS02N", id="mangled and cut at the beginning"),
        pytest.param("SN74LS02N", "SN74LS01", id="mangled and cut at the end"),
        pytest.param("74LS02N", "KT74LS02N", id="more before"),
        pytest.param("17DW", "A41", id="nothing in common, and shorter"),
    ],
)
def test_a_mangled_end_tells_nothing(expected: str, read: str) -> None:
    assert not field_of(expected, read).legible


@pytest.mark.parametrize(
    ("expected", "read"),
    [
        pytest.param("SN74LS00N", "SN74LS00M", id="last"),
        pytest.param("SN74LS00N", "XN74LS00N", id="first"),
        pytest.param("43Z", "637", id="all"),
    ],
)
def test_a_clear_other_character_tells_wherever_it_stands(expected: str, read: str) -> None:
    assert field_of(expected, read).rivalled


def test_a_line_read_twice_over_is_joined() -> None:
    match = Match(0, (0, 1), (forms(pattern("ABCD").places)[0],))
    made = Case([folded(line("AB")), folded(line("CD"))], match)
    scored = dict(zip(made.hypotheses, score(made.hypotheses), strict=True))
    field = judge(made, [ExpectedLine("ABCD")], scored)[0]
    assert field.score > 0.9
    assert field.lines == (0, 1)


def test_the_confidences_are_those_of_the_text() -> None:
    field = field_of("SN74", ["S", "N", "7", {"4": 0.6, "A": 0.3}])
    assert len(field.confidences) == len(field.text) == len(field.places) == 4
    assert field.confidences[3] == min(field.confidences) == pytest.approx(field.score)
