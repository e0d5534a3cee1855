"""A picture made small enough for a list."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Frame

SIDE_PX = 256
"""The longer side of a thumbnail."""

QUALITY = 82


def thumbnail_wh(size_wh: tuple[int, int], side_px: int = SIDE_PX) -> tuple[int, int]:
    """Return width and height of the thumbnail of a picture of some size."""
    width, height = size_wh
    scale = side_px / max(width, height, side_px)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _nearly(pixels: NDArray[np.uint8], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """Return pixels made smaller by the largest whole factor that leaves more than `size_wh`: a third of the cost.

    Rows and columns at the far sides that no whole block of pixels covers are left out.
    """
    height, width = pixels.shape[:2]
    factor = min(width // size_wh[0], height // size_wh[1])
    if factor < 2:
        return pixels
    nearly_wh = width // factor, height // factor
    whole = pixels[: nearly_wh[1] * factor, : nearly_wh[0] * factor]
    return cv2.resize(whole, nearly_wh, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def thumbnail(frame: Frame, side_px: int = SIDE_PX) -> bytes:
    """Return a frame as a JPEG whose longer side is at most `side_px`; it is never made larger.

    The same frame gives the same bytes, so that it is kept once however often it is made.
    """
    size_wh = thumbnail_wh(frame.size_wh, side_px)
    small = frame.pixels
    if size_wh != frame.size_wh:
        small = cv2.resize(_nearly(small, size_wh), size_wh, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    done, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise RuntimeError(f"a frame of {frame.size_wh} could not be encoded")
    return encoded.tobytes()
