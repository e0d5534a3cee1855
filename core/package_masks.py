"""Regions of a picture that may be a package: dark ones, and ones of the colour found around the middle."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import grown, side_lengths_wh
from core.reading import Quad

Mask = NDArray[np.uint8]

BRIGHTNESSES = (1.0, 0.75, 1.25)  # times Otsu's threshold
COLOUR_RADII = (20.0, 12.0, 7.0)  # in OpenCV's 8-bit Lab
SEEDS = ((0.0, 0.0), (-0.16, 0.0), (0.16, 0.0), (0.0, -0.16), (0.0, 0.16))  # from the middle, in picture sizes
SEEDS_ALIKE = 4.0
LEAST_CIRCLE_PX = 5.0
STROKE = 0.035  # of the picture: gaps up to this are taken for print on the surface


def proposed_masks(small: NDArray[np.uint8]) -> Iterator[Mask]:
    """Yield 0/1 masks of regions of `small` (H, W, 3), likeliest first; each with its print filled in and not."""
    for mask in _plain_masks(small):
        yield mask
        yield filled(mask)
        yield filled(_closed(mask))


def _plain_masks(small: NDArray[np.uint8]) -> Iterator[Mask]:
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    otsu, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    for factor in BRIGHTNESSES:
        yield (grey <= otsu * factor).astype(np.uint8)
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32)
    for colour in _seed_colours(lab):
        far = np.sqrt(((lab - colour) ** 2).sum(axis=2))
        for radius in COLOUR_RADII:
            yield (far <= radius).astype(np.uint8)
    yield (grey <= (otsu + float(grey.min())) / 2).astype(np.uint8)


def _seed_colours(lab: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    height, width = lab.shape[:2]
    reach = max(3, min(height, width) // 14)
    colours: list[NDArray[np.float32]] = []
    for right, down in SEEDS:
        x, y = int(width * (0.5 + right)), int(height * (0.5 + down))
        patch = lab[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        colour = np.median(patch.reshape(-1, 3), axis=0)
        if all(np.abs(colour - other).max() >= SEEDS_ALIKE for other in colours):
            colours.append(colour)
    return colours


def filled(mask: Mask) -> Mask:
    """Return the mask with every hole filled that does not reach the picture's border."""
    outside = cv2.copyMakeBorder(1 - mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(outside, None, (0, 0), 0)
    return mask | outside[1:-1, 1:-1].astype(np.uint8)


def _closed(mask: Mask) -> Mask:
    size = max(3, round(STROKE * max(mask.shape)) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel), dtype=np.uint8)


def opened(mask: Mask, opening: float) -> Mask | None:
    """Open a mask by `opening` times its largest inscribed circle and keep the piece around that circle.

    Returns None when nothing in the mask is wide enough to be a package.
    """
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, 5)
    radius = float(depth.max())
    if radius < LEAST_CIRCLE_PX:
        return None
    middle = np.unravel_index(int(depth.argmax()), depth.shape)
    _, pieces = cv2.connectedComponents((depth > opening * radius).astype(np.uint8), connectivity=4)
    core = (pieces != pieces[middle]).astype(np.uint8)
    back: Mask = (cv2.distanceTransform(core, cv2.DIST_L2, 5) <= opening * radius).astype(np.uint8)
    return back[1:-1, 1:-1]


def without(mask: Mask, quad: Quad) -> Mask:
    """Return the mask with a found package and the leads around it taken out."""
    margin = 0.06 * min(side_lengths_wh(quad))
    rest = mask.copy()
    cv2.fillConvexPoly(rest, np.rint(grown(quad, margin, margin)).astype(np.int32), 0)
    return rest
