"""How much a rectangle in a picture looks like the edges of a package."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import box_quad, grown, homography, side_lengths_wh
from core.reading import Quad

MOST_APART = 40.0  # grey levels; surroundings that differ by more are no better

# The rectangle is looked at in one fixed frame, so that bands along its sides mean the same at any size and angle.
CANON_PX, MARGIN_PX = 96, 14
CANON = box_quad(MARGIN_PX, MARGIN_PX, CANON_PX - 1 - MARGIN_PX, CANON_PX - 1 - MARGIN_PX)
ALONG = slice(MARGIN_PX + 6, CANON_PX - MARGIN_PX - 6)
INSIDE = slice(MARGIN_PX + 3, MARGIN_PX + 7)
OUTSIDE = slice(MARGIN_PX - 6, MARGIN_PX - 1)
UNSEEN_SIDE = 12.0  # what a side counts that lies on the picture's border
SIDE_RANGE = (-20.0, 60.0)
PIECES = 4
DARKER_BY, DARKER_COUNTS = 25.0, 0.3  # surroundings darker than the part: print or a label, seldom a package

# Of a package's inside at least two thirds are its surface; what is left is print. Ink covers less of a word than that.
SURFACE = 65.0
PRINT_SHARE = 0.28  # of 277 photos' packages that stand out this much the greatest had 0.24, drawn words 0.22 to 0.60
PRINT_APART = 30.0  # grey levels


def edge_score(small: NDArray[np.uint8], quad: Quad) -> float:
    """Say how much the four sides of `quad` look like a package's, in grey levels; about 60 is perfect, 0 is nothing.

    A side counts the difference of colour across it plus the unevenness along it outside (leads) less that inside;
    the mean and the least side count alike.
    """
    sides = side_contrasts(small, quad)
    seen = [UNSEEN_SIDE if side is None else side for side in sides]
    return float(np.mean(seen) + min(seen)) / 2 - 0.5 * _rim_unevenness(small, quad)


def side_contrasts(small: NDArray[np.uint8], quad: Quad) -> list[float | None]:
    """Return the contrast across the top, right, bottom and left side; None for a side at the picture's border."""
    matrix = homography(quad, CANON)
    size = (CANON_PX, CANON_PX)
    seen = cv2.warpPerspective(small, matrix, size, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    inside = cv2.warpPerspective(np.ones(small.shape[:2], np.uint8), matrix, size, flags=cv2.INTER_NEAREST)
    return [_side_contrast(np.rot90(seen, turn), np.rot90(inside, turn)) for turn in range(4)]


def _side_contrast(seen: NDArray[np.float32], inside: NDArray[np.uint8]) -> float | None:
    rows = inside[OUTSIDE, ALONG].mean(axis=1) > 0.6
    if not rows.any():
        return None
    within, beyond = seen[INSIDE, ALONG], seen[OUTSIDE, ALONG][rows]
    pieces = zip(np.array_split(within, PIECES, axis=1), np.array_split(beyond, PIECES, axis=1), strict=True)
    # The second-least piece: an edge runs the whole side but for a notch, print crosses a part of it.
    return sorted(_contrast(*piece) for piece in pieces)[1]


def _contrast(within: NDArray[np.float32], beyond: NDArray[np.float32]) -> float:
    inner, outer = np.median(within, axis=(0, 1)), beyond.mean(axis=(0, 1))
    step = np.abs(inner - outer).max() * (1.0 if outer.mean() > inner.mean() - DARKER_BY else DARKER_COUNTS)
    contrast = step + beyond.mean(axis=(0, 2)).std() - _spread(within.mean(axis=2))
    return float(np.clip(contrast, *SIDE_RANGE))


def _rim_unevenness(small: NDArray[np.uint8], quad: Quad) -> float:
    seen = cv2.warpPerspective(small, homography(quad, CANON), (CANON_PX, CANON_PX), borderMode=cv2.BORDER_REPLICATE)
    grey = seen.mean(axis=2)
    return _spread(np.concatenate([np.rot90(grey, turn)[INSIDE, ALONG].ravel() for turn in range(4)]))


def _spread(values: NDArray[np.floating[Any]]) -> float:
    """Return the root mean square distance from the median, each distance capped: print on the rim counts some."""
    return float(np.sqrt(np.mean(np.minimum(np.abs(values - np.median(values)), 40.0) ** 2)))


def apartness(small: NDArray[np.uint8], quad: Quad) -> float:
    """Return how far the surroundings differ from the inside, 0..`MOST_APART` grey levels.

    A blank piece of a package's surface has more of that surface around it; a package has not.
    """
    margin = 0.12 * min(side_lengths_wh(quad))
    inside, around = np.zeros(small.shape[:2], np.uint8), np.ones(small.shape[:2], np.uint8)
    cv2.fillConvexPoly(inside, np.rint(quad).astype(np.int32), 1)
    cv2.fillConvexPoly(around, np.rint(grown(quad, margin, margin)).astype(np.int32), 0)
    if around.mean() < 0.05:
        return MOST_APART / 2
    every = small[::2, ::2]  # a quarter of the pixels gives the same medians
    step = np.median(every[inside[::2, ::2] > 0], axis=0) - np.median(every[around[::2, ::2] > 0], axis=0)
    return float(min(MOST_APART, np.abs(step).max()))


def is_print(small: NDArray[np.uint8], quad: Quad) -> bool:
    """Say whether a rectangle holds strokes of print rather than a surface: paper shows between them.

    A good part of the inside of a word, or of a letter, is nearer to the surroundings than to what stands out most.
    """
    width = max(2.0, 0.12 * min(side_lengths_wh(quad)))
    inside = _drawn(small, quad)
    around = _drawn(small, grown(quad, 3 * width, 3 * width)) & ~_drawn(small, grown(quad, width, width))
    if not around.any() or not inside.any():
        return False
    surroundings = np.median(small[around], axis=0)
    apart = np.abs(small[inside] - surroundings).max(axis=1)
    surface = float(np.percentile(apart, SURFACE))
    return surface >= PRINT_APART and float((apart < surface / 2).mean()) > PRINT_SHARE


def _drawn(small: NDArray[np.uint8], quad: Quad) -> NDArray[np.bool_]:
    drawn = np.zeros(small.shape[:2], np.uint8)
    cv2.fillConvexPoly(drawn, np.rint(quad).astype(np.int32), 1)
    return drawn > 0
