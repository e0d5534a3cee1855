from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.confidence import margin_of
from core.decision import decide
from core.reasons import Reason
from core.rules import Rules
from core.signals import MISSING, ONE, Measured, SignalColumns, one_row
from core.verdicts import Verdict
from tests.core.test_decision import GOOD, MEASURED, OCR, RULES


def test_a_missing_margin_counts_as_nothing() -> None:
    column = np.array([MISSING, -2, 0, 500], np.int16)
    assert margin_of(SignalColumns(column, column, column)).tolist() == [0, -2, 0, 500]


@pytest.mark.parametrize(
    ("measured", "facts", "confidence"),
    [
        pytest.param(Measured(9000, 9000, 9000), 0, 5000, id="pass: half the room over accept is used"),
        pytest.param(Measured(8000, 9000, 8000), 0, 0, id="pass: on a limit"),
        pytest.param(Measured(10000, 10000, 10000), 0, 10000, id="pass: nothing could be better"),
        pytest.param(Measured(10000, 5500, 10000), 0, 5000, id="pass: the margin is nearest"),
        pytest.param(Measured(1500, 0, 1500), 0, 5000, id="fail: half way to the reject limit"),
        pytest.param(Measured(0, 0, 0), 0, 10000, id="fail: as far as can be"),
        pytest.param(GOOD, int(Reason.RIVAL_TEXT), 10000, id="fail: by a fact"),
        pytest.param(Measured(7500, 5000, 7500), 0, 1000, id="borderline: near a pass"),
        pytest.param(Measured(9000, 500, 9000), 0, 455, id="borderline: a little under the margin"),
        pytest.param(Measured(9000, -10000, 9000), 0, 10000, id="borderline: as far under the margin as can be"),
        pytest.param(Measured(7500, 5000, MISSING), 0, 1000, id="borderline: nothing legible could fall"),
        pytest.param(Measured(3500, 5000, 3500), 0, 1000, id="borderline: near a fail"),
        pytest.param(GOOD, int(Reason.ILLEGIBLE), 10000, id="borderline: no limit would change it"),
        pytest.param(GOOD, int(Reason.TIME_OUT), 0, id="not judged"),
    ],
)
def test_confidence_is_the_distance_to_the_nearest_limit(measured: Measured, facts: int, confidence: int) -> None:
    assert decide(one_row({"ocr": measured}, facts), RULES).confidence[0] == confidence


PASSING = st.integers(OCR.accept, ONE).flatmap(
    lambda score: st.builds(Measured, st.just(score), st.integers(OCR.margin, ONE), st.integers(score, ONE))
)


@given(PASSING, st.integers(0, 200))
def test_no_limit_within_the_confidence_changes_a_pass(measured: Measured, slack: int) -> None:
    free = replace(RULES, pass_score=0)
    decided = decide(one_row({"ocr": measured}, 0), free)
    assert decided.verdict[0] == Verdict.PASS
    for limit in ("accept", "margin"):
        before = getattr(OCR, limit)
        higher = before + int(decided.confidence[0]) * (ONE - before) // ONE - slack
        moved = replace(free, signals=(("ocr", replace(OCR, **{limit: max(before, higher)})),))
        assert decide(one_row({"ocr": measured}, 0), moved).verdict[0] == Verdict.PASS


@given(MEASURED, st.integers(1, 3))
def test_only_a_fact_or_a_far_limit_makes_a_fail_certain(measured: Measured, fact: int) -> None:
    by_fact = decide(one_row({"ocr": measured}, 1 << fact), RULES)
    assert by_fact.confidence[0] == ONE
    by_limit = decide(one_row({"ocr": measured}, 0), RULES)
    if by_limit.verdict[0] == Verdict.FAIL and measured.legible > 0:
        assert by_limit.confidence[0] < ONE


def test_the_nearest_of_two_signals_counts() -> None:
    rules = Rules((("ocr", OCR), ("logo", replace(OCR, accept=9000))), pass_score=0)
    decided = decide(one_row({"ocr": Measured(9900, 9900, 9900), "logo": Measured(9100, 9900, 9100)}, 0), rules)
    assert decided.confidence[0] == 1000


def test_the_limits_of_an_optional_signal_do_not_count() -> None:
    logo = replace(OCR, accept=9000, required=False, weight=0)
    rules = Rules((("ocr", OCR), ("logo", logo)), pass_score=0)
    good, low = Measured(9900, 9900, 9900), Measured(9000, 9900, 9000)
    with_low, with_good = (decide(one_row({"ocr": good, "logo": each}, 0), rules) for each in (low, good))
    assert with_low.verdict[0] == Verdict.PASS
    assert with_low.confidence[0] == with_good.confidence[0] > 0
