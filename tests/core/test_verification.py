from __future__ import annotations

import pytest

from core.fields import Field
from core.verification import Verification, verify
from tests.core.marks import Spec, mark, recipe, variant


def checked(expected: str, *lines: Spec, emissions: bool = True) -> Field:
    return verify(mark(*lines, emissions=emissions), recipe(expected)).fields[0]


EITHER = pytest.mark.parametrize("raw", [True, False], ids=["with emissions", "characters alone"])


@EITHER
@pytest.mark.parametrize(
    ("expected", "spec"),
    [
        pytest.param("SN74LS00N", "SN74LS00N", id="the text itself"),
        pytest.param("SN74LS00N", "sn74 ls00n", id="case and spaces"),
        pytest.param("HLF® 1808", "HLF 1808", id="a symbol not read"),
        pytest.param("HLF® 1808", "HLFO 1808", id="a symbol read as a letter"),
        pytest.param("19E9XBL E4", "19E9XBL", id="a finish code not read"),
        pytest.param("19E9XBL", "19E9XBL E4", id="a finish code read"),
        pytest.param("19E9XBL E4", "19E9XBL G3", id="a finish code read as another"),
        pytest.param("{YYWW}XBL", "1932XBL", id="a pattern"),
        pytest.param("{X5}", "9U7H2", id="letters and digits"),
        pytest.param("20B5XBL", "4 20B5XBL", id="a logo before a space"),
        pytest.param("{S}KK8440 GW", "SKK8440 GW", id="a logo that the recipe names"),
        pytest.param("+786AB", "786AB", id="a sign"),
        pytest.param("00", "00", id="the same twice"),
        pytest.param("A", "A", id="one character"),
    ],
)
def test_the_right_text_is_verified(expected: str, spec: str, raw: bool) -> None:
    field = checked(expected, spec, emissions=raw)
    assert field.score > 0.9
    assert field.margin > 0.8
    assert field.legible
    assert not field.rivalled
    assert all(column.ok for column in field.alignment)


@EITHER
@pytest.mark.parametrize(
    ("expected", "spec"),
    [
        pytest.param("SN74LS00N", "SN74LS06N", id="one other digit"),
        pytest.param("SN74LS00N", "HD14001BP", id="quite another"),
        pytest.param("SN74LS00N", "SN74LS0N", id="one less"),
        pytest.param("SN74LS00N", "SN74LS009N", id="one more"),
        pytest.param("{YYWW}XBL", "19T2XBL", id="a letter for a digit"),
        pytest.param("{N4}", "19332", id="five digits for four"),
    ],
)
def test_a_legible_other_text_is_a_rival(expected: str, spec: str, raw: bool) -> None:
    field = checked(expected, spec, emissions=raw)
    assert field.score < 0.1
    assert field.margin < -0.8
    if field.expected.pattern.fixed:
        assert field.rivalled
        assert field.rival == spec


@pytest.mark.parametrize(
    ("expected", "spec"),
    [
        pytest.param("SN74LS00N", "SN74LSO0N", id="confusable"),
        pytest.param("SN74LS00N", "74LS00N", id="cut at the beginning"),
        pytest.param("SN74LS00N", "SN74LS0", id="cut at the end"),
        pytest.param("KK8440", "SKK8440", id="one more before: a logo, perhaps"),
        pytest.param("SN74LS00N", [*"SN74LS0", {"6": 0.6, "8": 0.3}, "N"], id="another, but not clearly"),
        pytest.param("SN74LS00N", [{"S": 0.5, "B": 0.4}, *"N74LS06N"], id="doubtful elsewhere"),
        pytest.param("SN74LS00N", "XQ", id="a scrap"),
    ],
)
def test_what_cannot_be_told_is_no_rival_and_no_match(expected: str, spec: Spec) -> None:
    field = checked(expected, spec)
    assert not field.legible
    assert not field.rivalled
    assert field.score < 0.8


@pytest.mark.parametrize(
    ("expected", "spec", "told"),
    [
        pytest.param("74LS08", [*"74LS0", {"8": 0.88, "B": 0.1}], False, id="as-expected-but-perhaps-its-like"),
        pytest.param("74LS0B", [*"74LS0", {"B": 0.88, "8": 0.1}], False, id="the-wrong-one-of-a-pair"),
        pytest.param("74LS08", [*"74LS0", {"8": 0.95, "B": 0.03}], True, id="clear-of-its-like"),
        pytest.param("74LS08", [*"74LS0", {"8": 0.88, "4": 0.1}], True, id="perhaps-one-that-is-never-confused"),
        pytest.param("74LS0{X}", [*"74LS0", {"8": 0.88, "B": 0.1}], True, id="either-is-allowed"),
        pytest.param("74LS0{N}", [*"74LS0", {"8": 0.88, "B": 0.1}], False, id="one-is-allowed"),
    ],
)
def test_a_character_is_told_only_where_it_is_clear_of_those_it_is_confused_with(
    expected: str, spec: Spec, told: bool
) -> None:
    field = checked(expected, spec)
    assert field.legible is told
    assert not field.rivalled


def test_expectation_never_invents_a_character() -> None:
    doubtful: Spec = [*"SN74LS0", {"6": 0.55, "0": 0.4}, "N"]
    assert checked("SN74LS00N", doubtful).score == pytest.approx(0.4 / 0.95, abs=0.03)
    assert checked("SN74LS06N", doubtful).score == pytest.approx(0.55 / 0.95, abs=0.05)


def test_a_field_is_the_least_of_its_characters() -> None:
    field = checked("SN74", ["S", {"N": 0.7, "H": 0.2}, "7", {"4": 0.5, "A": 0.45}])
    assert field.score == pytest.approx(min(field.confidences))
    assert field.confidences[0] > field.confidences[1] > field.confidences[3]


def test_the_margin_is_to_the_best_rival() -> None:
    field = checked("74", ["7", {"4": 0.6, "A": 0.3}])
    assert field.rival == "7A"
    assert field.margin == pytest.approx((0.6 - 0.3) / (0.6 + 0.3), abs=0.02)


def test_a_pattern_counts_all_that_it_allows() -> None:
    either: Spec = ["1", {"3": 0.5, "8": 0.4}]
    assert checked("{N2}", either).score > 0.85
    assert checked("13", either).score < 0.7


def test_a_pattern_is_illegible_where_no_character_is_likelier_than_not() -> None:
    assert not checked("{N2}", ["1", {"3": 0.4, "8": 0.35, "9": 0.2}]).legible


def test_one_more_character_beyond_an_end_weighs_a_tenth() -> None:
    weak: Spec = [{"4": 0.5}, *"20B5XBL"]
    assert checked("20B5XBL", weak).score > 0.8
    assert checked("20B5XBL", [{"4": 0.97}, *"20B5XBL"]).score < 0.5


def test_an_unfound_line_scores_nothing() -> None:
    found = verify(mark("SN74LS00N"), recipe("19E9XBL", "SN74LS00N"))
    assert [field.found for field in found.fields] == [False, True]
    assert found.fields[0].score == 0
    assert found.fields[0].margin == -1
    assert not found.fields[0].legible


def two_variants(**lines: tuple[str, ...]) -> dict[str, object]:
    return {"variants": [variant(name, *texts) for name, texts in lines.items()]}


@pytest.mark.parametrize(
    ("read", "name"),
    [
        pytest.param(("SN74LS09N", "20B5XBL"), "ti", id="the first"),
        pytest.param(("T74LS09B1", "98336"), "sgs", id="the second"),
        pytest.param(("T74LS09B1", "9833"), "sgs", id="the second, damaged"),
    ],
)
def test_the_variant_that_fits_best_wins(read: tuple[str, ...], name: str) -> None:
    document = two_variants(ti=("SN74LS09N", "{X4}XBL"), sgs=("T74LS09B1", "{N5}"), other=("HD74LS09P", "{N}{A}{N2}"))
    assert verify(mark(*read), recipe("A", **document)).variant.name == name


def whole(read: tuple[str, ...], *expected: str) -> Verification:
    return verify(mark(*read), recipe(*expected))


def test_two_expected_lines_read_as_one_row_have_scores_of_their_own() -> None:
    found = whole(("STM32F 103C8T6",), "STM32F", "103C8T6")
    assert [field.score > 0.9 for field in found.fields] == [True, True]
    assert [field.read for field in found.fields] == ["STM32F", "103C8T6"]
    assert [field.lines for field in found.fields] == [(0,), (0,)]


def test_one_expected_line_read_as_two_rows_is_found() -> None:
    found = whole(("STM32F", "103C8T6"), "STM32F103C8T6")
    assert found.fields[0].lines == (0, 1)
    assert found.score > 0.9


def test_the_mark_is_the_least_of_its_required_fields() -> None:
    document = {"variants": [variant("v", "SN74LS00N", "KOREA", optional=("KOREA",))]}
    found = verify(mark("SN74LS00N"), recipe("A", **document))
    assert found.score > 0.9
    assert found.legible == found.score
    assert not found.fields[1].found


def test_the_least_legible_score_leaves_out_what_cannot_be_told() -> None:
    found = whole(("19E9XBL", "SN74LSO0N"), "19E9XBL", "SN74LS00N")
    assert found.score < 0.1
    assert found.legible is not None
    assert found.legible > 0.9
    assert whole(("SN74LSO0N",), "SN74LS00N").legible is None


def test_many_variants_of_many_lines_are_verified() -> None:
    many = {"variants": [variant(str(one), *(f"LINE{one}{two}" for two in range(12))) for one in range(16)]}
    read = [f"LINE7{two}" for two in range(12)]
    assert verify(mark(*read), recipe("A", **many)).variant.name == "7"


@pytest.mark.parametrize("code", ["19E9XBL", "SN74LS00N", "ABCDEFGH", "HHHHH", "74LS09N A"])
def test_no_single_substitution_ever_passes(code: str) -> None:
    for place, character in enumerate(code):
        if character == " ":
            continue
        for other in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            if other != character:
                wrong = code[:place] + other + code[place + 1 :]
                assert checked(wrong, code).score < 0.1, (wrong, place)
