"""The PP-OCR reader: locate, rectify, bring out, detect, read both ways up, keep what reads best.

1. Each look of `PLAN` is a view of the package (contrast method, size); the first that reads surely ends the search,
   else the best of all is taken.
2. Print that reaches a side of the outline may go on beyond it. It is read again with more around it; where more of it
   stands there the outline was wrong, and where its end is not to be seen the reading says so (`PRINT_CUT`).
3. A picture in which no package was found is read as a crop of one, and has no outline. Only a line that reads as text
   beyond doubt proves that there is a part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from core.attempt import ENOUGH, Attempt, Piece, rotation_ccw_deg
from core.clipped_print import clipped, goes_on, holds, open_ended
from core.contrast import METHODS, Grey
from core.detection import Detector
from core.engines import Clock
from core.frame import Frame
from core.geometry import View, area_px, grown, side_lengths_wh
from core.glance import Glance
from core.package import NO_PACKAGE, Located, locate, whole_picture
from core.reading import LineReading, MarkReading
from core.recognition import Recogniser
from core.rectify import rectify
from core.stopwatch import Stopwatch

PREPROCESSING = "prep-2"  # to be raised whenever pixels reach the models in another way


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look at a package: contrast method (a name of `core.contrast.METHODS`) and size of the view."""

    contrast: str
    area_px: float

    def __post_init__(self) -> None:
        if self.contrast not in METHODS:
            raise ValueError(f"expected one of {', '.join(METHODS)}, got {self.contrast!r}")

    def at_scale(self, times: float) -> Look:
        """Return the look at a region so many times as large, so that its print is seen as large as before."""
        return Look(self.contrast, min(self.area_px * times, MOST_AREA_PX))


MOST_AREA_PX = 1_000_000.0  # of a view; more costs time and shows no more

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


PRINT_CUT = "PRINT_CUT"
WIDER = 0.3  # of the outline's longer side: how far beyond it cut-off print is looked for first
PROOF = 4  # characters of a line that proves a part in a picture without an outline


@dataclass(frozen=True, eq=False)
class Found:
    """An attempt, the region it was made in and the look at it."""

    region: Located
    look: Look
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
        grey = np.asarray(cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        best = self._best(grey, located, watch)
        if best is None:
            return MarkReading((), None, 0.0, located.faults, watch.seconds)
        best, cut = self._unclipped(grey, self._not_print(grey, best, watch), watch)
        lines = best.attempt.lines()
        outline = None if best.region.whole else best.region.outline
        return MarkReading(lines, outline, rotation_ccw_deg(lines), _faults(best.region, lines, cut), watch.seconds)

    def _best(self, grey: Grey, located: Located, watch: Stopwatch) -> Found | None:
        best: Found | None = None
        for region, look in product(_regions(located, _size_wh(grey)), self._plan):
            glance = self._glance(grey, region, look, watch)
            # Once a look at this region has read well, the others need not ask again which way is up.
            known = best is not None and best.region is region and best.attempt.is_sure(ORIENTED)
            attempt = glance.attempt(best.attempt.way) if best is not None and known else glance.best(ORIENTED)
            if best is None or attempt.score > best.attempt.score:
                best = Found(region, look, attempt)
            if best.attempt.is_sure(SURE):
                break
        return best

    def _glance(self, grey: Grey, region: Located, look: Look, watch: Stopwatch) -> Glance:
        with watch.timing("rectify"):
            view = rectify(grey, region.quad, area_px=look.area_px)
            view = View(METHODS[look.contrast](view.pixels), view.to_original)
        return Glance(view, self._detector, self._recogniser, watch)

    def _not_print(self, grey: Grey, best: Found, watch: Stopwatch) -> Found:
        """Return the best attempt, or one in the whole picture where what was taken for a package is print in it."""
        if best.region.whole or best.attempt.count >= ENOUGH:
            return best
        wide = self._again(grey, best, whole_picture(_size_wh(grey)), watch)
        return wide if holds(wide.attempt, best.region.quad) else best

    def _unclipped(self, grey: Grey, best: Found, watch: Stopwatch) -> tuple[Found, list[Piece]]:
        """Return the best attempt, taken in a wider region where its print goes on there, and the print that is cut."""
        size_wh = _size_wh(grey)
        cut = clipped(best.attempt, best.region.quad, size_wh)
        for region in _wider(best.region, size_wh):
            if not cut:
                break
            wide = self._again(grey, best, region, watch)
            cut_there = clipped(wide.attempt, region.quad, size_wh)
            if wide.attempt.score > best.attempt.score and goes_on(cut, wide.attempt):
                best, cut = wide, cut_there
            else:
                cut = open_ended(cut, wide.attempt, cut_there)
        return best, cut

    def _again(self, grey: Grey, found: Found, region: Located, watch: Stopwatch) -> Found:
        """Look once more in the same way, in a wider region."""
        look = found.look.at_scale(area_px(region.quad) / area_px(found.region.quad))
        glance = self._glance(grey, region, look, watch)
        # Which way is up carries over to an outline moved outwards, and not to the picture, which may lie otherwise.
        attempt = glance.best(ORIENTED) if region.whole else glance.attempt(found.attempt.way)
        return Found(region, look, attempt)


def _size_wh(grey: Grey) -> tuple[int, int]:
    return grey.shape[1], grey.shape[0]


def _regions(located: Located, size_wh: tuple[int, int]) -> list[Located]:
    """Return where to read: in the outline found and, where that is doubtful, in the whole picture too."""
    if located.outline is None:
        return []
    if located.whole or located.sure:
        return [located]
    return [located, whole_picture(size_wh)]


def _wider(region: Located, size_wh: tuple[int, int]) -> list[Located]:
    """Return where print that is cut off in a region may be whole; nowhere, for what cannot be judged anyway."""
    if region.whole or region.faults:
        return []
    beyond = WIDER * max(side_lengths_wh(region.quad))
    return [Located(grown(region.quad, beyond, beyond)), whole_picture(size_wh)]


def _faults(region: Located, lines: Sequence[LineReading], cut: Sequence[Piece]) -> tuple[str, ...]:
    """Return the faults of the region, and what the reading adds to them."""
    if region.whole and not any(len(line.text) >= PROOF and line.mean_confidence >= ORIENTED for line in lines):
        return (NO_PACKAGE,)
    return (*region.faults, PRINT_CUT) if cut else region.faults
