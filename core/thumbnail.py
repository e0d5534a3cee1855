"""A picture made small enough for a list."""

from __future__ import annotations

import cv2

from core.frame import Frame

SIDE_PX = 256
"""The longer side of a thumbnail."""

QUALITY = 82


def thumbnail_wh(size_wh: tuple[int, int], side_px: int = SIDE_PX) -> tuple[int, int]:
    """Return width and height of the thumbnail of a picture of some size."""
    width, height = size_wh
    scale = side_px / max(width, height, side_px)
    return max(1, round(width * scale)), max(1, round(height * scale))


def thumbnail(frame: Frame, side_px: int = SIDE_PX) -> bytes:
    """Return a frame as a JPEG whose longer side is at most `side_px`; it is never made larger.

    The same frame gives the same bytes, so that it is kept once however often it is made.
    """
    size_wh = thumbnail_wh(frame.size_wh, side_px)
    small = frame.pixels
    if size_wh != frame.size_wh:
        small = cv2.resize(small, size_wh, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    done, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise RuntimeError(f"a frame of {frame.size_wh} could not be encoded")
    return encoded.tobytes()
