"""One attempt at a mark: a view read one way up, and how well it read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core import ctc
from core.geometry import Matrix, angle_deg, as_quad, side_lengths_wh, transform, wrapped_deg
from core.lines import joined, rows
from core.reading import CharacterReading, Emissions, LineReading, Quad
from core.recognition import CROP_HEIGHT_PX, STEP_PX
from core.zeros import settled

LEAST_MEAN_CONFIDENCE = 0.7  # a piece that reads worse than this is no text: logos, notches, leads
ENOUGH = 6  # characters, below which a high confidence may be luck
EDGES = set(" .,:'*/_°")  # what a line neither begins nor ends with: dirt, notches and the feet of logos
DOUBT = 0.8  # a character surer than this speaks for an attempt, a less sure one against it


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of text as read: `quad` in original px, `to_original` from px of its crop to those of the picture."""

    quad: Quad
    emissions: Emissions
    to_original: Matrix

    @cached_property
    def confidences(self) -> NDArray[np.float64]:
        """The probability of each character, 0..1."""
        return ctc.confidences(self.emissions)

    @property
    def is_text(self) -> bool:
        """Whether it read well enough to be taken for text at all."""
        return len(self.confidences) > 0 and float(self.confidences.mean()) >= LEAST_MEAN_CONFIDENCE

    @cached_property
    def text(self) -> str:
        """What it says, without the dirt at its ends."""
        return ctc.text(self.emissions).strip("".join(EDGES))

    def line(self) -> LineReading:
        """Return the piece as a line with its characters placed in the original picture."""
        characters = ctc.characters(self.emissions, self.to_original, step_px=STEP_PX, height_px=CROP_HEIGHT_PX)
        width = len(self.emissions.log_probabilities) * STEP_PX
        corners = np.array([[0, 0], [width, 0], [width, CROP_HEIGHT_PX], [0, CROP_HEIGHT_PX]], np.float32)
        return LineReading(settled(_stripped(characters)), transform(corners, self.to_original), self.emissions)


def _stripped(characters: Sequence[CharacterReading]) -> Sequence[CharacterReading]:
    solid = [index for index, character in enumerate(characters) if character.text not in EDGES]
    return characters[solid[0] : solid[-1] + 1] if solid else ()


@dataclass(frozen=True, eq=False)
class Attempt:
    """Pieces of text read in one view, all the same way up.

    `way` is that way: quarter turns counter-clockwise from the package as it was found to the text upright.
    """

    way: int
    pieces: tuple[Piece, ...]

    @cached_property
    def score(self) -> float:
        """How much was read and how surely: every character adds its confidence less `DOUBT`."""
        return float(sum((piece.confidences - DOUBT).sum() for piece in self.pieces))

    @cached_property
    def count(self) -> int:
        """How many characters were read, in pieces that may be text or not."""
        return sum(len(piece.confidences) for piece in self.pieces)

    @cached_property
    def mean_confidence(self) -> float:
        """The mean confidence of all characters, 0..1; 0 when there are none."""
        every = [piece.confidences for piece in self.pieces]
        together = np.concatenate(every) if every else np.zeros(0)
        return float(together.mean()) if len(together) else 0.0

    def is_sure(self, confidence: float) -> bool:
        """Say whether enough was read, and with at least this mean confidence."""
        return self.count >= ENOUGH and self.mean_confidence >= confidence

    def lines(self) -> tuple[LineReading, ...]:
        """Return the marking lines, top to bottom as the text reads."""
        found = [piece for piece in self.pieces if piece.is_text]
        level = _levelling([piece.quad for piece in found])
        placed = [(as_quad(piece.quad @ level), piece) for piece in found]
        lines = (joined([piece.line() for _, piece in row]) for row in rows(placed))
        return tuple(line for line in lines if line.characters)


def _levelling(quads: Sequence[Quad]) -> NDArray[np.float64]:
    """Return the 2 x 2 matrix that turns points (rows) about the origin until the text is level."""
    angle = np.radians(common_angle_deg(quads))
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def common_angle_deg(quads: Sequence[Quad]) -> float:
    """Return the median direction of texts, each counting by its length, in degrees clockwise."""
    angles = [angle_deg(quad) for quad in quads]
    lengths = np.array([side_lengths_wh(quad)[0] for quad in quads])
    if not angles:
        return 0.0
    first = angles[int(lengths.argmax())]
    spread = np.array([wrapped_deg(angle - first) for angle in angles])
    order = np.argsort(spread)
    middle = int(np.searchsorted(np.cumsum(lengths[order]), lengths.sum() / 2))
    return first + float(spread[order][min(middle, len(order) - 1)])


def rotation_ccw_deg(lines: Sequence[LineReading]) -> float:
    """Return the turn that brings the lines upright, counter-clockwise, in [0, 360)."""
    return common_angle_deg([line.quad for line in lines]) % 360.0
