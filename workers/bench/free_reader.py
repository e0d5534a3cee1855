"""A reader that costs nothing, so that what is measured is the queue; and a worker that has no other.

`python -m workers.bench.free_reader --name worker-1` is that worker: the product's own in all but the engine. No other
way leads to it: the product's catalogue does not know it. With `--rest-ms` its reader takes so long, and none of this
machine's processor, as one that reads on an accelerator.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from functools import partial

import numpy as np

from core.engines import Clock, Engines
from core.frame import Frame
from core.inspection import DEFAULT_READER
from core.reading import Candidate, CharacterReading, LineReading, MarkReading
from data.acting import Actor, act_as
from data.settings import settings
from workers import logs, worker

LINES = ("MC74HC32AN", "AWLYYWWG12")
CANDIDATES = (("", -0.02), ("B", -4.4), ("8", -5.1), ("E", -6.3), ("3", -7.0))
"""What a place offers: the character itself, and four others, as many as our reader tells of."""


class FreeReader:
    """Reads the same mark in every picture, after `rest_s`; what it tells is as long as what is told of a real mark."""

    name = DEFAULT_READER
    version = "free"

    def __init__(self, rest_s: float = 0.0) -> None:
        self._rest_s = rest_s
        lines = tuple(_line(text, 20.0 * row) for row, text in enumerate(LINES))
        self._reading = MarkReading(lines, _quad(-5, -5, 130, 50), 0.0)

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        """Return the mark."""
        if not self._rest_s:
            return self._reading
        began = clock()
        time.sleep(self._rest_s)
        return replace(self._reading, seconds=(("read", clock() - began),))


def engines(rest_s: float = 0.0) -> Engines:
    """Return what `compose` is handed to have this reader and no other."""
    return Engines({DEFAULT_READER: FreeReader(rest_s)}, time.perf_counter)


def _line(text: str, top_px: float) -> LineReading:
    characters = tuple(_character(letter, 12.0 * place, top_px) for place, letter in enumerate(text))
    return LineReading(characters, _quad(0, top_px, 12 * len(text), 14))


def _character(letter: str, left_px: float, top_px: float) -> CharacterReading:
    offered = tuple(Candidate(other or letter, log) for other, log in CANDIDATES if other != letter)
    return CharacterReading(offered, _quad(left_px, top_px, 10, 14))


def _quad(left: float, top: float, width: float, height: float) -> np.ndarray:
    right, bottom = left + width, top + height
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def main() -> None:
    """Work until TERM."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--name", default="")
    arguments.add_argument("--rest-ms", type=float, default=0.0)
    said = arguments.parse_args()
    logs.set_up(settings(), said.name)
    act_as(Actor("system:worker"))
    worker.run(settings(), name=said.name, load_engines=partial(engines, said.rest_ms / 1000))


if __name__ == "__main__":
    main()
