"""From a package's outline to an upright view of it at a scale at which text is well read."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import View, box_quad, grown, homography, side_lengths_wh
from core.reading import Quad

GREATEST_ENLARGEMENT = 6.0


def rectify(grey: NDArray[np.uint8], outline: Quad, *, area_px: float, margin: float = 0.0) -> View:
    """Warp what lies in `outline` (grown by `margin` of its shorter side) into a view of about `area_px` pixels.

    `grey` has shape (H, W), uint8. Shrinking is done on a shrunk picture, so that fine strokes are averaged rather
    than dropped.
    """
    edge = margin * min(side_lengths_wh(outline))
    quad = grown(outline, edge, edge)
    width, height = (max(1.0, side) for side in side_lengths_wh(quad))
    scale = min(GREATEST_ENLARGEMENT, float(np.sqrt(area_px / (width * height))))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    back = homography(box_quad(0, 0, size[0] - 1, size[1] - 1), quad)
    source, shrink = _shrunk(grey, scale)
    forth = np.linalg.inv(back) @ np.linalg.inv(shrink)
    flags = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR
    pixels = cv2.warpPerspective(source, forth, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return View(np.asarray(pixels, dtype=np.uint8), back)


def _shrunk(grey: NDArray[np.uint8], scale: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return the picture averaged down when `scale` is well below one, and the matrix from original to shrunk px."""
    if scale > 0.75:
        return grey, np.eye(3)
    height, width = grey.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    across, down = size[0] / width, size[1] / height
    shrink = np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]])
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8), shrink
