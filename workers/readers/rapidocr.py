"""RapidOCR's own pipeline as it comes, with its own threads: the peer that the PP-OCR reader is measured against."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

from rapidocr import RapidOCR

from core.attempt import rotation_ccw_deg
from core.engines import Clock, Reader
from core.frame import Frame
from core.geometry import as_quad
from core.reading import MarkReading
from core.stopwatch import Stopwatch
from workers.readers.plain_line import plain_line


class RapidOcrReader:
    """Stock RapidOCR: detection, 180-degree classifier, recognition; no search for the package, no equalising."""

    name = "rapidocr"

    def __init__(self) -> None:
        self._engine = _engine()
        self.version = f"rapidocr:{version('rapidocr')}"

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        """Read every line of the whole picture, top to bottom."""
        watch = Stopwatch(clock)
        with watch.timing("read"):
            answer = self._engine(frame.pixels)
        found = zip(answer.boxes, answer.txts, answer.scores, strict=True) if answer.txts is not None else ()
        lines = tuple(plain_line(text, as_quad(box), float(score)) for box, text, score in found if text)
        return MarkReading(lines, None, rotation_ccw_deg(lines), (), watch.seconds)


@cache
def _engine() -> Any:
    return RapidOCR(params={"Global.log_level": "critical"})


def build() -> Reader:
    """Load RapidOCR and return the reader."""
    return RapidOcrReader()
