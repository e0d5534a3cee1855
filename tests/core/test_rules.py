from __future__ import annotations

import pytest

from core.recipe import SignalLimits
from core.rules import Rules, SignalRule
from tests.core.marks import recipe

RULE = SignalRule(accept=8000, reject=3000, margin=1000, weight=10000, required=True)


def test_limits_become_whole_ten_thousandths() -> None:
    limits = SignalLimits(accept=0.8, reject=0.1 + 0.2, margin=0.1, weight=0.5)
    assert SignalRule.of(limits) == SignalRule(accept=8000, reject=3000, margin=1000, weight=5000, required=True)


def test_a_recipe_gives_its_rules() -> None:
    rules = Rules.of(recipe("A", signals={"ocr": {}, "logo": {"required": False}}, pass_score=0.7, illegible="fail"))
    assert [name for name, _ in rules.signals] == ["ocr", "logo"]
    assert rules.pass_score == 7000
    assert rules.illegible_fails
    assert rules.total_weight == 20000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"accept": 2000}, "reject <= accept", id="inverted"),
        pytest.param({"accept": 10001}, "accept", id="accept over one"),
        pytest.param({"reject": -1}, "reject", id="reject under nothing"),
        pytest.param({"margin": -1}, "margin", id="margin under nothing"),
        pytest.param({"margin": 10001}, "margin", id="margin over one"),
        pytest.param({"weight": -1}, "weight", id="weight under nothing"),
    ],
)
def test_impossible_limits_are_refused(changes: dict[str, int], message: str) -> None:
    values = {"accept": 8000, "reject": 3000, "margin": 1000, "weight": 10000} | changes
    with pytest.raises(ValueError, match=message):
        SignalRule(**values, required=True)


@pytest.mark.parametrize(
    ("signals", "pass_score", "message"),
    [
        pytest.param((), 8000, "weights", id="no signals"),
        pytest.param((("ocr", SignalRule(0, 0, 0, 0, required=True)),), 8000, "weights", id="no weight"),
        pytest.param((("ocr", SignalRule(0, 0, 0, 1, required=False)),), 8000, "required", id="nothing required"),
        pytest.param((("ocr", RULE),), 10001, "pass_score", id="pass score over one"),
    ],
)
def test_impossible_rules_are_refused(
    signals: tuple[tuple[str, SignalRule], ...], pass_score: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Rules(signals, pass_score)
