"""What was read from a mark: characters, lines, and where they stand in the picture.

All quads are float32 arrays of shape (4, 2), corners in pixels of the original picture (x right, y down), ordered
top-left, top-right, bottom-right, bottom-left *as the text reads*, whatever the rotation of the part.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Quad = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One character that a place in the mark could hold, with its natural-log probability (at most 0)."""

    text: str
    log_probability: float


@dataclass(frozen=True, eq=False)
class CharacterReading:
    """One character as read.

    `candidates` are the engine's best characters for this place, best first (at most `core.ctc.TOP_K`); the first is
    `text`. `quad` lies in original-picture pixels.
    """

    candidates: tuple[Candidate, ...]
    quad: Quad

    def __post_init__(self) -> None:
        if not self.candidates:
            raise ValueError("a character reading needs at least one candidate, got none")

    @property
    def text(self) -> str:
        """The best character."""
        return self.candidates[0].text

    @property
    def confidence(self) -> float:
        """Probability of the best character, 0..1."""
        return float(np.exp(self.candidates[0].log_probability))

    @property
    def runner_up(self) -> str:
        """The second-best character, or an empty string where the engine offered one only."""
        return self.candidates[1].text if len(self.candidates) > 1 else ""

    @property
    def margin(self) -> float:
        """Probability of the best minus that of the second-best character, 0..1."""
        second = np.exp(self.candidates[1].log_probability) if len(self.candidates) > 1 else 0.0
        return float(self.confidence - second)


@dataclass(frozen=True, eq=False)
class Emissions:
    """The raw answer of a recogniser for one line, before any expectation is looked at.

    `log_probabilities` has shape (T, C), float32, natural log, each row sums to one in probability; column 0 is the
    CTC blank, column i is `alphabet[i - 1]`.
    """

    log_probabilities: NDArray[np.float32]
    alphabet: tuple[str, ...]

    def __post_init__(self) -> None:
        shape = self.log_probabilities.shape
        if len(shape) != 2 or shape[1] != len(self.alphabet) + 1:
            raise ValueError(f"expected log-probabilities of shape (T, {len(self.alphabet) + 1}), got {shape}")


@dataclass(frozen=True, eq=False)
class LineReading:
    """One marking line as read; `emissions` is None for engines that give text alone."""

    characters: tuple[CharacterReading, ...]
    quad: Quad
    emissions: Emissions | None = None

    @cached_property
    def text(self) -> str:
        """The characters joined; spaces are characters too."""
        return "".join(character.text for character in self.characters)

    @property
    def confidence(self) -> float:
        """The least confidence of its characters, 0..1; 0 for a line of none."""
        return min((character.confidence for character in self.characters), default=0.0)

    @property
    def mean_confidence(self) -> float:
        """The mean confidence of its characters, 0..1; 0 for a line of none."""
        return sum(character.confidence for character in self.characters) / max(len(self.characters), 1)


@dataclass(frozen=True, eq=False)
class MarkReading:
    """Everything read in one region of a picture.

    `lines` run from top to bottom as the text reads. `outline` is the package in original-picture pixels, or None when
    none was found. `rotation_ccw_deg` turns the picture counter-clockwise until the text reads upright.
    `faults` name what is wrong with the picture rather than with the part, as the reader
    itself raised it (no package, two packages, cut by the border, blurred, ...), in a stable order.
    """

    lines: tuple[LineReading, ...]
    outline: Quad | None
    rotation_ccw_deg: float
    faults: tuple[str, ...] = ()
    seconds: tuple[tuple[str, float], ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The text of every line, top to bottom."""
        return tuple(line.text for line in self.lines)
