"""Ways to bring out a faint mark: each takes and returns grey pixels of shape (H, W), uint8."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


def plain(grey: Grey) -> Grey:
    """Return the picture as it is."""
    return grey


def equalised(grey: Grey) -> Grey:
    """Equalise contrast in tiles, limited (CLAHE; Zuiderveld, Graphics Gems IV, 1994)."""
    return np.asarray(cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(grey), dtype=np.uint8)


def flattened(grey: Grey, sigma_px: float = 25.0) -> Grey:
    """Bring local mean and local deviation to the same level everywhere; the window is Gaussian, `sigma_px` wide.

    Clipped surroundings (a white backlight) are no print: their deviation is bounded from below, so that noise of a
    bare surface is not blown up to full contrast.
    """
    values = grey.astype(np.float32)
    mean = cv2.GaussianBlur(values, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT)
    centred = values - mean
    deviation = np.sqrt(cv2.GaussianBlur(centred * centred, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT))
    level = centred / np.maximum(deviation, 2.0)
    return np.clip(np.rint(128.0 + 42.0 * level), 0, 255).astype(np.uint8)


METHODS: dict[str, Callable[[Grey], Grey]] = {"plain": plain, "clahe": equalised, "flat": flattened}
