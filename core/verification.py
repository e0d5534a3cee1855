"""Known text is verified, not read and compared.

The recipe's text is scored against every other text by the recogniser's raw answer, which was made before anything
was expected (`core.lattice`):

1. A character's **confidence** is the probability of the expected character against every text that differs at its
   place alone: P / (P + sum of substitutions + deletion + insertions before it). At a place of a pattern, all that the
   pattern allows there counts as expected. What is put in beyond an end of the line or beside a symbol weighs a tenth
   (`BEYOND`): there stand logos and circled symbols more often than text. A field's **score** is the least over its
   characters.
2. Its **margin** is (P - R) / (P + R), R the probability of the most likely other text that the recipe does not allow:
   the best text without any expectation, or the best single edit. Negative: something else is more likely.
3. A field is **legible** when what stands there can be told. If the free reading is the expected text, every character
   must be likelier than not (`CERTAIN`), and surer (`TOLD_APART`) beside one that the readers confuse it with
   (`core.confusables`). If it is another, every character by which it differs must be `CLEAR`, all of its others
   `STEADY`, and a difference between two such characters, or at either end of the line, where a box may have cut it,
   tells nothing. A legible other text is a **rival**.

The thresholds were set on labelled photos of real chips. Of 109 right marks on DIP packages 76 pass and none fails; of
7,659 recipes for them with one digit changed none passes, 86 in 100 fail (`marksight bench judging` measures it anew).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.assignment import Assignment, Match, Row, assign, forms, row
from core.fields import Case, Field, judge, unfound
from core.folding import folded
from core.lattice import Hypothesis, Scored, score
from core.reading import MarkReading
from core.recipe import Recipe, Variant

VERSION = "ocv2"
"""Names this arithmetic in `signal_version`; to be raised with any change of a formula or threshold."""

CONTENDERS = 3
"""Variants verified in full; the others are too unlike the reading to win."""


@dataclass(frozen=True)
class Verification:
    """The variant that fits best, and its fields in order."""

    variant: Variant
    fields: tuple[Field, ...]

    @property
    def required(self) -> tuple[Field, ...]:
        """The fields that the mark must carry."""
        return tuple(field for field in self.fields if field.expected.required)

    @property
    def score(self) -> float:
        """The least score of the required fields."""
        return min(field.score for field in self.required)

    @property
    def margin(self) -> float:
        """The least margin of the required fields."""
        return min(field.margin for field in self.required)

    @property
    def legible(self) -> float | None:
        """The least score of the required fields that could be read; None where none could."""
        return min((field.score for field in self.required if field.legible), default=None)


def verify(reading: MarkReading, recipe: Recipe) -> Verification:
    """Verify every line of the recipe's best variant."""
    lines = [folded(line) for line in reading.lines]
    rows = [row(line.text, read.text) for line, read in zip(lines, reading.lines, strict=True)]
    contenders = _contenders(rows, recipe)
    cases = {_key(match): Case(lines, match) for _, assignment in contenders for match in assignment.matches}
    hypotheses = list(dict.fromkeys(one for case in cases.values() for one in case.hypotheses))
    scored = dict(zip(hypotheses, score(hypotheses), strict=True))
    done = [_verified(variant, assignment, cases, scored) for variant, assignment in contenders]
    return max(done, key=lambda one: (one.score, one.margin, sum(field.score for field in one.fields)))


def _contenders(rows: Sequence[Row], recipe: Recipe) -> list[tuple[Variant, Assignment]]:
    assigned = [
        (variant, assign([forms(line.pattern.places) for line in variant.lines], rows)) for variant in recipe.variants
    ]
    assigned.sort(key=lambda one: -one[1].gain / sum(len(line.pattern) for line in one[0].lines))
    return assigned[:CONTENDERS]


def _verified(
    variant: Variant, assignment: Assignment, cases: Mapping[object, Case], scored: Mapping[Hypothesis, Scored]
) -> Verification:
    found: dict[int, Field] = {}
    for match in assignment.matches:
        expected = variant.lines[match.first : match.first + len(match.forms)]
        found |= enumerate(judge(cases[_key(match)], expected, scored), match.first)
    return Verification(variant, tuple(found.get(row) or unfound(line) for row, line in enumerate(variant.lines)))


def _key(match: Match) -> object:
    return match.read, match.forms
