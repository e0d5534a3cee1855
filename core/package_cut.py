"""Whether the picture's border cuts through a package, rather than being cropped around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import grown, side_lengths_wh
from core.package_edges import apartness, side_contrasts
from core.package_masks import Mask
from core.reading import Quad

REAL_SIDE = 30.0  # contrast across a side that is surely an edge
LONG_RUN, NO_RUN = 1.2, 0.1  # of the shorter side: how far the body lies at the border that cuts it, and at the others
RIM_PX = 3  # working px at a border that belong to it; the region's own rim is lost to the smoothing
LEAST_APART = 30.0  # grey levels between the part and what is around it
CONTACT = 0.35  # of the package's run along a border that must lie at it for the package to be cut there
TOUCHING, FREE = 0.012, 0.02  # margins, in picture sizes: at the border; with something else to be seen beyond

OPPOSITE = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


def is_cut(picture: NDArray[np.uint8], quad: Quad, body: Mask) -> bool:
    """Say whether a border of `picture` (H, W, 3) cuts through the package at `quad`, found as the region `body`.

    It runs out of the picture on one side along a good part of its width, while its other three sides are plain edges
    with another world beyond. Where a side is doubtful (a cut askew leaves no rectangle) the body itself must lie along
    that border for more than its own breadth, and at no other. A picture cropped to the package shows neither end, or
    both.
    """
    seen = [side for side in side_contrasts(picture, quad) if side is not None]
    if len(seen) < 2 or np.median(seen) < REAL_SIDE or apartness(picture, quad) < LEAST_APART:
        return False
    if len(seen) >= 3 and min(seen) >= REAL_SIDE and _runs_out(quad, (picture.shape[1], picture.shape[0])):
        return True
    *rest, longest = sorted(_runs(quad, body).values())
    return longest >= LONG_RUN and max(rest) <= NO_RUN


def _runs_out(quad: Quad, size_wh: tuple[int, int]) -> bool:
    """Say whether the rectangle lies at one border along a good part of its width, and is free at the opposite one."""
    margins = _margins(quad, size_wh)
    return any(
        margin <= TOUCHING and margins[OPPOSITE[side]] >= FREE and _contact(quad, side, size_wh) >= CONTACT
        for side, margin in margins.items()
    )


def _runs(quad: Quad, body: Mask) -> dict[str, float]:
    """Return how much of each border is body, in lengths of the package's shorter side."""
    drawn = np.zeros_like(body)
    cv2.fillConvexPoly(drawn, np.rint(grown(quad, 2, 2)).astype(np.int32), 1)
    rims = _rims(body & drawn, RIM_PX)
    return {side: float(rim.any(axis=1).sum()) / max(min(side_lengths_wh(quad)), 1.0) for side, rim in rims.items()}


def _rims(mask: Mask, depth_px: int) -> dict[str, Mask]:
    """Return the strips of a mask along each border, a row for each pixel of that border."""
    left, right = mask[:, :depth_px], mask[:, -depth_px:]
    return {"left": left, "right": right, "top": mask[:depth_px].T, "bottom": mask[-depth_px:].T}


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
    axis = 1 if side in {"left", "right"} else 0
    extent = float(quad[:, axis].max() - quad[:, axis].min())
    return float(_rims(drawn, depth)[side].any(axis=1).sum()) / max(extent, 1.0)
