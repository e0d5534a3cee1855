"""Emissions folded to the symbols that tell marks apart.

Case, spaces and symbols such as (R) take no place when marks are compared (`core.patterns`), so their columns are added
up: `a` into `A`, a space into the blank. That is exact: a path through a space spells the same folded text as one
through the blank. Everything outside the symbols below is one column, `OTHER`.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.patterns import IGNORED, fold
from core.reading import CharacterReading, Emissions, LineReading

OTHER = "\ufffd"
BLANK = 0
SYMBOLS: tuple[str, ...] = (
    *string.digits,
    *string.ascii_uppercase,
    *(mark for mark in string.punctuation if mark not in IGNORED),
    OTHER,
)
"""Column i + 1 of folded probabilities is `SYMBOLS[i]`; column 0 is the blank."""

COLUMN = {symbol: column for column, symbol in enumerate(SYMBOLS, 1)}
WIDTH = len(SYMBOLS) + 1

FLOOR = 1e-6
"""Least probability of any symbol in any frame: no single frame can veto a text by more than 13.8 nats."""

Probabilities = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Folded:
    """One line's probabilities, float64 of shape (T, WIDTH), each at least `FLOOR`; and its most likely text."""

    probabilities: Probabilities
    text: str


def column(symbol: str) -> int:
    """Return the column of a normalised symbol."""
    return COLUMN.get(symbol, COLUMN[OTHER])


def folded(line: LineReading) -> Folded:
    """Return the folded evidence of a line; an engine without emissions is taken at its characters' word."""
    probabilities = fold_emissions(line.emissions) if line.emissions is not None else frames_of(line.characters)
    return Folded(probabilities, spell(probabilities.argmax(axis=1)))


def joined(lines: Sequence[Folded]) -> Folded:
    """Return several lines as one, left to right, with a blank between."""
    if len(lines) == 1:
        return lines[0]
    blank = np.full((1, WIDTH), FLOOR)
    blank[0, BLANK] = 1.0
    pieces = [piece for line in lines for piece in (blank, line.probabilities)]
    return Folded(np.concatenate(pieces[1:]), "".join(line.text for line in lines))


@lru_cache(maxsize=16)
def _target(alphabet: tuple[str, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the source columns worth keeping and the folded column of each; the rest is `OTHER`."""
    targets = [BLANK, *(_column_of(symbol) for symbol in alphabet)]
    kept = [source for source, target in enumerate(targets) if target != COLUMN[OTHER]]
    return np.array(kept, np.intp), np.array([targets[source] for source in kept], np.intp)


def _column_of(symbol: str) -> int:
    normal = fold(symbol)
    return column(normal) if normal else BLANK


def fold_emissions(emissions: Emissions) -> Probabilities:
    """Return folded probabilities of a recogniser's raw answer."""
    sources, targets = _target(emissions.alphabet)
    kept = np.exp(emissions.log_probabilities[:, sources].astype(np.float64))
    out = np.zeros((len(kept), WIDTH))
    np.add.at(out.T, targets, kept.T)
    out[:, COLUMN[OTHER]] = 1.0 - out.sum(axis=1)
    return np.maximum(out, FLOOR)


def frames_of(characters: Sequence[CharacterReading]) -> Probabilities:
    """Return probabilities made of characters and their confidences: a frame a character, a blank after each.

    What an engine leaves open is spread evenly over all columns, so that a doubted character is doubted here too.
    """
    out = np.full((2 * len(characters) + 1, WIDTH), FLOOR)
    out[0::2, BLANK] = 1.0
    for place, character in enumerate(characters):
        frame = out[2 * place + 1]
        for candidate in character.candidates:
            frame[_column_of(candidate.text)] += np.exp(candidate.log_probability)
        frame += max(0.0, 1.0 - float(frame.sum())) / WIDTH
    return out


def spell(path: NDArray[np.intp]) -> str:
    """Return the text of a path of columns: repeats once, blanks dropped."""
    starts = np.flatnonzero(np.diff(path, prepend=-1))
    return "".join(SYMBOLS[path[start] - 1] for start in starts if path[start] != BLANK)
