"""The PP-OCR reader: locate, rectify, bring out, detect, read both ways up, keep what reads best.

Each look of `PLAN` is a view of the package (contrast method, size); the first that reads surely ends the search,
else the best of all is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from core.attempt import Attempt, rotation_ccw_deg
from core.contrast import METHODS
from core.detection import Detector
from core.engines import Clock
from core.frame import Frame
from core.geometry import View, box_quad
from core.glance import Glance
from core.package import NO_PACKAGE, Located, locate
from core.reading import MarkReading
from core.recognition import Recogniser
from core.rectify import rectify
from core.stopwatch import Stopwatch

PREPROCESSING = "prep-1"  # to be raised whenever pixels reach the models in another way


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look at a package: contrast method (a name of `core.contrast.METHODS`) and size of the view."""

    contrast: str
    area_px: float

    def __post_init__(self) -> None:
        if self.contrast not in METHODS:
            raise ValueError(f"expected one of {', '.join(METHODS)}, got {self.contrast!r}")


# Tuned on the photos of real chips: small views read as well as large ones and cost less; no method suits all.
PLAN = (
    Look("clahe", 150_000.0),
    Look("flat", 150_000.0),
    Look("clahe", 300_000.0),
    Look("plain", 150_000.0),
    Look("flat", 300_000.0),
    Look("plain", 600_000.0),
)
SURE, ORIENTED = 0.95, 0.85  # mean confidence that ends the search; that settles which way is up


@dataclass(frozen=True, eq=False)
class Found:
    """An attempt, and the region it was made in."""

    region: Located
    attempt: Attempt


class PpOcrReader:
    """Reads marks with PP-OCR's detection and recognition models; satisfies `core.engines.Reader`."""

    name = "ppocr"

    def __init__(self, detector: Detector, recogniser: Recogniser, plan: tuple[Look, ...] = PLAN) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._plan = plan
        self.version = f"ppocr:{detector.version}:{recogniser.version}:{PREPROCESSING}"

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        """Read the mark in `frame`; a picture with nothing to read gives no lines and says why in `faults`."""
        watch = Stopwatch(clock)
        with watch.timing("locate"):
            located = locate(frame.pixels)
        best = self._best(frame, located, watch)
        lines = best.attempt.lines() if best is not None else ()
        region = best.region if best is not None else located
        if region.whole and not lines:
            region = Located(None, (NO_PACKAGE,))
        return MarkReading(lines, region.outline, rotation_ccw_deg(lines), region.faults, watch.seconds)

    def _best(self, frame: Frame, located: Located, watch: Stopwatch) -> Found | None:
        best: Found | None = None
        grey = np.asarray(cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        for region, look in product(_regions(located, frame.size_wh), self._plan):
            with watch.timing("rectify"):
                view = _seen(grey, region, look)
            glance = Glance(view, self._detector, self._recogniser, watch)
            # Once a look at this region has read well, the others need not ask again which way is up.
            known = best is not None and best.region is region and best.attempt.is_sure(ORIENTED)
            attempt = glance.attempt(best.attempt.way) if best is not None and known else glance.best(ORIENTED)
            if best is None or attempt.score > best.attempt.score:
                best = Found(region, attempt)
            if best.attempt.is_sure(SURE):
                break
        return best


def _seen(grey: NDArray[np.uint8], region: Located, look: Look) -> View:
    assert region.outline is not None  # noqa: S101 - a region to read in has one
    view = rectify(grey, region.outline, area_px=look.area_px)
    return View(METHODS[look.contrast](view.pixels), view.to_original)


def _regions(located: Located, size_wh: tuple[int, int]) -> list[Located]:
    """Return where to read: in the outline found and, where that is doubtful, in the whole picture too."""
    if located.outline is None:
        return []
    if located.whole or located.sure:
        return [located]
    return [located, Located(box_quad(0, 0, size_wh[0] - 1, size_wh[1] - 1), whole=True)]
