"""Bringing out faint marks."""

from __future__ import annotations

import numpy as np
import pytest

from core.contrast import METHODS, equalised, flattened, plain


def faint(width: int = 200, height: int = 120) -> np.ndarray:
    """Strokes three grey levels over a ground that brightens from left to right."""
    ground = np.tile(np.linspace(40, 160, width), (height, 1))
    ground[40:80:8, 30:170] += 3
    return ground.astype(np.uint8)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("shape", [(1, 1), (8, 300), (120, 200)])
def test_every_method_keeps_shape_and_depth(name: str, shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    answer = METHODS[name](grey)
    assert answer.shape == shape
    assert answer.dtype == np.uint8


@pytest.mark.parametrize("method", [equalised, flattened])
def test_faint_strokes_stand_out_more_than_before(method: object) -> None:
    def step(grey: np.ndarray) -> float:
        return float(np.abs(np.diff(grey.astype(float), axis=0))[39:80].max())

    assert step(METHODS["clahe" if method is equalised else "flat"](faint())) > 2 * step(faint())


def test_flattening_takes_out_uneven_light() -> None:
    flat, before = flattened(faint(800)).astype(float), faint(800).astype(float)
    middle = slice(100, 700)  # a window of 25 px deviation needs room on both sides
    assert np.ptp(flat[10, middle]) < 0.3 * np.ptp(before[10, middle])
    assert plain(faint()) is not None


@pytest.mark.parametrize("level", [0, 7, 128, 255])
def test_a_bare_surface_stays_bare(level: int) -> None:
    grey = np.full((60, 90), level, np.uint8)
    assert np.ptp(flattened(grey)) == 0
