"""Quads and views: what is mapped out and back is what it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.geometry import (
    View,
    angle_deg,
    area_px,
    as_quad,
    box_quad,
    grown,
    homography,
    rectangle_quad,
    side_lengths_wh,
    turned,
    wrapped_deg,
)


def rotated(quad: np.ndarray, degrees: float, about: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """The quad turned clockwise on screen (y runs down)."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return as_quad((quad - about) @ np.array([[cosine, sine], [-sine, cosine]]) + about)


def view(width: int = 40, height: int = 24, quad: np.ndarray | None = None) -> View:
    pixels = np.arange(width * height, dtype=np.uint32).astype(np.uint8).reshape(height, width)
    seen = box_quad(0, 0, width - 1, height - 1) if quad is None else quad
    return View(pixels, homography(box_quad(0, 0, width - 1, height - 1), seen))


@pytest.mark.parametrize(
    "points",
    [
        pytest.param([[0, 0], [1, 0], [1, 1]], id="three-points"),
        pytest.param([[0, 0], [1, 0], [1, 1], [0, np.nan]], id="not-a-number"),
        pytest.param([[0, 0], [1, 0], [1, 1], [0, np.inf]], id="infinite"),
        pytest.param(np.zeros((4, 3)), id="three-coordinates"),
    ],
)
def test_a_quad_is_four_finite_points(points: object) -> None:
    with pytest.raises(ValueError, match="expected four finite points"):
        as_quad(points)


def test_a_box_is_ordered_from_top_left_clockwise() -> None:
    assert box_quad(1, 2, 5, 4).tolist() == [[1, 2], [5, 2], [5, 4], [1, 4]]
    assert side_lengths_wh(box_quad(1, 2, 5, 4)) == (4.0, 2.0)
    assert area_px(box_quad(1, 2, 5, 4)) == 8.0


@pytest.mark.parametrize("degrees", [-170, -135, -90, -45, -3, 0, 3, 45, 90, 135, 170])
def test_the_angle_is_the_direction_of_the_text_clockwise(degrees: float) -> None:
    assert angle_deg(rotated(box_quad(0, 0, 10, 3), degrees)) == pytest.approx(degrees, abs=1e-3)


@pytest.mark.parametrize(
    ("angle", "wrapped"), [(0, 0), (180, -180), (-180, -180), (181, -179), (540, -180), (-190, 170), (359.5, -0.5)]
)
def test_angles_are_wrapped_to_half_a_turn(angle: float, wrapped: float) -> None:
    assert wrapped_deg(angle) == pytest.approx(wrapped)


def test_a_quad_turned_once_reads_from_what_was_its_right_end() -> None:
    quad = box_quad(0, 0, 10, 4)
    assert turned(quad, 1)[0].tolist() == [10, 0]
    assert angle_deg(turned(quad, 1)) == pytest.approx(90)
    assert np.array_equal(turned(quad, 4), quad)
    assert np.array_equal(turned(turned(quad, 2), 2), quad)


@pytest.mark.parametrize("degrees", [0, 30, 90, 200])
def test_a_grown_quad_gains_on_every_side_along_its_own_axes(degrees: float) -> None:
    quad = rotated(box_quad(0, 0, 20, 6), degrees)
    assert side_lengths_wh(grown(quad, 3, 1)) == pytest.approx((26, 8), abs=1e-3)
    assert grown(quad, 3, 1).mean(axis=0) == pytest.approx(quad.mean(axis=0), abs=1e-3)
    assert angle_deg(grown(quad, 3, 1)) == pytest.approx(angle_deg(quad), abs=1e-3)


def test_a_quad_of_no_width_does_not_grow() -> None:
    flat = box_quad(0, 0, 0, 5)
    assert np.array_equal(grown(flat, 3, 3), flat)


@pytest.mark.parametrize("degrees", [-40, -10, 0, 10, 40])
def test_the_least_rectangle_reads_as_nearly_rightwards_as_it_can(degrees: float) -> None:
    quad = rotated(box_quad(0, 0, 30, 8), degrees, about=(50, 50))
    found = rectangle_quad(quad)
    assert angle_deg(found) == pytest.approx(degrees, abs=0.5)
    assert side_lengths_wh(found) == pytest.approx((30, 8), abs=0.2)


corners = st.tuples(st.floats(5, 900), st.floats(5, 900), st.floats(-180, 179), st.floats(20, 300), st.floats(10, 200))


@settings(max_examples=60, deadline=None)
@given(place=corners, points=st.lists(st.tuples(st.floats(0, 39), st.floats(0, 23)), min_size=1, max_size=8))
def test_points_mapped_to_the_original_come_back_to_the_view(
    place: tuple[float, float, float, float, float], points: list[tuple[float, float]]
) -> None:
    x, y, degrees, width, height = place
    seen = view(quad=rotated(box_quad(x, y, x + width, y + height), degrees, about=(x, y)))
    inside = np.array(points, np.float32)
    assert seen.within(seen.original(inside)) == pytest.approx(inside, abs=0.02)


def test_the_corners_of_a_view_are_those_of_its_quad() -> None:
    quad = rotated(box_quad(100, 50, 300, 120), 33)
    assert view(quad=quad).original(view().quad) == pytest.approx(quad, abs=1e-2)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3, 4, -1])
def test_a_turned_view_shows_the_same_pixels_of_the_original(quarters: int) -> None:
    quad = rotated(box_quad(100, 50, 300, 120), 12)
    seen = view(quad=quad)
    upright = seen.turned(quarters)

    assert np.array_equal(upright.pixels, np.rot90(seen.pixels, quarters))
    for x, y in [(0, 0), (5, 3), (11, 20)]:
        back = seen.within(upright.original(np.array([[x, y]], np.float32)))[0]
        assert upright.pixels[y, x] == seen.pixels[round(float(back[1])), round(float(back[0]))]


@pytest.mark.parametrize(
    ("pixels", "matrix"),
    [
        pytest.param(np.zeros((4, 4, 3), np.uint8), np.eye(3), id="colour"),
        pytest.param(np.zeros((4, 4), np.uint8), np.eye(2), id="two-by-two-matrix"),
    ],
)
def test_a_view_is_grey_and_has_a_homography(pixels: np.ndarray, matrix: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        View(pixels, matrix)
