"""Regions that may be a package: proposed, filled, opened, taken out."""

from __future__ import annotations

import numpy as np
import pytest

from core.geometry import box_quad
from core.package_masks import filled, opened, proposed_masks, without
from tests.core.pictures import BOARD, WHITE, body, ground, with_package


@pytest.mark.parametrize("colour", [WHITE, BOARD], ids=["backlight", "board"])
def test_some_proposed_region_is_the_body(colour: tuple[int, int, int]) -> None:
    quad = body((112, 84), (120, 60))
    picture = with_package(ground(224, 168, colour), quad)
    inside = np.zeros((168, 224), bool)
    inside[54:114, 52:172] = True

    def likeness(mask: np.ndarray) -> float:
        return float((mask.astype(bool) & inside).sum() / (mask.astype(bool) | inside).sum())

    masks = list(proposed_masks(picture))
    assert max(map(likeness, masks)) > 0.75
    assert all(mask.dtype == np.uint8 and set(np.unique(mask)) <= {0, 1} for mask in masks)


def test_holes_are_filled_but_bays_are_not() -> None:
    mask = np.zeros((20, 20), np.uint8)
    mask[2:18, 2:18] = 1
    mask[8:10, 8:10] = 0
    mask[2:6, 12:14] = 0
    assert filled(mask)[8, 8] == 1
    assert filled(mask)[3, 12] == 0


def test_opening_takes_off_what_is_thinner_than_the_body() -> None:
    mask = np.zeros((80, 120), np.uint8)
    mask[20:60, 30:90] = 1
    mask[38:42, :] = 1
    piece = opened(mask, 0.4)
    assert piece is not None
    assert piece[40, 10] == 0
    assert piece[40, 60] == 1
    assert opened(np.zeros((80, 120), np.uint8), 0.4) is None


def test_a_found_package_is_taken_out_with_its_surroundings() -> None:
    rest = without(np.ones((60, 60), np.uint8), box_quad(20, 20, 40, 40))
    assert rest[30, 30] == rest[19, 30] == 0
    assert rest[10, 10] == 1
