"""What is read in a region lies, in the evidence, where it lies in the whole picture."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ImageRefused
from core.frame import Frame
from core.geometry import as_quad, box_quad, transform
from core.region import Cut, Region, cut
from tests.core.marks import mark

WIDTH, HEIGHT = 200, 120


def gradient() -> Frame:
    """Blue tells the column and green the row of a pixel."""
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH]
    return Frame(np.dstack([across, down, np.zeros_like(down)]).astype(np.uint8))


def box(left: float, top: float, right: float, bottom: float) -> Region:
    return Region(box_quad(left, top, right, bottom))


def test_an_upright_region_is_cut_out_as_it_is() -> None:
    part = cut(gradient(), box(20, 30, 79, 69))
    assert part.frame.size_wh == (60, 40)
    assert part.frame.pixels[0, 0].tolist() == [20, 30, 0]
    assert part.frame.pixels[-1, -1].tolist() == [79, 69, 0]


@pytest.mark.parametrize("turned_deg", [0, 5, 30, 90, 180, 270])
def test_what_is_read_in_a_region_lies_where_it_lies_in_the_picture(turned_deg: int) -> None:
    corners = cv2.boxPoints(((100.0, 60.0), (60.0, 40.0), float(turned_deg)))
    quad = as_quad(np.roll(corners, -1, axis=0))  # from the top left on
    part = cut(gradient(), Region(quad))
    across, down = part.frame.size_wh
    points = np.array([[across / 4, down / 4], [across / 2, down / 2]], np.float32)
    for point, placed in zip(points, transform(points, part.to_original), strict=True):
        blue, green, _ = part.frame.pixels[round(float(point[1])), round(float(point[0]))]
        assert abs(float(blue) - placed[0]) < 2
        assert abs(float(green) - placed[1]) < 2


def test_all_of_a_reading_is_placed() -> None:
    part = cut(gradient(), box(20, 30, 79, 69))
    reading = mark("AB", "CD")
    placed = part.placed(reading)
    assert placed.texts == reading.texts
    assert placed.outline is not None
    assert reading.outline is not None
    shift = np.array([20, 30])
    np.testing.assert_allclose(placed.outline, reading.outline + shift)
    for own, other in zip(placed.lines, reading.lines, strict=True):
        np.testing.assert_allclose(own.quad, other.quad + shift)
        np.testing.assert_allclose(own.characters[1].quad, other.characters[1].quad + shift)
        assert own.emissions is other.emissions
    assert placed.rotation_ccw_deg == 0


def test_a_part_that_lies_turned_in_its_region_is_turned_in_the_picture() -> None:
    quad = np.roll(box_quad(20, 30, 79, 69), -1, axis=0)  # text runs down
    part = cut(gradient(), Region(as_quad(quad)))
    assert part.frame.size_wh == (40, 60)
    assert part.placed(mark("AB")).rotation_ccw_deg == pytest.approx(90)


def test_what_lies_outside_the_picture_is_left_out() -> None:
    part = cut(gradient(), box(-50, -50, 39, 19))
    assert part.frame.size_wh == (40, 20)
    assert part.frame.pixels[0, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "region",
    [
        pytest.param(box(300, 300, 400, 400), id="beside it"),
        pytest.param(box(-90, 0, 3, 60), id="but for a sliver"),
        pytest.param(box(50, 50, 50, 50), id="a point"),
        pytest.param(box(0, 0, 9000, 9000), id="far greater than it"),
        pytest.param(Region(as_quad([[0, 0], [90, 90], [90, 0], [0, 90]])), id="crossed"),
    ],
)
def test_a_region_that_shows_nothing_of_the_picture_is_refused(region: Region) -> None:
    with pytest.raises(ImageRefused, match="picture"):
        cut(gradient(), region)


@pytest.mark.parametrize(
    "document", [{}, {"quad": None}, {"quad": [[0, 0]]}, {"quad": [[0, 0]] * 3 + [[0, float("nan")]]}]
)
def test_a_region_that_is_no_quad_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"four finite points|could not|must be"):
        Region.from_document(document)


@given(
    st.floats(-50, 250), st.floats(-50, 170), st.floats(1, 300), st.floats(1, 300), st.floats(0, 360)
)  # fmt: skip
def test_whatever_the_region_it_is_cut_or_refused(
    x: float, y: float, width: float, height: float, angle: float
) -> None:
    region = Region(as_quad(cv2.boxPoints(((x, y), (width, height), angle))))
    assert np.allclose(Region.from_document(json.loads(json.dumps(region.to_document()))).quad, region.quad)
    try:
        part = cut(gradient(), region)
    except ImageRefused:
        return
    assert isinstance(part, Cut)
    assert min(part.frame.size_wh) >= 1
    assert max(part.frame.size_wh) <= WIDTH + HEIGHT + 1
