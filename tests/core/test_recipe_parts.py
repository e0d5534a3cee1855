from __future__ import annotations

import pytest

from core.errors import RecipeInvalid
from core.recipe_parts import MAX_LINES, ExpectedLine, SignalLimits, Variant


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "1 to 120 characters", id="empty"),
        pytest.param("A" * 121, "1 to 120 characters", id="too long"),
        pytest.param("A\nB", "printable", id="two lines"),
        pytest.param("{Q}", "unknown pattern", id="unknown pattern"),
        pytest.param("{", "lone", id="lone brace"),
        pytest.param(" . ", "takes a place", id="nothing that takes a place"),
        pytest.param("{X32}{X32}", "at most 48 places", id="too many places"),
    ],
)
def test_a_line_that_cannot_be_verified_is_refused(text: str, message: str) -> None:
    with pytest.raises(RecipeInvalid, match=message) as refusal:
        ExpectedLine(text)
    assert refusal.value.where == "text"


def test_a_line_knows_its_places() -> None:
    assert ExpectedLine("{YYWW}XBL").pattern.matches("1932XBL")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((), id="none"),
        pytest.param((ExpectedLine("A"),) * (MAX_LINES + 1), id="too many"),
        pytest.param((ExpectedLine("A", required=False),), id="none required"),
    ],
)
def test_a_variant_has_lines_and_requires_some(lines: tuple[ExpectedLine, ...]) -> None:
    with pytest.raises(RecipeInvalid, match="lines"):
        Variant("v", lines)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        pytest.param({"accept": 1.01}, "accept", id="over 1"),
        pytest.param({"reject": -0.01}, "reject", id="under 0"),
        pytest.param({"accept": float("nan")}, "accept", id="not a number"),
        pytest.param({"accept": 0.2, "reject": 0.3}, "reject", id="inverted"),
        pytest.param({"margin": 2.0}, "margin", id="margin over 1"),
        pytest.param({"weight": 101.0}, "weight", id="weight too great"),
        pytest.param({"weight": float("inf")}, "weight", id="endless weight"),
    ],
)
def test_limits_are_shares_in_order(changes: dict[str, float], where: str) -> None:
    with pytest.raises(RecipeInvalid) as refusal:
        SignalLimits(**changes)  # type: ignore[arg-type]
    assert refusal.value.where == where


def test_equal_limits_are_allowed() -> None:
    assert SignalLimits(accept=0.5, reject=0.5).reject == 0.5
