"""The black bars that programs put around a picture to bring it to a size: outside of the picture, and no dark part.

A bar is black through and through and ends in a straight line, along most of which what it frames is bright.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLACK = 16  # grey levels that compression leaves in black
BRIGHT = 48
SOFT_PX = 2  # of the bar's edge that compression blurs
BRIGHT_SHARE = 0.5  # of the line along which a bar ends; the rest may be a dark part that the bar cuts
LEAST_SHARE = 0.25  # of the picture that what is framed must fill; less is a bright thing on black ground


def framed(pixels: NDArray[np.uint8]) -> tuple[slice, slice]:
    """Return the rows and columns of `pixels` (H, W, 3) within its black bars; all of them where it has none."""
    everything = slice(0, pixels.shape[0]), slice(0, pixels.shape[1])
    if min(int(edge.max()) for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])) > BLACK:
        return everything  # seldom has a picture bars, and looking through all of it takes time
    lightness = pixels.max(axis=2)
    rows, columns = np.flatnonzero(lightness.max(axis=1) > BLACK), np.flatnonzero(lightness.max(axis=0) > BLACK)
    if not len(rows):
        return everything
    within = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    seen = lightness[within]
    known = seen.size >= LEAST_SHARE * lightness.size and _is_bright(seen, everything, within)
    return within if known else everything


def _is_bright(seen: NDArray[np.uint8], everything: tuple[slice, slice], within: tuple[slice, slice]) -> bool:
    """Say whether what is framed is bright along every bar."""
    bars = {
        0: within[0].start > everything[0].start,
        1: within[1].stop < everything[1].stop,
        2: within[0].stop < everything[0].stop,
        3: within[1].start > everything[1].start,
    }
    lines = (np.rot90(seen, turn)[: SOFT_PX + 1].max(axis=0) for turn, bar in bars.items() if bar)
    return all(float((line > BRIGHT).mean()) >= BRIGHT_SHARE for line in lines)
