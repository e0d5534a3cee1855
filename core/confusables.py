"""Characters that the readers cannot be trusted to tell apart in the fonts of marks.

Where a reading differs from what is expected only by such a pair, it says nothing against the part: the field counts
as one that cannot be told, neither as right nor as wrong.
"""

from __future__ import annotations

PAIRS = ("0O", "0D", "0Q", "OD", "OQ", "1I", "1L", "IL", "5S", "8B")
"""Pairs in either direction."""

_CONFUSED = frozenset(frozenset(pair) for pair in PAIRS)


def confusable(one: str, other: str) -> bool:
    """Whether two normalised characters are such a pair."""
    return frozenset((one, other)) in _CONFUSED
