"""From an outline to a view of even scale."""

from __future__ import annotations

import numpy as np
import pytest

from core.geometry import as_quad, box_quad
from core.rectify import GREATEST_ENLARGEMENT, rectify
from tests.core.pictures import body, ground, overlap, with_package


@pytest.mark.parametrize("degrees", [0, 20, 45, -70])
@pytest.mark.parametrize("area", [20_000.0, 150_000.0])
def test_a_view_shows_the_package_alone_at_the_area_asked_for(degrees: float, area: float) -> None:
    quad = body((320, 240), (300, 150), degrees)
    grey = with_package(ground(), quad).mean(axis=2).astype(np.uint8)

    view = rectify(grey, quad, area_px=area)

    width, height = view.size_wh
    assert width * height == pytest.approx(area, rel=0.05)
    assert width / height == pytest.approx(2.0, rel=0.05)
    assert view.pixels[3:-3, 3:-3].max() < 80
    assert overlap(as_quad(view.original(view.quad)), quad) > 0.97


def test_a_margin_shows_what_lies_around() -> None:
    quad = body((320, 240), (300, 150))
    grey = with_package(ground(), quad, leads=0).mean(axis=2).astype(np.uint8)
    assert rectify(grey, quad, area_px=90_000, margin=0.1).pixels[0].min() > 200


def test_little_pictures_are_not_blown_up_without_bound() -> None:
    view = rectify(np.zeros((10, 10), np.uint8), box_quad(0, 0, 9, 9), area_px=1e6)
    assert max(view.size_wh) <= 9 * GREATEST_ENLARGEMENT + 1


def test_shrinking_averages_thin_strokes() -> None:
    grey = np.zeros((800, 800), np.uint8)
    grey[::4] = 200
    view = rectify(grey, box_quad(0, 0, 799, 799), area_px=10_000)
    assert view.pixels[10:-10, 10:-10].std() < 12
    assert view.pixels.mean() == pytest.approx(50, abs=8)


def test_points_of_the_view_are_points_of_the_picture() -> None:
    grey = np.zeros((400, 600), np.uint8)
    grey[298:303, 398:403] = 255
    view = rectify(grey, box_quad(100, 100, 500, 380), area_px=20_000)
    y, x = np.unravel_index(int(view.pixels.argmax()), view.pixels.shape)
    assert view.original(np.array([[x, y]], np.float32))[0] == pytest.approx([400, 300], abs=3)
