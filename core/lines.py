"""From pieces of text to marking lines: what stands on one row is one line, lines run from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from core.geometry import as_quad, side_lengths_wh
from core.reading import Candidate, CharacterReading, Emissions, LineReading, Quad

SURE = -1e-4  # log-probability of the space put between two pieces

# (which part of the pieces must lie level, by how much at most, in heights of the lesser piece); in this order.
LEVELS = (("foot", 0.35), ("middle", 0.45))

Piece = TypeVar("Piece")
Row = list[tuple[Quad, Piece]]


def rows(pieces: Sequence[tuple[Quad, Piece]]) -> list[Row[Piece]]:
    """Group pieces, with nearly level quads, into rows from top to bottom, each from left to right.

    Pieces of one line stand on one foot, whatever their height; what stands on no other's foot (a raised symbol)
    joins the row at whose middle it is. Pieces over one another are never one row.
    """
    grouped: list[Row[Piece]] = [[piece] for piece in pieces]
    for part, most in LEVELS:
        _merge(grouped, part, most)
    for row in grouped:
        row.sort(key=lambda piece: float(piece[0][:, 0].mean()))
    return sorted(grouped, key=lambda row: float(np.mean([quad[:, 1].mean() for quad, _ in row])))


def _merge(grouped: list[Row[Piece]], part: str, most: float) -> None:
    """Join the two rows that lie most level, again and again, until no two are level enough."""
    while True:
        apart = {
            (i, j): _apart(one, other, part) for i, one in enumerate(grouped) for j, other in enumerate(grouped[:i])
        }
        nearest = min(apart, key=apart.__getitem__, default=None)
        if nearest is None or apart[nearest] > most:
            return
        grouped[nearest[1]].extend(grouped.pop(nearest[0]))


def _apart(one: Row[Piece], other: Row[Piece], part: str) -> float:
    """Return how far from level the nearest pieces of two rows are; infinity where some stand over one another."""
    pairs = [(quad, against) for quad, _ in one for against, _ in other]
    if any(_covers(quad, against) for quad, against in pairs):
        return float("inf")
    return min(_unlevel(quad, against, part) for quad, against in pairs)


def _unlevel(one: Quad, other: Quad, part: str) -> float:
    """Return how far two feet or middles are from level along the wider piece, in heights of the lesser piece."""
    wider, lesser = sorted((one, other), key=lambda quad: -side_lengths_wh(quad)[0])
    corners = slice(2, 4) if part == "foot" else slice(0, 4)
    at, against = wider[corners].mean(axis=0), lesser[corners].mean(axis=0)
    run = wider[1] - wider[0] + wider[2] - wider[3]
    slope = float(run[1] / run[0]) if abs(run[0]) > abs(run[1]) else 0.0
    expected = float(at[1]) + slope * float(against[0] - at[0])
    height = min(side_lengths_wh(wider)[1], side_lengths_wh(lesser)[1])
    return abs(float(against[1]) - expected) / max(height, 1e-6)


def _covers(one: Quad, other: Quad) -> bool:
    """Say whether two pieces stand over each other rather than side by side."""
    shared = min(one[:, 0].max(), other[:, 0].max()) - max(one[:, 0].min(), other[:, 0].min())
    return bool(shared > 0.35 * min(np.ptp(one[:, 0]), np.ptp(other[:, 0])))


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
