"""Made-up readings for tests: marks whose every character has the probabilities that the test says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.engines import Clock, Engines
from core.frame import Frame
from core.reading import Candidate, CharacterReading, Emissions, LineReading, MarkReading
from core.recipe import Recipe

ALPHABET = tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz -./®é")
SURE = 0.97
NEVER = 1e-7

Spec = Sequence[str | dict[str, float]]
"""Characters, each sure or with probabilities."""


def frames(spec: Spec) -> np.ndarray:
    """Log-probabilities of a line: each character in a frame of its own, blanks between."""
    rows = []
    for character in spec:
        shares = {character: SURE} if isinstance(character, str) else character
        row = np.full(len(ALPHABET) + 1, NEVER)
        row[0] = max(NEVER, 1.0 - sum(shares.values()))
        for symbol, share in shares.items():
            row[ALPHABET.index(symbol) + 1] = share
        blank = np.full(len(ALPHABET) + 1, NEVER)
        blank[0] = 1.0
        rows += [blank, row, blank]
    table = np.array(rows).reshape(-1, len(ALPHABET) + 1)
    return np.log(table / table.sum(axis=1, keepdims=True)).astype(np.float32)


def quad(x: float, y: float, width: float, height: float) -> np.ndarray:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)


def character(spec: str | dict[str, float], x: float = 0.0, y: float = 0.0) -> CharacterReading:
    shares = {spec: SURE} if isinstance(spec, str) else spec
    best = sorted(shares.items(), key=lambda item: -item[1])
    return CharacterReading(tuple(Candidate(text, float(np.log(p))) for text, p in best), quad(x, y, 9, 12))


def line(spec: Spec, y: float = 0.0, *, emissions: bool = True) -> LineReading:
    characters = tuple(character(one, 10.0 * place, y) for place, one in enumerate(spec))
    raw = Emissions(frames(spec), ALPHABET) if emissions and len(spec) else None
    return LineReading(characters, quad(0, y, 10 * len(spec), 12), raw)


def mark(*lines: Spec, faults: tuple[str, ...] = (), emissions: bool = True) -> MarkReading:
    read = tuple(line(spec, 20.0 * row, emissions=emissions) for row, spec in enumerate(lines))
    return MarkReading(read, quad(-5, -5, 120, 60), 0.0, faults, (("locate", 0.01), ("read", 0.05)))


def recipe(*texts: str, **changes: object) -> Recipe:
    document: dict[str, object] = {
        "schema": 1,
        "name": "made up",
        "variants": [{"name": "standard", "lines": [{"text": text} for text in texts]}],
    }
    return Recipe.from_document(document | changes)


def variant(name: str, *texts: str, optional: tuple[str, ...] = ()) -> dict[str, object]:
    return {"name": name, "lines": [{"text": text, "required": text not in optional} for text in texts]}


class Ticking:
    """A clock that moves a second a look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@dataclass
class FakeReader:
    """Answers every picture with one reading, or breaks."""

    reading: MarkReading
    breaks: Exception | None = None
    name: str = "ppocr"
    version: str = "test"

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        if self.breaks is not None:
            raise self.breaks
        return self.reading


def engines(reader: FakeReader) -> Engines:
    return Engines({reader.name: reader}, Ticking())


FRAME = Frame(np.zeros((60, 120, 3), np.uint8))
