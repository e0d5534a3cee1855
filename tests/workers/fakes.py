"""Readers that cost nothing and do as they are told."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from core.engines import Clock, Engines
from core.errors import ReaderFailed
from core.frame import Frame
from core.reading import Candidate, CharacterReading, LineReading, MarkReading

QUAD = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], np.float32)


def mark(*texts: str) -> MarkReading:
    """A reading of lines, each character all but certain."""
    lines = tuple(
        LineReading(tuple(CharacterReading((Candidate(letter, -0.001),), QUAD) for letter in line), QUAD)
        for line in texts
    )
    return MarkReading(lines, QUAD, 0.0)


class Reads:
    """Reads the same lines in every picture."""

    name = "ppocr"
    version = "fake"

    def __init__(self, *texts: str) -> None:
        self._reading = mark(*texts)

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        return self._reading


class Fails:
    """Fails on a picture as often as told (for ever: no number), then reads it."""

    name = "ppocr"
    version = "fake"

    def __init__(self, error: Exception, times: int | None = None) -> None:
        self._error = error
        self._left = times

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        if self._left == 0:
            return mark("SN74LS00N")
        self._left = None if self._left is None else self._left - 1
        raise self._error


class Waits:
    """Begins to read and goes on when it is let; `begun` says that it has."""

    name = "ppocr"
    version = "fake"

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_go_on = threading.Event()

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        self.begun.set()
        assert self.may_go_on.wait(60)
        return mark("SN74LS00N")


class Dim(Fails):
    """Fails on dark pictures alone: those whose first pixel is black."""

    def __init__(self) -> None:
        super().__init__(ReaderFailed("too dark"))

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        return super().read(frame, clock) if not frame.pixels[0, 0].any() else mark("SN74LS00N")


Reader = Reads | Fails | Waits


def engines(reader: Reader | None = None) -> Callable[[], Engines]:
    """Return what `compose` takes to load the engines."""
    made = Engines({"ppocr": reader or Reads("SN74LS00N")}, lambda: 0.0)
    return lambda: made
