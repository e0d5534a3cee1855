"""Print that reaches a side of the region it was read in: more of it may stand beyond, cut off and unread.

Whether it does is told by reading it again with more around it: print that is longer there went on, and print that
has room there was whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.attempt import Attempt, Piece
from core.geometry import area_px, box_quad, side_lengths_wh
from core.reading import Quad

LEAST_ROOM = 0.0
"""Heights of the text between its box and a side. The detector's boxes stand out from their print by about a third of
a height (`core.detection.UNCLIP`), so that a box at a side is print close to it."""

SAME = 0.5
"""Part of the lesser box's area that two boxes share which hold the same print."""

WORD = 3
"""Characters of a word: what reads as less may be anything."""


def clipped(attempt: Attempt, region: Quad, size_wh: tuple[int, int]) -> list[Piece]:
    """Return the pieces of text that reach a side of the region, or the border of a picture of `size_wh`."""
    picture = box_quad(0, 0, size_wh[0] - 1, size_wh[1] - 1)
    return [
        piece
        for piece in attempt.pieces
        if piece.is_text and min(room(piece.quad, region), room(piece.quad, picture)) < LEAST_ROOM
    ]


def room(text: Quad, region: Quad) -> float:
    """Return the least distance of a box of text from the sides of a region, in its heights; under 0 it reaches out."""
    starts = region.astype(np.float64)
    along = np.roll(starts, -1, axis=0) - starts
    inwards = np.stack([-along[:, 1], along[:, 0]], axis=1)  # corners run clockwise
    inwards /= np.maximum(np.linalg.norm(inwards, axis=1, keepdims=True), 1e-6)
    depths = ((text[:, None] - starts) * inwards).sum(axis=2)
    return float(depths.min()) / max(min(side_lengths_wh(text)), 1e-6)


def goes_on(pieces: Sequence[Piece], wider: Attempt) -> bool:
    """Say whether more of some piece was read in a wider region."""
    return any(
        (same := _same(piece, wider)) is not None and same.is_text and len(same.text) > len(piece.text)
        for piece in pieces
    )


def open_ended(pieces: Sequence[Piece], wider: Attempt, clipped_there: Sequence[Piece]) -> list[Piece]:
    """Return the pieces whose end is not to be seen in a wider region either, where `clipped_there` are cut."""
    ends = [(piece, _same(piece, wider)) for piece in pieces]
    return [piece for piece, same in ends if same is None or same in clipped_there]


def holds(wider: Attempt, region: Quad) -> bool:
    """Say whether a region is but a part of some larger print in a wider one: a letter of a word, and no package."""
    words = (piece.quad for piece in wider.pieces if piece.is_text and len(piece.text) >= WORD)
    return any(area_px(word) > area_px(region) and _inside(region, word) >= SAME for word in words)


def _same(piece: Piece, attempt: Attempt) -> Piece | None:
    """Return the longest piece of an attempt that holds the print of `piece`."""
    over = (other for other in attempt.pieces if _shared(piece.quad, other.quad) >= SAME)
    return max(over, key=lambda other: len(other.text), default=None)


def _shared(one: Quad, other: Quad) -> float:
    """Return the area that two boxes share, as a part of the lesser one's."""
    return max(_inside(one, other), _inside(other, one))


def _inside(one: Quad, other: Quad) -> float:
    """Return how much of one box lies in another, 0..1."""
    shared, _ = cv2.intersectConvexConvex(one, other)
    return float(shared) / max(area_px(one), 1e-6)
