"""Which ways up are worth a try."""

from __future__ import annotations

import pytest

from core.detection import TextBox
from core.geometry import box_quad
from core.orientation import along_x, axis_mass, ways_to_try


def box(width: float, height: float, score: float = 0.9) -> TextBox:
    return TextBox(box_quad(0, 0, width, height), score)


@pytest.mark.parametrize(
    ("boxes", "ways"),
    [
        pytest.param([box(100, 20), box(80, 20)], (0, 2), id="wide-text-runs-along-x"),
        pytest.param([box(20, 100), box(20, 80)], (1, 3), id="tall-text-runs-along-y"),
        pytest.param([box(100, 20), box(20, 60)], (0, 2, 1, 3), id="mixed-mostly-wide"),
        pytest.param([box(60, 20), box(20, 100)], (1, 3, 0, 2), id="mixed-mostly-tall"),
        pytest.param([box(30, 30)], (0, 2, 1, 3), id="one-character-tells-nothing"),
        pytest.param([], (0, 2, 1, 3), id="nothing-found"),
    ],
)
def test_the_shapes_of_pieces_say_along_which_axis_text_runs(boxes: list[TextBox], ways: tuple[int, ...]) -> None:
    assert ways_to_try(boxes) == ways


def test_surer_and_longer_pieces_weigh_more() -> None:
    across, down = axis_mass([box(100, 20, 0.5), box(20, 60, 1.0)])
    assert (across, down) == (40.0, 40.0)


def test_tall_pieces_are_not_read_along_x() -> None:
    wide, square, tall = box(50, 20), box(20, 20), box(20, 50)
    assert along_x([wide, square, tall]) == [wide, square]
