"""Which read line is which expected line.

Order is kept: expected lines run from top to bottom, and so do read ones. Either may be left over; two expected lines
may have been read as one row, and one expected line as two. Of all ways, the one with the most likeness wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from core.alignment import Form, distance
from core.patterns import DIGITS, Place

WRONG = 0.3
"""Taken off for a character that is explained wrongly or not at all, where one explained rightly counts 1."""

NEARLY_NOTHING = 0.02
"""Gain of any two lines: what stands in the right order is put together even where nothing is alike."""

MERGED = 0.5
"""Lost by a merger of lines, so that one is made only where it explains more."""

FINISH_TAIL = (Place(frozenset("EG"), counts=False), Place(DIGITS, counts=False))


@dataclass(frozen=True)
class Match:
    """Expected lines from `first` on, one a form, said by the read lines `read`; `forms` are the ones most alike."""

    first: int
    read: tuple[int, ...]
    forms: tuple[Form, ...]

    @property
    def form(self) -> Form:
        """All places of the row."""
        return merged(self.forms)


@dataclass(frozen=True)
class Assignment:
    """Matches in order, and their gain: about the number of characters that they explain."""

    matches: tuple[Match, ...]
    gain: float


_Way = tuple[float, tuple[Match, ...]]
_NOTHING: _Way = (0.0, ())


def forms(places: tuple[Place, ...]) -> tuple[Form, ...]:
    """Return the ways to write a line: its finish code may be there or not; so may one that it does not name."""
    bare = tuple(place for place in places if place.counts)
    if len(bare) < len(places):
        return Form(bare), Form(places)
    return Form(bare), Form(bare + FINISH_TAIL)


def gain(expected: Form, read: str) -> float:
    """Return the characters that putting the two together explains, less those that it explains wrongly."""
    errors = distance(expected, read)
    return max(len(expected), len(read)) - errors - WRONG * errors


def assign(expected: Sequence[tuple[Form, ...]], read: Sequence[str]) -> Assignment:
    """Return the best assignment of expected lines, each in its forms, to read texts (normalised)."""
    best: dict[tuple[int, int], _Way] = {}
    for row in range(len(expected), -1, -1):
        for column in range(len(read), -1, -1):
            end = row == len(expected) or column == len(read)
            ways = [_NOTHING] if end else list(_ways(expected, read, row, column, best))
            best[row, column] = max(ways, key=lambda way: way[0])
    total, matches = best[0, 0]
    return Assignment(matches, total)


def _ways(
    expected: Sequence[tuple[Form, ...]],
    read: Sequence[str],
    row: int,
    column: int,
    best: dict[tuple[int, int], _Way],
) -> Iterator[_Way]:
    for rows, columns in ((1, 1), (2, 1), (1, 2)):
        if row + rows <= len(expected) and column + columns <= len(read):
            own, match = _match(expected, read, row, row + rows, range(column, column + columns))
            rest, matches = best[row + rows, column + columns]
            yield max(own, NEARLY_NOTHING) - MERGED * (rows + columns - 2) + rest, (match, *matches)
    yield best[row + 1, column]
    yield best[row, column + 1]


def _match(
    expected: Sequence[tuple[Form, ...]], read: Sequence[str], first: int, last: int, columns: range
) -> tuple[float, Match]:
    text = "".join(read[column] for column in columns)
    choices = list(product(*expected[first:last]))
    gains = [gain(merged(choice), text) for choice in choices]
    most = max(range(len(gains)), key=gains.__getitem__)
    return gains[most], Match(first, tuple(columns), choices[most])


@lru_cache(maxsize=4096)
def merged(forms: tuple[Form, ...]) -> Form:
    """Return several forms as one row."""
    return forms[0] if len(forms) == 1 else Form(tuple(place for form in forms for place in form.places))
