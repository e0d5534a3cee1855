"""From pieces of text to marking lines: what stands on one row is one line, lines run from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from core.geometry import as_quad, side_lengths_wh
from core.reading import Candidate, CharacterReading, Emissions, LineReading, Quad

SAME_ROW = 0.5  # of the lesser height: rows overlap by at least so much
SURE = -1e-4  # log-probability of the space put between two pieces

Piece = TypeVar("Piece")


def rows(pieces: Sequence[tuple[Quad, Piece]]) -> list[list[tuple[Quad, Piece]]]:
    """Group pieces, with upright quads in view pixels, into rows from top to bottom, each from left to right."""
    grouped: list[list[tuple[Quad, Piece]]] = []
    for piece in sorted(pieces, key=lambda piece: float(piece[0][:, 1].mean())):
        row = next((row for row in reversed(grouped) if _same_row(row, piece[0])), None)
        if row is None:
            grouped.append([piece])
        else:
            row.append(piece)
    return [sorted(row, key=lambda piece: float(piece[0][:, 0].mean())) for row in grouped]


def _same_row(row: Sequence[tuple[Quad, Piece]], quad: Quad) -> bool:
    return any(_overlap(other, quad) >= SAME_ROW for other, _ in row) and not any(
        _covers(other, quad) for other, _ in row
    )


def _overlap(one: Quad, other: Quad) -> float:
    """Return the overlap of two pieces' heights over the lesser, along the slope of the wider of them."""
    wider, lesser = sorted((one, other), key=lambda quad: -side_lengths_wh(quad)[0])
    across = float(lesser[:, 0].mean() - wider[:, 0].mean())
    run = wider[1] - wider[0]
    middle = float(wider[:, 1].mean()) + across * float(run[1] / max(abs(run[0]), 1e-6)) * float(np.sign(run[0]) or 1)
    heights = side_lengths_wh(wider)[1], side_lengths_wh(lesser)[1]
    apart = abs(float(lesser[:, 1].mean()) - middle)
    return (sum(heights) / 2 - apart) / max(min(heights), 1e-6)


def _covers(one: Quad, other: Quad) -> bool:
    """Say whether two pieces stand over each other rather than side by side."""
    shared = min(one[:, 0].max(), other[:, 0].max()) - max(one[:, 0].min(), other[:, 0].min())
    return bool(shared > 0.5 * min(np.ptp(one[:, 0]), np.ptp(other[:, 0])))


def joined(pieces: Sequence[LineReading]) -> LineReading:
    """Join the pieces of one row, left to right, into one line with a space between each two."""
    if len(pieces) == 1:
        return pieces[0]
    characters: list[CharacterReading] = list(pieces[0].characters)
    for left, right in pairwise(pieces):
        characters.append(_space(left.quad, right.quad))
        characters.extend(right.characters)
    first, last = pieces[0].quad, pieces[-1].quad
    quad = as_quad([first[0], last[1], last[2], first[3]])
    return LineReading(tuple(characters), quad, _joined_emissions(pieces))


def _space(left: Quad, right: Quad) -> CharacterReading:
    return CharacterReading((Candidate(" ", SURE),), as_quad([left[1], right[0], right[3], left[2]]))


def _joined_emissions(pieces: Sequence[LineReading]) -> Emissions | None:
    parts = [piece.emissions for piece in pieces]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or " " not in known[0].alphabet:
        return None
    alphabet = known[0].alphabet
    unlikely = float(np.log((1 - np.exp(SURE)) / len(alphabet)))
    gap = np.full((1, len(alphabet) + 1), unlikely, np.float32)
    gap[0, alphabet.index(" ") + 1] = SURE
    tables = [known[0].log_probabilities]
    for part in known[1:]:
        tables += [gap, part.log_probabilities]
    return Emissions(np.concatenate(tables), alphabet)
