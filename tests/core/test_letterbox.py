"""Black bars around a picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.geometry import box_quad
from core.letterbox import framed
from core.package import PACKAGE_CUT, locate
from tests.core.pictures import BODY, body, ground, overlap, with_package

PICTURE = with_package(ground(400, 300), body((200, 150), (200, 90), 10))
HALF = np.ascontiguousarray(PICTURE[:, :200])


def bars(picture: np.ndarray, top: int, right: int, bottom: int, left: int, level: int = 0) -> np.ndarray:
    return cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(level, level, level))


@pytest.mark.parametrize(
    ("picture", "rows", "columns"),
    [
        pytest.param(PICTURE, (0, 300), (0, 400), id="none"),
        pytest.param(bars(PICTURE, 50, 0, 60, 0), (50, 350), (0, 400), id="above-and-below"),
        pytest.param(bars(PICTURE, 0, 70, 0, 0), (0, 300), (0, 400), id="right"),
        pytest.param(bars(PICTURE, 10, 20, 30, 40), (10, 310), (40, 440), id="all-round"),
        pytest.param(bars(PICTURE, 0, 0, 0, 30, level=40), (0, 300), (0, 430), id="grey-bars-are-picture"),
        pytest.param(bars(PICTURE, 400, 400, 400, 400), (0, 1100), (0, 1200), id="too-little-within"),
        pytest.param(np.zeros((30, 40, 3), np.uint8), (0, 30), (0, 40), id="all-black"),
        pytest.param(
            with_package(np.zeros((300, 400, 3), np.uint8), body((200, 150), (200, 90))),
            (0, 300),
            (0, 400),
            id="a-part-on-black-ground",
        ),
    ],
)
def test_black_bars_are_no_part_of_the_picture(
    picture: np.ndarray, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    assert framed(picture) == (slice(*rows), slice(*columns))


def test_a_dark_part_may_lie_at_less_than_half_of_a_bar() -> None:
    dark = HALF.copy()
    dark[100:, -6:] = BODY
    assert framed(bars(HALF, 0, 80, 0, 0))[1] == slice(0, 200)
    assert framed(bars(dark, 0, 80, 0, 0))[1] == slice(0, 280)


@pytest.mark.parametrize("sides", [(40, 0, 40, 0), (0, 60, 0, 60), (25, 25, 25, 25)], ids=["rows", "columns", "both"])
def test_the_outline_within_bars_is_in_pixels_of_the_whole_picture(sides: tuple[int, int, int, int]) -> None:
    located = locate(bars(PICTURE, *sides))
    assert located.outline is not None
    assert not located.whole
    assert overlap(located.outline, body((200 + sides[3], 150 + sides[0]), (200, 90), 10)) > 0.85


def test_a_part_cut_by_a_bar_is_cut() -> None:
    assert PACKAGE_CUT in locate(bars(HALF, 0, 160, 0, 0)).faults


def test_a_crop_within_bars_is_what_is_within_them() -> None:
    surface = np.clip(ground(300, 200, (70, 70, 70)) + np.random.default_rng(1).normal(0, 6, (200, 300, 3)), 0, 255)
    located = locate(bars(surface.astype(np.uint8), 30, 0, 30, 0))
    assert located.whole
    assert located.quad.tolist() == box_quad(0, 30, 299, 229).tolist()
