"""Characters that the readers cannot be trusted to tell apart in the fonts of marks.

Where a reading differs from what is expected only by such a pair, it says nothing against the part: the field counts
as one that cannot be told, neither as right nor as wrong. Where it agrees with what is expected, but leaves the other
character of a pair a chance, it does not prove the part right either.

Characters that pairs tie together, also through a third, are of one **shape**: where texts are held against each other
and neither is known to be right, a reader's D and its Q may be the same 0.
"""

from __future__ import annotations

MEASURED = {"8B": 10, "0O": 9, "6G": 4, "0Q": 3, "0D": 1, "1I": 1, "1L": 1, "2Z": 1}
"""Pairs, in either direction, with the times that one was read for the other with a confidence over 0.8 on 277 labelled
photos of real chips, by the PP-OCR reader. Other pairs were met once at most, and only where the line was blurred."""

ALIKE = ("5S", "DO", "OQ", "IL")
"""Pairs that are drawn alike in laser fonts, though the photos held no such case."""

_CONFUSED = frozenset(frozenset(pair) for pair in (*MEASURED, *ALIKE))


def _shapes() -> dict[str, str]:
    """Return the first character, digits before letters, of the shape of each that belongs to a pair."""
    shapes: dict[str, frozenset[str]] = {}
    for pair in _CONFUSED:
        tied = pair.union(*(shapes.get(character, pair) for character in pair))
        shapes |= dict.fromkeys(tied, tied)
    return {character: min(tied) for character, tied in shapes.items()}


_SHAPES = _shapes()


def confusable(one: str, other: str) -> bool:
    """Whether two normalised characters are such a pair."""
    return frozenset((one, other)) in _CONFUSED


def shape(text: str) -> str:
    """Return a normalised text with each character as the first of its shape: the same for texts that look alike."""
    return "".join(_SHAPES.get(character, character) for character in text)
