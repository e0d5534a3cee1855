"""How well marks were read: predicted lines against labels.

1. Both sides are upper case, without spaces, (R), (TM), dots and plus signs.
2. A lead-free finish code (E3, E4, G4 standing alone) is a symbol: a reading may hold it or leave it out.
3. In a label, `?` stands for one character that nobody could read and equals any one character; a line that is only
   `?` is left out.
4. Each predicted line serves one label; the longest labels choose first, the nearest line wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

FINISH_CODE = re.compile(r"(?<!\S)[EG][0-9?](?!\S)")
DROPPED = re.compile(r"[\s®™.+·°*_]")
UNKNOWN = "?"


def normalised(line: str) -> str:
    """Return a line as it is compared."""
    return DROPPED.sub("", line.upper())


def accepted_forms(label: str) -> tuple[str, ...]:
    """Return what may be read for a label, shortest first; empty texts where nothing readable is left."""
    bare = normalised(FINISH_CODE.sub("", label.upper()))
    return (bare, normalised(label)) if bare.strip(UNKNOWN) else (normalised(label),)


def edit_distance(label: str, read: str) -> int:
    """Return the Levenshtein distance, in which a label's `?` equals any character."""
    row = list(range(len(read) + 1))
    for position, wanted in enumerate(label, 1):
        diagonal, row[0] = row[0], position
        for index, got in enumerate(read, 1):
            cost = 0 if wanted in (UNKNOWN, got) else 1
            diagonal, row[index] = row[index], min(row[index] + 1, row[index - 1] + 1, diagonal + cost)
    return row[-1]


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over photos; they add up.

    `photos` with labels and `chips` read whole; `lines` labelled and `exact`; `characters` labelled and `edits`;
    `extra` lines read that match nothing; `unknown` characters that nobody could read, and `invented` for them.
    """

    photos: int = 0
    chips: int = 0
    lines: int = 0
    exact: int = 0
    characters: int = 0
    edits: int = 0
    extra: int = 0
    unknown: int = 0
    invented: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    @property
    def line_exact(self) -> float:
        """Share of labelled lines that some predicted line equals, 0..1."""
        return self.exact / self.lines if self.lines else 0.0

    @property
    def chip_exact(self) -> float:
        """Share of photos whose labelled lines are all found, 0..1."""
        return self.chips / self.photos if self.photos else 0.0

    @property
    def cer(self) -> float:
        """Character error rate: edits over labelled characters."""
        return self.edits / self.characters if self.characters else 0.0

    @property
    def extra_per_photo(self) -> float:
        """Predicted lines that match nothing, a photo."""
        return self.extra / self.photos if self.photos else 0.0


def score(labels: Sequence[str], read: Iterable[str], *, defective: bool = False) -> Tally:
    """Compare the lines read in one photo with its labels.

    Characters invented for an unknown one count on parts labelled `defective` alone. A photo whose labels hold
    nothing that can be compared counts as no photo.
    """
    wanted = [forms for forms in map(accepted_forms, labels) if forms[0].strip(UNKNOWN)]
    if not wanted:
        return Tally()
    left = [line for line in map(normalised, read) if line]
    exact = edits = invented = 0
    for forms in sorted(wanted, key=lambda forms: len(forms[0]), reverse=True):
        cost, taken = _nearest(forms, left)
        if taken is not None:
            left.remove(taken)
            invented += _invented(forms[0], taken)
        edits += cost
        exact += cost == 0
    return Tally(
        photos=1,
        chips=int(exact == len(wanted)),
        lines=len(wanted),
        exact=exact,
        characters=sum(len(forms[0]) for forms in wanted),
        edits=edits,
        extra=sum(not FINISH_CODE.fullmatch(line) for line in left),
        unknown=sum(forms[0].count(UNKNOWN) for forms in wanted) if defective else 0,
        invented=invented if defective else 0,
    )


def _nearest(forms: tuple[str, ...], left: Sequence[str]) -> tuple[int, str | None]:
    """Return the least cost of a label and the line that has it, or None where none is nearer than nothing at all."""
    worst = len(forms[0])
    costs = {line: min(edit_distance(form, line) for form in forms) for line in left}
    best = min(costs, key=costs.__getitem__, default=None)
    if best is None or costs[best] >= worst:
        return worst, None
    return costs[best], best


def _invented(label: str, read: str) -> int:
    unknown = label.count(UNKNOWN)
    return min(unknown, max(0, len(read) - (len(label) - unknown)))
