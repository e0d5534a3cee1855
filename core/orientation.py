"""Which way up a view is: shapes of the pieces of text say along which axis it runs, reading says which end is up."""

from __future__ import annotations

from collections.abc import Sequence

from core.detection import TextBox
from core.geometry import side_lengths_wh

WIDE = 1.2  # width over height from which a piece surely runs along the x axis
ALONG_X, ALONG_Y = (0, 2), (1, 3)
LONG = 4.0  # length over height that a few letters of several lines, side by side, do not reach
CLEAR = 4.0  # times as much text along one axis as along the other settles it


def along_x(boxes: Sequence[TextBox]) -> list[TextBox]:
    """Return the pieces that may be text running along the x axis: wide ones, and square ones of a single character."""
    return [box for box in boxes if side_lengths_wh(box.quad)[0] > 0.8 * side_lengths_wh(box.quad)[1]]


def axis_mass(boxes: Sequence[TextBox]) -> tuple[float, float]:
    """Return how much text runs along x and how much along y: the sum of the lengths that exceed the other side."""
    across = down = 0.0
    for box in boxes:
        width, height = side_lengths_wh(box.quad)
        if width > WIDE * height:
            across += box.score * (width - height)
        elif height > WIDE * width:
            down += box.score * (height - width)
    return across, down


def ways_by_axis(boxes: Sequence[TextBox]) -> tuple[tuple[int, int], ...]:
    """Return the quarter turns counter-clockwise after which text may stand upright, by axis, the likelier axis first.

    Shapes tell the axis, though not surely (letters far apart are pieces of their own), and never the end that is up.
    """
    across, down = axis_mass(boxes)
    return (ALONG_X, ALONG_Y) if across >= down else (ALONG_Y, ALONG_X)


def is_clear(boxes: Sequence[TextBox]) -> bool:
    """Say whether the shapes settle the axis, as long as what is read along it makes sense."""
    across, down = axis_mass(boxes)
    longest = max((max(side_lengths_wh(box.quad)) / min(side_lengths_wh(box.quad)) for box in boxes), default=0.0)
    return longest >= LONG and max(across, down) > CLEAR * min(across, down)
