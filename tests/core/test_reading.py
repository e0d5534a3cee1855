"""What was read: characters and lines."""

from __future__ import annotations

import numpy as np
import pytest

from core.reading import CharacterReading, Emissions, LineReading
from tests.core.marks import Spec, line, mark, quad


def test_a_line_is_as_sure_as_its_least_character_and_on_the_mean_as_all() -> None:
    read = line(["A", {"B": 0.5, "8": 0.3}, {"1": 0.73, "I": 0.2}])
    assert read.text == "AB1"
    assert read.confidence == pytest.approx(0.5)
    assert read.mean_confidence == pytest.approx((0.97 + 0.5 + 0.73) / 3)


def test_a_line_of_nothing_is_not_sure_at_all() -> None:
    nothing = LineReading((), quad(0, 0, 10, 10))
    assert (nothing.text, nothing.confidence, nothing.mean_confidence) == ("", 0.0, 0.0)


@pytest.mark.parametrize(
    ("spec", "runner_up", "margin"),
    [
        pytest.param([{"B": 0.6, "8": 0.3}], "8", 0.3, id="two"),
        pytest.param([{"B": 0.6}], "", 0.6, id="one"),
    ],
)
def test_the_margin_is_to_the_second_best(spec: Spec, runner_up: str, margin: float) -> None:
    (character,) = line(spec).characters
    assert character.runner_up == runner_up
    assert character.margin == pytest.approx(margin)


def test_a_character_needs_a_candidate() -> None:
    with pytest.raises(ValueError, match="at least one candidate"):
        CharacterReading((), quad(0, 0, 1, 1))


def test_emissions_have_a_column_a_character_and_one_for_the_blank() -> None:
    with pytest.raises(ValueError, match=r"\(T, 3\)"):
        Emissions(np.zeros((4, 2), np.float32), ("A", "B"))


def test_texts_run_from_top_to_bottom() -> None:
    assert mark("AB", "CD").texts == ("AB", "CD")
