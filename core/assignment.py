"""Which read line is which expected line.

Order is kept: expected lines run from top to bottom, and so do read ones. Either may be left over; two expected lines
may have been read as one row, and one expected line as two. Of all ways, the one with the most likeness wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice, product

from core.alignment import Form, distance
from core.patterns import DIGITS, SYMBOL, Place, normalise

WRONG = 0.3
"""Taken off for a character that is explained wrongly or not at all, where one explained rightly counts 1."""

NEARLY_NOTHING = 0.02
"""Gain of any two lines: what stands in the right order is put together even where nothing is alike."""

MERGED = 0.5
"""Lost by a merger of lines, so that one is made only where it explains more."""

ABOUT_AS_LONG = 0.6
"""A merger is weighed where the shorter side is at least this part of the longer one."""

LONGEST_LOGO = 2
"""Characters before a line's first space that may be a logo read as text."""

FINISH_TAIL = (Place(frozenset("EG"), counts=False), Place(DIGITS, counts=False))
MOST_FORMS = 8


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


@dataclass(frozen=True)
class Row:
    """A read line: its normalised text, and how many characters of it stand before an early space like a logo."""

    text: str
    lead: int = 0


def row(text: str, raw: str) -> Row:
    """Return the row of a normalised text that was read as `raw`, spaces and all."""
    first, space, rest = raw.strip().partition(" ")
    lead = len(normalise(first)) if space and normalise(rest) else 0
    return Row(text, lead if lead <= LONGEST_LOGO else 0)


@lru_cache(maxsize=4096)
def forms(places: tuple[Place, ...]) -> tuple[Form, ...]:
    """Return the ways to write a line: each of its symbols may be read or not, and a finish code may follow."""
    runs = [tuple(run) for _, run in groupby(places, key=lambda place: place.counts)]
    ways = product(*([True] if run[0].counts else [True, False] for run in runs))
    written = [_written(runs, way) for way in islice(ways, MOST_FORMS)]
    if all(place.counts for place in places):
        written += [Form(places + FINISH_TAIL[:length]) for length in (1, 2)]
    return tuple(written)


def _written(runs: Sequence[tuple[Place, ...]], kept: Sequence[bool]) -> Form:
    places: list[Place] = []
    symbols: set[int] = set()
    for run, keep in zip(runs, kept, strict=True):
        places += run if keep else ()
        symbols |= set() if keep else {len(places)}
    return Form(tuple(places), frozenset(symbols))


def gain(expected: Form, read: str) -> float:
    """Return the characters that putting the two together explains, symbols apart, less those explained wrongly."""
    errors = distance(expected, read)
    return max(len(expected), len(read)) - errors - WRONG * errors - expected.symbol_count


def assign(expected: Sequence[tuple[Form, ...]], read: Sequence[Row]) -> Assignment:
    """Return the best assignment of expected lines, each in its forms, to read rows."""
    best: dict[tuple[int, int], _Way] = {}
    for line in range(len(expected), -1, -1):
        for column in range(len(read), -1, -1):
            end = line == len(expected) or column == len(read)
            ways = [_NOTHING] if end else list(_ways(expected, read, line, column, best))
            best[line, column] = max(ways, key=lambda way: way[0])
    total, matches = best[0, 0]
    return Assignment(matches, total)


def _ways(
    expected: Sequence[tuple[Form, ...]],
    read: Sequence[Row],
    line: int,
    column: int,
    best: dict[tuple[int, int], _Way],
) -> Iterator[_Way]:
    for rows, columns in ((1, 1), (2, 1), (1, 2)):
        if _comparable(expected[line : line + rows], rows, read[column : column + columns], columns):
            own, match = _match(expected, read, line, line + rows, range(column, column + columns))
            rest, matches = best[line + rows, column + columns]
            yield max(own, NEARLY_NOTHING) - MERGED * (rows + columns - 2) + rest, (match, *matches)
    yield best[line + 1, column]
    yield best[line, column + 1]


def _comparable(expected: Sequence[tuple[Form, ...]], rows: int, read: Sequence[Row], columns: int) -> bool:
    """Whether there are so many lines left; and, for a merger, whether both sides are about as long."""
    if len(expected) < rows or len(read) < columns:
        return False
    places, characters = sum(len(forms[0]) for forms in expected), sum(len(row.text) for row in read)
    return rows == columns or min(places, characters) >= ABOUT_AS_LONG * max(places, characters)


def _match(
    expected: Sequence[tuple[Form, ...]], read: Sequence[Row], first: int, last: int, columns: range
) -> tuple[float, Match]:
    text = "".join(read[column].text for column in columns)
    choices = list(product(*expected[first:last]))
    if lead := read[columns[0]].lead:
        choices += [(_after_logo(choice[0], lead), *choice[1:]) for choice in choices]
    gains = [gain(merged(choice), text) for choice in choices]
    most = max(range(len(gains)), key=gains.__getitem__)
    return gains[most], Match(first, tuple(columns), choices[most])


@lru_cache(maxsize=4096)
def _after_logo(form: Form, lead: int) -> Form:
    return Form((SYMBOL,) * lead + form.places, frozenset(gap + lead for gap in form.symbols))


@lru_cache(maxsize=4096)
def merged(forms: tuple[Form, ...]) -> Form:
    """Return several forms as one row."""
    places: tuple[Place, ...] = ()
    symbols: frozenset[int] = frozenset()
    for form in forms:
        symbols |= {gap + len(places) for gap in form.symbols}
        places += form.places
    return Form(places, symbols)
