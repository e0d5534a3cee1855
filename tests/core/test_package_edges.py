"""How much a rectangle looks like the edges of a package."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.geometry import box_quad, grown
from core.package_edges import MOST_APART, UNSEEN_SIDE, apartness, edge_score, is_print, side_contrasts
from tests.core.pictures import BOARD, WHITE, body, ground, with_package

QUAD = body((112, 84), (120, 60), 8)


def part(colour: tuple[int, int, int] = WHITE) -> np.ndarray:
    return with_package(ground(224, 168, colour), QUAD)


@pytest.mark.parametrize("colour", [WHITE, BOARD], ids=["backlight", "board"])
def test_the_true_outline_scores_more_than_any_other(colour: tuple[int, int, int]) -> None:
    true = edge_score(part(colour), QUAD)
    for other in (grown(QUAD, 12, 12), grown(QUAD, -20, -10), QUAD + 15, body((112, 84), (120, 60), 40)):
        assert edge_score(part(colour), np.asarray(other, np.float32)) < true


def test_every_side_of_a_part_on_backlight_is_an_edge() -> None:
    assert all(side is not None and side > 40 for side in side_contrasts(part(), QUAD))


def test_sides_come_in_the_order_top_right_bottom_left() -> None:
    picture = np.full((168, 224, 3), 50, np.uint8)
    picture[:54] = 250
    picture[:, 172:] = 80
    top, right, bottom, left = side_contrasts(picture, box_quad(52, 54, 171, 113))
    assert None not in (top, right, bottom, left)
    assert top > right > max(bottom, left)  # type: ignore[operator, type-var]


def test_a_side_at_the_border_of_the_picture_is_not_seen() -> None:
    sides = side_contrasts(part(), box_quad(0, 40, 120, 120))
    assert sides[3] is None
    assert sides[1] is not None


def test_a_rectangle_none_of_whose_sides_is_seen_scores_little() -> None:
    whole = ground(224, 168, (60, 60, 60))
    assert edge_score(whole, box_quad(0, 0, 223, 167)) < UNSEEN_SIDE + 1


def test_print_that_crosses_a_side_makes_no_edge() -> None:
    bare, printed = ground(224, 168, (50, 50, 50)), ground(224, 168, (50, 50, 50))
    printed[70:90, 30:200] = 230
    inside = box_quad(80, 40, 150, 130)
    assert edge_score(printed, inside) < 15
    assert edge_score(bare, inside) < 5


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        pytest.param(part(WHITE), MOST_APART, id="backlight"),
        pytest.param(ground(224, 168, (50, 50, 50)), 0.0, id="a-piece-of-a-surface"),
    ],
)
def test_surroundings_differ_from_a_part_and_not_from_a_piece_of_its_surface(
    picture: np.ndarray, expected: float
) -> None:
    assert apartness(picture, QUAD) == pytest.approx(expected, abs=2)


def test_without_surroundings_nothing_is_known_of_them() -> None:
    assert apartness(part(), box_quad(0, 0, 223, 167)) == MOST_APART / 2


def word(ink: int, paper: int, *, thick: int) -> np.ndarray:
    picture = ground(224, 168, (paper, paper, paper))
    cv2.putText(picture, "MAX232", (30, 95), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (ink, ink, ink), thick, cv2.LINE_AA)
    return picture


WORD = box_quad(30, 62, 190, 96)


@pytest.mark.parametrize(
    ("picture", "quad", "expected"),
    [
        pytest.param(word(10, 250, thick=5), WORD, True, id="bold-ink-on-paper"),
        pytest.param(word(240, 30, thick=5), WORD, True, id="light-ink-on-dark"),
        pytest.param(part(), QUAD, False, id="a-part"),
        pytest.param(with_package(ground(224, 168), QUAD, ("SN74LS00N", "19E9XBL")), QUAD, False, id="a-printed-part"),
        pytest.param(part(BOARD), QUAD, False, id="a-part-on-a-board"),
        pytest.param(word(120, 140, thick=5), WORD, False, id="too-faint-to-tell"),
        pytest.param(part(), box_quad(0, 0, 223, 167), False, id="nothing-around-it"),
        pytest.param(part(), box_quad(300, 300, 320, 320), False, id="nothing-inside"),
    ],
)
def test_strokes_with_paper_between_them_are_print(picture: np.ndarray, quad: np.ndarray, expected: bool) -> None:
    assert is_print(picture, quad) is expected
