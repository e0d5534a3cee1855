from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.inspection import Inspection, judge
from core.reasons import Reason
from tests.core.marks import Spec, mark, recipe, variant

NOW = datetime(2026, 7, 1, tzinfo=UTC)
RIGHT = ("19E9XBL", "SN74LS00N")


def told(expected: tuple[str, ...], *lines: Spec, faults: tuple[str, ...] = (), **changes: object) -> Inspection:
    return judge(mark(*lines, faults=faults), recipe(*expected, **changes), captured_at=NOW)


def codes(inspection: Inspection) -> list[str]:
    return [one.code for one in inspection.reasons]


def words(inspection: Inspection, code: str) -> list[str]:
    return [one.words for one in inspection.reasons if one.code == code]


@pytest.mark.parametrize(
    ("expected", "lines", "verdict", "reasons"),
    [
        pytest.param(RIGHT, RIGHT, "pass", [], id="right"),
        pytest.param(("{YYWW}XBL",), ("1932XBL",), "pass", ["UNVERIFIED"], id="by pattern only"),
        pytest.param(RIGHT, ("19E9XBL", "SN74LS06N"), "fail", ["RIVAL_TEXT"], id="rival"),
        pytest.param(("{YYWW}XBL",), ("2732XBL",), "fail", ["DATE_IN_FUTURE", "UNVERIFIED"], id="future"),
        pytest.param(("{YYWW}XBL",), ("1959XBL",), "fail", ["WEEK_IMPOSSIBLE", "UNVERIFIED"], id="no such week"),
        pytest.param(("SN74LS00N",), ("KOREA", "SN74LS00N"), "pass", ["EXTRA_TEXT"], id="more text"),
        pytest.param(("SN74LS00N",), ("4", "SN74LS00N"), "pass", [], id="a scrap is not worth telling"),
        pytest.param(("SN74LS00N",), (), "not_judged", ["NOTHING_READ", "REQUIRED_MISSING"], id="nothing read"),
        pytest.param(("SN74LS00N",), ("  ",), "not_judged", ["NOTHING_READ", "REQUIRED_MISSING"], id="spaces alone"),
        pytest.param(("DALLAS", "18B20"), RIGHT, "fail", ["RIVAL_TEXT"], id="another part"),
    ],
)
def test_what_is_told(expected: tuple[str, ...], lines: tuple[str, ...], verdict: str, reasons: list[str]) -> None:
    inspection = told(expected, *lines)
    assert inspection.verdict == verdict
    assert codes(inspection)[: len(reasons)] == reasons


def test_print_that_is_cut_off_is_not_judged_though_it_says_what_is_expected() -> None:
    inspection = told(("X232CPE",), "X232CPE", faults=("PRINT_CUT",))
    assert inspection.verdict == "not_judged"
    assert words(inspection, "IMAGE_UNUSABLE") == [
        "The picture cannot be used: print is cut off at the side of what was read."
    ]


def test_a_missing_line_is_borderline_and_named() -> None:
    inspection = told(RIGHT, "SN74LS00N")
    assert inspection.verdict == "borderline"
    assert words(inspection, "FIELD_MISSING") == ["The line 19E9XBL was not found."]


def test_a_missing_line_fails_where_the_recipe_says_so() -> None:
    inspection = told(RIGHT, "SN74LS00N", illegible="fail")
    assert inspection.verdict == "fail"
    assert codes(inspection) == ["ILLEGIBLE_REFUSED", "FIELD_MISSING"]


def test_an_illegible_line_says_what_was_read() -> None:
    inspection = told(("SN74LS00N",), "SN74LSO0N")
    assert inspection.verdict == "borderline"
    assert words(inspection, "ILLEGIBLE") == ["The line SN74LS00N cannot be told for sure; SN74LSO0N was read."]


def test_an_absent_optional_line_is_a_note() -> None:
    document = {"variants": [variant("v", "SN74LS00N", "KOREA", optional=("KOREA",))]}
    inspection = told(("A",), "SN74LS00N", **document)
    assert inspection.verdict == "pass"
    assert codes(inspection) == ["LINE_ABSENT"]


def test_a_scrap_of_the_right_mark_is_not_another_mark() -> None:
    assert told(("MC74HC32AN", "FFFG9203"), "MC74", "FFFG92").verdict == "borderline"


def test_a_doubtful_date_is_illegible_and_never_a_hard_fact() -> None:
    inspection = told(("{YYWW}XBL",), ["2", {"7": 0.6, "1": 0.3}, *"32XBL"])
    assert inspection.verdict == "borderline"
    assert "ILLEGIBLE" in codes(inspection)


@pytest.mark.parametrize(("age", "verdict"), [(400, "pass"), (100, "fail"), (None, "pass")])
def test_an_age_limit_is_held(age: int | None, verdict: str) -> None:
    inspection = told(("{YYWW}XBL",), "1932XBL", max_age_weeks=age)
    assert inspection.verdict == verdict
    if verdict == "fail":
        assert words(inspection, "DATE_TOO_OLD") == ["Date code 1932 is 360 weeks old; at most 100 are allowed."]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param("NO_PACKAGE", "NO_PACKAGE", id="as named"),
        pytest.param("two-packages", "TWO_PACKAGES", id="with dashes"),
        pytest.param("PACKAGE_CUT", "PACKAGE_CUT", id="cut"),
        pytest.param("BLURRED", "IMAGE_UNUSABLE", id="without a reason of its own"),
        pytest.param("RIVAL_TEXT", "IMAGE_UNUSABLE", id="no reader gives verdicts"),
    ],
)
def test_a_fault_of_the_picture_is_not_judged(fault: str, code: str) -> None:
    inspection = told(RIGHT, *RIGHT, faults=(fault,))
    assert inspection.verdict == "not_judged"
    assert codes(inspection) == [code]


def test_limits_are_told_with_their_values_cut_and_not_rounded() -> None:
    inspection = told(("74",), ["7", {"4": 0.7996, "A": 0.2}], signals={"ocr": {"accept": 0.8}})
    assert words(inspection, "BELOW_ACCEPT") == ["Reading 0.79 is under its accept limit 0.80."]
    assert words(inspection, "BELOW_PASS_SCORE") == ["The weighted score 0.79 is under the pass score 0.80."]


def test_a_signal_not_measured_is_told_by_name() -> None:
    optional = told(RIGHT, *RIGHT, signals={"ocr": {}, "logo": {"required": False, "weight": 0}})
    assert words(optional, "OPTIONAL_MISSING") == ["The optional signal Logo was not measured and counts as 0."]
    required = told(RIGHT, *RIGHT, signals={"ocr": {}, "logo": {}})
    assert required.verdict == "not_judged"
    assert words(required, "REQUIRED_MISSING") == ["The required signal Logo was not measured."]


def test_reasons_come_gravest_first() -> None:
    inspection = told(("{YYWW}XBL", "SN74LS00N"), "2732XBL", "SN74LS06N", "KOREA")
    told_bits = [int(one.reason) for one in inspection.reasons]
    assert told_bits == sorted(told_bits)
    assert inspection.reasons[0].reason is Reason.RIVAL_TEXT


def test_only_what_decided_is_told_and_notes() -> None:
    inspection = told(("19E9XBL", "SN74LS00N", "KOREA{N}"), "19E9X8L", "SN74LS06N", "KOREA1")
    assert codes(inspection) == ["RIVAL_TEXT", "UNVERIFIED"]
    assert inspection.facts & Reason.ILLEGIBLE  # known of the first line, and not what decided


def test_a_score_under_the_reject_limit_is_told_with_the_legible_one() -> None:
    limits = {"ocr": {"accept": 0.95, "reject": 0.9}}
    inspection = told(("74",), ["7", {"4": 0.85, "A": 0.1}], signals=limits)
    assert inspection.verdict == "fail"
    assert words(inspection, "BELOW_REJECT") == ["Reading 0.85 is under its reject limit 0.90."]
    assert codes(inspection) == ["BELOW_REJECT"]


def test_an_illegible_score_is_never_told_as_under_the_reject_limit() -> None:
    inspection = told(("SN74LS00N",), "SN74LSO0N", illegible="fail")
    assert codes(inspection) == ["ILLEGIBLE_REFUSED", "ILLEGIBLE"]
    assert words(inspection, "ILLEGIBLE_REFUSED") == ["The recipe fails what cannot be read."]


def test_a_margin_is_told_with_its_value() -> None:
    inspection = told(("74",), ["7", {"4": 0.5, "A": 0.45}])
    assert words(inspection, "BELOW_MARGIN") == ["Reading has a margin of 0.05, under its limit 0.10."]


@pytest.mark.parametrize(("text", "extra"), [("4J", []), ("ARM", ["The mark also says ARM."]), (" TI ", [])])
def test_what_is_shorter_than_three_characters_is_a_scrap(text: str, extra: list[str]) -> None:
    assert words(told(("SN74LS00N",), text, "SN74LS00N"), "EXTRA_TEXT") == extra


@pytest.mark.parametrize(
    ("lines", "fails"),
    [
        pytest.param(("DALLAS", "QJCTEK"), True, id="as many clear lines as are required"),
        pytest.param(("DALLAS",), False, id="fewer"),
        pytest.param(("DALLAS", "18B"), False, id="one is too short to tell"),
        pytest.param(("DALLAS", [{"Q": 0.6, "D": 0.3}, *"JCTE"]), False, id="one is not clear"),
        pytest.param(("DALLAS", "XBL32Q7"), True, id="half of it in common with nothing"),
    ],
)
def test_another_mark_altogether_is_a_rival(lines: tuple[Spec, ...], fails: bool) -> None:
    inspection = told(("HEF4001BP", "{N2}HK{N2}GW"), *lines)
    assert (inspection.verdict == "fail") is fails
    if fails:
        whole = f"The mark says {' '.join(map(str, lines))} where HEF4001BP {{N2}}HK{{N2}}GW is expected."
        assert whole in words(inspection, "RIVAL_TEXT")


def test_a_date_is_held_against_the_day_only_where_the_field_is_likely() -> None:
    inspection = told(("{YYWW}XBL",), "QHEFAXBL")
    assert (inspection.verdict, codes(inspection)) == ("fail", ["RIVAL_TEXT"])
    assert not inspection.facts & Reason.DATE_IN_FUTURE


@pytest.mark.parametrize("optional", [True, False], ids=["optional", "required"])
def test_a_rival_matters_only_in_a_required_line(optional: bool) -> None:
    document = {"variants": [variant("v", "SN74LS00N", "KOREA", optional=("KOREA",) if optional else ())]}
    assert told(("A",), "SN74LS00N", "JAPAN", **document).verdict == ("pass" if optional else "fail")


def test_dates_of_several_lines_are_each_held() -> None:
    inspection = told(("{YYWW}XBL", "{YYWW}C4"), "1959XBL", "2732C4")
    assert codes(inspection)[:2] == ["DATE_IN_FUTURE", "WEEK_IMPOSSIBLE"]


def test_a_weighted_score_is_told_with_missing_signals_as_nothing() -> None:
    inspection = told(RIGHT, *RIGHT, signals={"ocr": {}, "logo": {"required": False}})
    assert inspection.verdict == "borderline"
    value = f"{int(inspection.scores['ocr'] / 2) / 10_000:.4f}"[:4]
    assert words(inspection, "BELOW_PASS_SCORE") == [f"The weighted score {value} is under the pass score 0.80."]


@pytest.mark.parametrize(("weeks", "verdict"), [(360, "pass"), (359, "fail")])
def test_a_part_as_old_as_the_limit_is_not_too_old(weeks: int, verdict: str) -> None:
    assert told(("{YYWW}XBL",), "1932XBL", max_age_weeks=weeks).verdict == verdict


def test_facts_are_stored_whatever_decided() -> None:
    inspection = told(("{YYWW}XBL", "SN74LS00N"), "2732XBL", "SN74LS06N", faults=("PACKAGE_CUT",))
    assert inspection.verdict == "fail"
    expected = Reason.RIVAL_TEXT | Reason.DATE_IN_FUTURE | Reason.PACKAGE_CUT | Reason.UNVERIFIED
    assert inspection.facts == expected
    assert codes(inspection) == ["RIVAL_TEXT", "DATE_IN_FUTURE", "UNVERIFIED"]
