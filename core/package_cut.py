"""Whether the picture's border cuts through a package, rather than being cropped around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.package_edges import apartness, side_contrasts
from core.reading import Quad

REAL_SIDE = 30.0  # contrast across a side that is surely an edge
LEAST_APART = 30.0  # grey levels between the part and what is around it
CONTACT = 0.35  # of the package's run along a border that must lie at it for the package to be cut there
TOUCHING, FREE = 0.012, 0.02  # margins, in picture sizes: at the border; with something else to be seen beyond

OPPOSITE = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


def is_cut(picture: NDArray[np.uint8], quad: Quad) -> bool:
    """Say whether a border of `picture` (H, W, 3) cuts through the package at `quad`.

    It runs out of the picture on one side along a good part of its width, while its other three sides are plain edges
    with another world beyond. A picture cropped to the package shows neither end, or both.
    """
    seen = [side for side in side_contrasts(picture, quad) if side is not None]
    if len(seen) < 3 or min(seen) < REAL_SIDE or apartness(picture, quad) < LEAST_APART:
        return False
    size = picture.shape[1], picture.shape[0]
    margins = _margins(quad, size)
    return any(
        margin <= TOUCHING and margins[OPPOSITE[side]] >= FREE and _contact(quad, side, size) >= CONTACT
        for side, margin in margins.items()
    )


def _margins(quad: Quad, size_wh: tuple[int, int]) -> dict[str, float]:
    """Return how far the package stays from each border, in picture sizes."""
    width, height = size_wh
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    across = {"left": float(left) / width, "right": (width - 1 - float(right)) / width}
    return across | {"top": float(top) / height, "bottom": (height - 1 - float(bottom)) / height}


def _contact(quad: Quad, side: str, size_wh: tuple[int, int]) -> float:
    """Return how much of the package's extent along a border lies at that border, 0..1."""
    width, height = size_wh
    drawn = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(drawn, np.rint(quad).astype(np.int32), 1)
    depth = max(2, round(0.02 * max(size_wh)))
    rows = {"left": drawn[:, :depth], "right": drawn[:, -depth:], "top": drawn[:depth].T, "bottom": drawn[-depth:].T}
    axis = 1 if side in {"left", "right"} else 0
    extent = float(quad[:, axis].max() - quad[:, axis].min())
    return float(rows[side].any(axis=1).sum()) / max(extent, 1.0)
