"""Expected against read: how far apart they are, and which character stands under which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.patterns import Pattern, Place


@dataclass(frozen=True)
class Aligned:
    """One column of an alignment: what may stand there and what was read; None where one side has nothing.

    `place` and `at` are the indices of the place in the form and of the character in the read text.
    """

    expected: str | None
    read: str | None
    place: int | None
    at: int | None

    @property
    def ok(self) -> bool:
        """Whether both say the same."""
        return self.expected is not None and self.expected == self.read


@dataclass(frozen=True, eq=False)
class Form:
    """One way to write an expected line: the places that are to be read.

    `symbols` are the gaps (0 before the first place) where a symbol is expected and was left out.
    """

    places: tuple[Place, ...]
    symbols: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def symbol_count(self) -> int:
        """How many places do not count."""
        return sum(not place.counts for place in self.places)

    @cached_property
    def masks(self) -> dict[str, int]:
        """For each character, the bits of the places where it may stand."""
        masks: dict[str, int] = {}
        for bit, place in enumerate(self.places):
            for character in place.choices:
                masks[character] = masks.get(character, 0) | 1 << bit
        return masks

    def admits(self, text: str) -> bool:
        """Whether a normalised text is written in this form."""
        return len(text) == len(self.places) and all(
            character in place.choices for character, place in zip(text, self.places, strict=True)
        )


def form(pattern: Pattern) -> Form:
    """Return the form that holds every place of a pattern."""
    return Form(pattern.places)


def distance(expected: Form, read: str) -> int:
    """Return the edit distance, by the bit-parallel method of Myers (1999, in Hyyrö's form)."""
    count = len(expected)
    if not count:
        return len(read)
    full, top = (1 << count) - 1, 1 << (count - 1)
    plus, minus, cost = full, 0, count
    for character in read:
        match = expected.masks.get(character, 0)
        diagonal = (((match & plus) + plus) ^ plus) | match | minus
        horizontal_plus, horizontal_minus = minus | ~(diagonal | plus) & full, plus & diagonal
        cost += bool(horizontal_plus & top) - bool(horizontal_minus & top)
        shifted = horizontal_plus << 1 | 1
        plus, minus = (horizontal_minus << 1 | ~(diagonal | shifted)) & full, shifted & diagonal & full
    return cost


def align(expected: Form, read: str) -> tuple[Aligned, ...]:
    """Return the columns of a cheapest alignment; a place of many choices shows what was read if that may stand there.

    Of equally cheap ones, that with the fewest gaps inside is taken: a line is rather cut than mangled.
    """
    costs = _costs(expected.places, read)
    columns: list[Aligned] = []
    row = column = 0
    while row < len(expected) or column < len(read):
        down, along = _step(costs, expected.places, read, row, column)
        place = expected.places[row] if down else None
        character = read[column] if along else None
        columns.append(Aligned(_shown(place, character), character, row if down else None, column if along else None))
        row, column = row + down, column + along
    return tuple(columns)


EDIT = 1000
INSIDE = EDIT + 1
"""Cost of an edit, and of a gap that is not at an end; no line is so long that gaps could outweigh an edit."""


def _costs(places: Sequence[Place], read: str) -> list[list[int]]:
    """Return, by place and character, the least cost of aligning everything from there on."""
    costs = [[0] * (len(read) + 1) for _ in range(len(places) + 1)]
    for row in range(len(places), -1, -1):
        for column in range(len(read), -1, -1):
            ways = [cost + costs[row + down][column + along] for down, along, cost in _steps(places, read, row, column)]
            costs[row][column] = min(ways, default=0)
    return costs


def _steps(places: Sequence[Place], read: str, row: int, column: int) -> Iterator[tuple[int, int, int]]:
    """Yield the steps there are from here: places taken, characters taken, cost."""
    more_places, more_read = row < len(places), column < len(read)
    if more_places and more_read:
        yield 1, 1, 0 if read[column] in places[row].choices else EDIT
    if more_places:
        yield 1, 0, INSIDE if 0 < column < len(read) else EDIT
    if more_read:
        yield 0, 1, INSIDE if 0 < row < len(places) else EDIT


def _step(costs: list[list[int]], places: Sequence[Place], read: str, row: int, column: int) -> tuple[int, int]:
    """Return how many places and characters the next step of the cheapest way on takes."""
    return next(
        (down, along)
        for down, along, cost in _steps(places, read, row, column)
        if cost + costs[row + down][column + along] == costs[row][column]
    )


def _shown(place: Place | None, read: str | None) -> str | None:
    if place is None:
        return None
    if read is not None and read in place.choices:
        return read
    return next(iter(place.choices)) if place.fixed else "?"
