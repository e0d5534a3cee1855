"""The PP-OCR reader: locate, rectify, bring out, detect, read both ways up, keep what reads best.

Each attempt of `PLAN` is a view of the package (contrast method, size); the first that reads surely ends the search,
else the best of all is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.attempt import Attempt, Piece, rotation_ccw_deg, turned_quad
from core.contrast import METHODS
from core.detection import Detector, TextBox
from core.engines import Clock
from core.frame import Frame
from core.geometry import View, box_quad
from core.orientation import along_x, quarters_to_try
from core.package import NO_PACKAGE, Located, locate
from core.reading import MarkReading, Quad
from core.recognition import Recogniser, crop_line
from core.rectify import rectify
from core.stopwatch import Stopwatch

PREPROCESSING = "prep-1"  # to be raised whenever pixels reach the models in another way


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look at a package: contrast method (see `core.contrast`), view size and margin around the outline."""

    contrast: str
    area_px: float = 300_000.0
    margin: float = 0.0


PLAN = (Look("clahe"), Look("flat"))
SURE_CONFIDENCE = 0.9
SURE_CHARACTERS = 6


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
        lines = best.lines() if best is not None else ()
        faults = located.faults
        if not lines and located.whole:
            faults = (NO_PACKAGE,)
        outline = None if NO_PACKAGE in faults else located.outline
        return MarkReading(lines, outline, rotation_ccw_deg(lines), faults, watch.seconds)

    def _best(self, frame: Frame, located: Located, watch: Stopwatch) -> Attempt | None:
        best: Attempt | None = None
        for attempt in self._attempts(frame, located, watch):
            if best is None or attempt.score > best.score:
                best = attempt
            if _is_sure(best):
                break
        return best

    def _attempts(self, frame: Frame, located: Located, watch: Stopwatch) -> Iterator[Attempt]:
        if located.outline is None:
            return
        grey = np.asarray(cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        for outline in _outlines(located, frame.size_wh):
            for look in self._plan:
                yield self._attempt(grey, outline, look, watch)

    def _attempt(self, grey: NDArray[np.uint8], outline: Quad, look: Look, watch: Stopwatch) -> Attempt:
        """Look at the package once; return the best of the ways up that its text allows."""
        with watch.timing("rectify"):
            view = _seen(grey, outline, look)
        with watch.timing("detect"):
            boxes = self._detector.detect(view.pixels)
        attempts = [
            attempt for quarter in quarters_to_try(boxes) for attempt in self._both_ways(view, boxes, quarter, watch)
        ]
        return max(attempts, key=lambda attempt: attempt.score)

    def _both_ways(self, view: View, boxes: list[TextBox], quarter: int, watch: Stopwatch) -> list[Attempt]:
        if quarter:
            view = view.turned(quarter)
            with watch.timing("detect"):
                boxes = self._detector.detect(view.pixels)
        with watch.timing("read"):
            return [self._read(view, along_x(boxes), turn) for turn in (0, 2)]

    def _read(self, view: View, boxes: list[TextBox], turn: int) -> Attempt:
        quads = [turned_quad(box.quad, turn) for box in boxes]
        crops = [crop_line(view.pixels, quad) for quad in quads]
        emissions = self._recogniser.read([crop for crop, _ in crops])
        pieces = (
            Piece(quad, answer, view.to_original @ back)
            for quad, answer, (_, back) in zip(quads, emissions, crops, strict=True)
        )
        return Attempt(view, turn, tuple(pieces))


def _seen(grey: NDArray[np.uint8], outline: Quad, look: Look) -> View:
    view = rectify(grey, outline, area_px=look.area_px, margin=look.margin)
    return View(METHODS[look.contrast](view.pixels), view.to_original)


def _outlines(located: Located, size_wh: tuple[int, int]) -> list[Quad]:
    """Return the outlines to read in: the one found and, where that is doubtful, the whole picture."""
    assert located.outline is not None  # noqa: S101 - the caller has looked
    if located.whole or located.sure:
        return [located.outline]
    return [located.outline, box_quad(0, 0, size_wh[0] - 1, size_wh[1] - 1)]


def _is_sure(attempt: Attempt) -> bool:
    characters = sum(len(piece.confidences) for piece in attempt.pieces)
    return characters >= SURE_CHARACTERS and attempt.mean_confidence >= SURE_CONFIDENCE
