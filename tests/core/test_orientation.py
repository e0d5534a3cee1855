"""Which ways up are worth a try."""

from __future__ import annotations

import pytest

from core.detection import TextBox
from core.geometry import box_quad
from core.orientation import along_x, axis_mass, is_clear, ways_by_axis


def box(width: float, height: float, score: float = 0.9) -> TextBox:
    return TextBox(box_quad(0, 0, width, height), score)


X, Y = (0, 2), (1, 3)


@pytest.mark.parametrize(
    ("boxes", "axes", "clear"),
    [
        pytest.param([box(100, 20), box(80, 20)], (X, Y), True, id="wide-text-runs-along-x"),
        pytest.param([box(20, 100), box(20, 80)], (Y, X), True, id="tall-text-runs-along-y"),
        pytest.param([box(100, 20), box(20, 60)], (X, Y), False, id="mixed-mostly-wide"),
        pytest.param([box(60, 20), box(20, 100)], (Y, X), False, id="mixed-mostly-tall"),
        pytest.param([box(50, 20), box(40, 20)], (X, Y), False, id="short-words-may-be-letters-of-several-lines"),
        pytest.param([box(30, 30)], (X, Y), False, id="one-character-tells-nothing"),
        pytest.param([], (X, Y), False, id="nothing-found"),
    ],
)
def test_the_shapes_of_pieces_say_along_which_axis_text_runs(
    boxes: list[TextBox], axes: tuple[tuple[int, int], ...], clear: bool
) -> None:
    assert ways_by_axis(boxes) == axes
    assert is_clear(boxes) is clear


def test_surer_and_longer_pieces_weigh_more() -> None:
    across, down = axis_mass([box(100, 20, 0.5), box(20, 60, 1.0)])
    assert (across, down) == (40.0, 40.0)


def test_tall_pieces_are_not_read_along_x() -> None:
    wide, square, tall = box(50, 20), box(20, 20), box(20, 50)
    assert along_x([wide, square, tall]) == [wide, square]
