"""One attempt at a mark: a view read one way up, and how well it read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core import ctc
from core.geometry import Matrix, View, angle_deg, transform, turned, wrapped_deg
from core.lines import joined, rows
from core.reading import CharacterReading, Emissions, LineReading, Quad
from core.recognition import CROP_HEIGHT_PX, STEP_PX

LEAST_MEAN_CONFIDENCE = 0.5  # a piece that reads worse than this is no text
HALF = 0.5  # a character adds what its confidence has over a coin's


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of text as read: `quad` in view px as the text reads, `to_original` from crop px to the picture."""

    quad: Quad
    emissions: Emissions
    to_original: Matrix

    @cached_property
    def confidences(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The probability of each character, 0..1."""
        return ctc.confidences(self.emissions)

    @property
    def is_text(self) -> bool:
        """Whether it read well enough to be taken for text at all."""
        return len(self.confidences) > 0 and float(self.confidences.mean()) >= LEAST_MEAN_CONFIDENCE

    def line(self) -> LineReading:
        """Return the piece as a line with its characters placed in the original picture."""
        characters = ctc.characters(self.emissions, self.to_original, step_px=STEP_PX, height_px=CROP_HEIGHT_PX)
        stripped = _stripped(characters)
        width = len(self.emissions.log_probabilities) * STEP_PX
        corners = np.array([[0, 0], [width, 0], [width, CROP_HEIGHT_PX], [0, CROP_HEIGHT_PX]], np.float32)
        return LineReading(tuple(stripped), transform(corners, self.to_original), self.emissions)


def _stripped(characters: Sequence[CharacterReading]) -> Sequence[CharacterReading]:
    solid = [index for index, character in enumerate(characters) if character.text != " "]
    return characters[solid[0] : solid[-1] + 1] if solid else ()


@dataclass(frozen=True, eq=False)
class Attempt:
    """Pieces of text read in `view`, all the same way up; `turn` is the quarter turns from the view to upright."""

    view: View
    turn: int
    pieces: tuple[Piece, ...]

    @cached_property
    def score(self) -> float:
        """How much was read and how surely: every character adds its confidence less one half."""
        return float(sum((piece.confidences - HALF).sum() for piece in self.pieces))

    @cached_property
    def mean_confidence(self) -> float:
        """The mean confidence of all characters, 0..1; 0 when there are none."""
        every = [piece.confidences for piece in self.pieces]
        together = np.concatenate(every) if every else np.zeros(0)
        return float(together.mean()) if len(together) else 0.0

    def lines(self) -> tuple[LineReading, ...]:
        """Return the marking lines, top to bottom as the text reads."""
        upright = self.view.turned(self.turn)
        forth = np.linalg.inv(upright.to_original) @ self.view.to_original
        placed = [(transform(piece.quad, forth), piece) for piece in self.pieces if piece.is_text]
        lines = (joined([piece.line() for _, piece in row]) for row in rows(placed))
        return tuple(line for line in lines if line.characters)


def rotation_ccw_deg(lines: Sequence[LineReading]) -> float:
    """Return the turn that brings the lines upright, counter-clockwise, in [0, 360): the median of their slopes."""
    if not lines:
        return 0.0
    angles = np.array([angle_deg(line.quad) for line in lines])
    spread = [wrapped_deg(float(angle - angles[0])) for angle in angles]
    return float((angles[0] + np.median(spread)) % 360.0)


def turned_quad(quad: Quad, turn: int) -> Quad:
    """Return a quad of a view as it reads after `turn` quarter turns counter-clockwise of that view."""
    return turned(quad, turn)
