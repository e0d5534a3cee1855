"""A part cut by the picture's border, and a picture cropped to the part."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.geometry import as_quad, box_quad, rectangle_quad
from core.package_cut import is_cut
from tests.core.pictures import body, ground, with_package


@pytest.mark.parametrize(
    ("quad", "cut"),
    [
        pytest.param(box_quad(100, 100, 300, 200), False, id="free-all-round"),
        pytest.param(box_quad(-40, 100, 200, 200), True, id="beyond-one-border"),
        pytest.param(box_quad(-40, 60, 360, 240), True, id="beyond-one-border-and-close-to-the-others"),
        pytest.param(box_quad(-9, -9, 409, 309), False, id="fills-the-picture"),
        pytest.param(box_quad(20, -20, 380, 320), False, id="beyond-two-opposite-borders"),
        pytest.param(as_quad([[200, 0], [350, 150], [200, 299], [50, 150]]), False, id="corners-touch"),
    ],
)
def test_a_package_is_cut_where_a_border_takes_a_good_part_of_it(quad: np.ndarray, cut: bool) -> None:
    picture = with_package(ground(400, 300), as_quad(quad), leads=0)
    seen = as_quad(np.clip(quad, 0, [399, 299]))
    assert is_cut(picture, seen, drawn(quad)) is cut


def drawn(quad: np.ndarray) -> np.ndarray:
    """The region of a package."""
    region = np.zeros((300, 400), np.uint8)
    cv2.fillConvexPoly(region, np.rint(quad).astype(np.int32), 1)
    return region


def test_weak_sides_make_no_cut() -> None:
    quad = box_quad(0, 100, 200, 200)
    assert not is_cut(ground(400, 300), quad, drawn(quad))


def askew(centre: tuple[float, float], degrees: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A long part that lies across a border askew: picture, the rectangle found of it, and its region."""
    quad = body(centre, (300, 70), degrees)
    region = drawn(quad)
    found = rectangle_quad(np.argwhere(region)[:, ::-1].astype(np.float32))
    return with_package(ground(400, 300), quad, leads=0), found, region


@pytest.mark.parametrize(
    ("centre", "degrees", "cut"),
    [
        pytest.param((20, 150), 55, True, id="left"),
        pytest.param((380, 150), -55, True, id="right"),
        pytest.param((200, 10), 35, True, id="top"),
        pytest.param((200, 290), -35, True, id="bottom"),
        pytest.param((200, 150), 35, False, id="whole"),
        pytest.param((140, 120), 35, False, id="a-corner-off"),
        pytest.param((200, 150), 0, False, id="level"),
    ],
)
def test_a_part_cut_askew_is_cut(centre: tuple[float, float], degrees: float, cut: bool) -> None:
    picture, found, region = askew(centre, degrees)
    assert is_cut(picture, found, region) is cut
