"""One expected line against the evidence: its score, margin and legibility, by the rules of `core.verification`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.alignment import Aligned, Form, align, form
from core.assignment import Match
from core.best_match import best_match
from core.confusables import confusable, shape
from core.folding import Folded, joined
from core.lattice import Hypothesis, Scored
from core.patterns import Place
from core.recipe import ExpectedLine

CERTAIN = 0.5
"""A character is likelier than everything else at its place."""

CLEAR = 0.93
"""A character is read beyond doubt: it can speak against what is expected."""

TOLD_APART = 0.90
"""An expected character is surer than this where the readers confuse it with another: their own word is not enough."""

STEADY = 0.70
"""Every character of a rival is at least so sure: what differs in a line that is doubtful elsewhere proves little."""

BEYOND = 0.1
"""Weight of a text with one more character beyond an end of the line or beside a symbol, against one that differs
within it: what stands there is more often a logo or a circled symbol than text."""

COMPARABLE = 0.75
"""A rival is at least this part as long as what is expected: a scrap of a line rivals nothing."""


@dataclass(frozen=True)
class Field:
    """One expected line against what was read; `score` in 0..1, `margin` in -1..1.

    `lines` are indices into the reading's lines, empty where the line was not found. `text` is the best text that the
    line allows, a character a place; `confidences` belong to it, and `shape_confidences` are those with all that looks
    like its characters (`core.confusables.shape`). `rival` is the most likely other text.
    """

    expected: ExpectedLine
    lines: tuple[int, ...]
    score: float
    margin: float
    legible: bool
    rival: str
    alignment: tuple[Aligned, ...]
    places: tuple[Place, ...]
    text: str
    confidences: tuple[float, ...]
    shape_confidences: tuple[float, ...]

    @property
    def found(self) -> bool:
        """Whether any read line was taken for this one."""
        return bool(self.lines)

    @property
    def rivalled(self) -> bool:
        """Whether a legible other text stands in its place."""
        return self.legible and self.margin < 0

    @property
    def read(self) -> str:
        """What was read here, without spaces, whatever was expected."""
        return "".join(column.read or "" for column in self.alignment)


class Case:
    """A match of lines, and the hypotheses that settle it: the expected text, and the free one where it is another."""

    def __init__(self, lines: Sequence[Folded], match: Match) -> None:
        line = joined([lines[index] for index in match.read])
        self.match = match
        self.form = match.form
        self.places = match.form.places
        self.expected = Hypothesis(line, best_match(line, self.form))
        self.free = Hypothesis(line, line.text)
        self.alignment = align(self.form, line.text)

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """What `core.lattice.score` must score before the case can be judged."""
        return self.expected, self.free

    @cached_property
    def differences(self) -> tuple[Aligned, ...]:
        """The columns by which the free reading is not what is expected, symbols left out."""
        return tuple(column for column in self.alignment if not column.ok and not self.symbolic(column))

    def symbolic(self, column: Aligned) -> bool:
        """Whether a column is a symbol, or was read where one was left out."""
        if column.place is not None:
            return not self.places[column.place].counts
        return gap(self.alignment, column) in self.form.symbols


def gap(alignment: Sequence[Aligned], column: Aligned) -> int:
    """Return how many places stand before a column."""
    before = alignment[: alignment.index(column)]
    return sum(other.place is not None for other in before)


def gap_weights(form: Form) -> NDArray[np.float64]:
    """Return what one more character weighs in each of the n + 1 gaps: nothing where a symbol was left out, little
    beyond the ends and beside a symbol, all of it within the text."""
    counts = np.array([False, *(place.counts for place in form.places), False])
    weights = np.where(counts[1:] & counts[:-1], 1.0, BEYOND)
    weights[list(form.symbols)] = 0.0
    return weights


def unfound(expected: ExpectedLine) -> Field:
    """Return the field of a line that was not found."""
    whole = form(expected.pattern)
    return Field(
        expected,
        lines=(),
        score=0.0,
        margin=-1.0,
        legible=False,
        rival="",
        alignment=align(whole, ""),
        places=whole.places,
        text="",
        confidences=(),
        shape_confidences=(),
    )


def judge(case: Case, expected: Sequence[ExpectedLine], scored: Mapping[Hypothesis, Scored]) -> list[Field]:
    """Return the fields of the expected lines that a match covers."""
    known, free = scored[case.expected], scored[case.free]
    certain, allowed = _confidences(known, case.form)
    shapes = _shape_confidences(known, certain)
    ratio, rival = max(_rivals(case, known, free), default=(0.0, ""))
    legible = _tells(case, free) if case.differences else bool(np.min(certain) >= CERTAIN) and _told_apart(case, known)
    fields, start = [], 0
    for line, own in zip(expected, case.match.forms, strict=True):
        span = slice(start, start + len(own))
        fields.append(
            Field(
                line,
                lines=case.match.read,
                score=float(np.min(allowed[span])),
                margin=_margin(ratio),
                legible=legible,
                rival=rival,
                alignment=_columns(case, span, line),
                places=own.places,
                text=case.expected.text[span],
                confidences=tuple(map(float, certain[span])),
                shape_confidences=tuple(map(float, shapes[span])),
            )
        )
        start = span.stop
    return fields


def _inserted(known: Scored, form: Form) -> NDArray[np.float64]:
    """Return the ratios of insertions by gap and symbol, weighted by what the gap is."""
    return known.inserted * gap_weights(form)[:, None]


def _confidences(known: Scored, form: Form) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each place's confidence, and that with all that its pattern allows; 1 where a place does not count."""
    places = form.places
    inserted = _inserted(known, form).sum(axis=1)
    others = known.deleted + inserted[:-1]
    others[-1] += inserted[-1]
    admitted = np.array([[symbol in place.choices for symbol in known.symbols] for place in places])
    inside = np.where(admitted, known.substituted, 0.0).sum(axis=1)
    outside = np.where(admitted, 0.0, known.substituted).sum(axis=1) + others
    counts = np.array([place.counts for place in places])
    certain = np.where(counts, 1.0 / (1.0 + inside + outside), 1.0)
    return certain, np.where(counts, 1.0 / (1.0 + outside / (1.0 + inside)), 1.0)


def _shape_confidences(known: Scored, certain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each place's confidence with all of its character's shape: `certain` is 1 / (1 + all others)."""
    own, others = shape(known.hypothesis.text), shape("".join(known.symbols))
    alike = np.array([[other == character for other in others] for character in own])
    among: NDArray[np.float64] = np.where(alike, known.substituted, 0.0).sum(axis=1)
    return np.minimum(certain * (1.0 + among), 1.0)


def _rivals(case: Case, known: Scored, free: Scored) -> Iterator[tuple[float, str]]:
    """Yield other texts than those allowed, each with its probability as a ratio to the expected one's."""
    text = case.expected.text
    if any(not _beyond(case, column) for column in case.differences):
        yield float(np.exp(min(free.log_probability - known.log_probability, 200.0))), case.free.text
    inserted = _inserted(known, case.form)
    for before in range(len(text) + 1):
        rank = int(inserted[before].argmax())
        yield float(inserted[before, rank]), text[:before] + known.symbols[rank] + text[before:]
    for place, own in enumerate(case.places):
        if not own.counts:
            continue
        yield float(known.deleted[place]), text[:place] + text[place + 1 :]
        other = np.array([symbol not in own.choices for symbol in known.symbols])
        rank = int(np.where(other, known.substituted[place], -1.0).argmax())
        yield float(known.substituted[place, rank]), text[:place] + known.symbols[rank] + text[place + 1 :]


def _beyond(case: Case, column: Aligned) -> bool:
    """Whether something was read beyond an end of the line, or nothing of it was found."""
    inner = [place for place, other in enumerate(case.alignment) if other.place is not None]
    return column.place is None and not inner[0] < case.alignment.index(column) < inner[-1]


def _margin(ratio: float) -> float:
    """(P - R) / (P + R) of R / P."""
    return (1.0 - ratio) / (1.0 + ratio) if np.isfinite(ratio) else -1.0


def _told_apart(case: Case, known: Scored) -> bool:
    """Whether each expected character is sure beside every one that readers confuse it with."""
    return all(
        not own.counts or symbol in own.choices or not confusable(character, symbol) or 1 / (1 + ratio) >= TOLD_APART
        for character, own, ratios in zip(case.expected.text, case.places, known.substituted, strict=True)
        for symbol, ratio in zip(known.symbols, ratios, strict=True)
    )


def _tells(case: Case, free: Scored) -> bool:
    """Whether the free reading speaks clearly against what is expected."""
    counting = sum(place.counts for place in case.places)
    telling = [column for column in case.differences if not _doubtful(case, column)]
    if not telling or len(case.free.text) < COMPARABLE * counting:
        return False
    certain, _ = _confidences(free, Form(tuple(Place(frozenset(character)) for character in case.free.text)))
    clear = [_clarity(case, column, certain, free) >= CLEAR for column in telling]
    return all(clear) and bool(np.min(certain) >= STEADY)


def _doubtful(case: Case, column: Aligned) -> bool:
    """Whether a difference tells nothing: the two may be confused, or it belongs to an end where the line is cut."""
    choices = case.places[column.place].choices if column.place is not None else ()
    if any(confusable(choice, column.read or "") for choice in choices):
        return True
    return any(column in end and any(_lacks(other) for other in end) for end in _ends(case.alignment))


def _ends(alignment: Sequence[Aligned]) -> tuple[Sequence[Aligned], Sequence[Aligned]]:
    """Return the columns before the first that agrees, and those after the last."""
    agreeing = [place for place, column in enumerate(alignment) if column.ok]
    if not agreeing:
        return alignment, ()
    return alignment[: agreeing[0]], alignment[agreeing[-1] + 1 :]


def _lacks(column: Aligned) -> bool:
    """Whether one side has nothing here."""
    return column.place is None or column.at is None


def _clarity(case: Case, column: Aligned, certain: NDArray[np.float64], free: Scored) -> float:
    """Return the confidence of the free reading at a difference: in its character, or that none stands there."""
    if column.at is not None:
        return float(certain[column.at])
    before = [other.at for other in case.alignment[: case.alignment.index(column)] if other.at is not None]
    return float(1.0 / (1.0 + free.inserted[len(before)].sum()))


def _columns(case: Case, span: slice, line: ExpectedLine) -> tuple[Aligned, ...]:
    """Return the alignment's columns of some places; a symbol shows as read, and only where the recipe names one."""
    named = not all(place.counts for place in line.pattern.places)
    columns = []
    for column in case.alignment:
        place = column.place if column.place is not None else max(gap(case.alignment, column) - 1, 0)
        if not span.start <= place < span.stop:
            continue
        if not case.symbolic(column):
            columns.append(column)
        elif column.read is not None and named:
            columns.append(Aligned(column.read, column.read, column.place, column.at))
    return tuple(columns)
