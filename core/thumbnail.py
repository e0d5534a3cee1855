"""A picture made small enough for a list."""

from __future__ import annotations

import cv2

from core.frame import Frame

SIDE_PX = 256
"""The longer side of a thumbnail."""

QUALITY = 82


def thumbnail(frame: Frame, side_px: int = SIDE_PX) -> bytes:
    """Return a frame as a JPEG whose longer side is at most `side_px`; it is never made larger.

    The same frame gives the same bytes, so that it is kept once however often it is made.
    """
    width, height = frame.size_wh
    scale = side_px / max(width, height, side_px)
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = frame.pixels if scale == 1 else cv2.resize(frame.pixels, size_wh, interpolation=cv2.INTER_AREA)
    done, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise RuntimeError(f"a frame of {frame.size_wh} could not be encoded")
    return encoded.tobytes()
