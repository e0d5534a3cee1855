"""The one place where a verdict is made: stored signals and rules in, verdicts with their reasons out.

1. `TABLE` is the rule. Its rows are tried in order and the first that matches wins; a row looks at reasons alone.
2. Only stored integers are compared, so the same input gives the same bytes years later, for one part or a million.
3. Raising a limit can only add findings, and no finding ever leads to a pass.
4. A missing optional signal counts as 0 and says so; weights are never renormalised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.confidence import confidence, margin_of
from core.reasons import HARD, NONE, REJECTED, SHORT, UNJUDGEABLE, UNREADABLE, Reason
from core.rules import Rules, SignalRule
from core.signals import MISSING, SignalColumns, Signals
from core.verdicts import Verdict

BLOCK = 1 << 15
"""Parts judged at once: the temporaries of a block stay in the processor's cache, and memory stays bounded."""

Bits = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """One row of the table: matches a part with some reason of `any_of` and none of `none_of` (0: no condition)."""

    verdict: Verdict
    any_of: Reason = NONE
    none_of: Reason = NONE

    def matches(self, bits: Bits) -> Mask:
        """Return which parts match, bool of shape (N,)."""
        some = (bits & np.int32(self.any_of)) != 0 if self.any_of else np.ones(bits.shape, np.bool_)
        none: Mask = (bits & np.int32(self.none_of)) == 0
        return some & none


TABLE = (
    Row(Verdict.FAIL, any_of=HARD),
    Row(Verdict.NOT_JUDGED, any_of=UNJUDGEABLE),
    Row(Verdict.FAIL, any_of=REJECTED),
    Row(Verdict.PASS, none_of=SHORT),
    Row(Verdict.BORDERLINE),
)


@dataclass(frozen=True, eq=False)
class Decisions:
    """Verdicts of N parts: `verdict` int8 (`Verdict`), `reasons` int32 (bits of `Reason`), `score` and `confidence`
    int16 in ten-thousandths."""

    verdict: NDArray[np.int8]
    reasons: Bits
    score: NDArray[np.int16]
    confidence: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.verdict)


def decide(signals: Signals, rules: Rules) -> Decisions:
    """Judge N parts by one set of rules."""
    count = len(signals)
    out = Decisions(
        np.empty(count, np.int8), np.empty(count, np.int32), np.empty(count, np.int16), np.empty(count, np.int16)
    )
    for start in range(0, count, BLOCK):
        span = slice(start, start + BLOCK)
        rows = signals.rows(span)
        score = weighted_score(rows, rules)
        bits = reasons(rows, rules, score)
        verdict = first_match(bits)
        out.score[span], out.reasons[span], out.verdict[span] = score, bits, verdict
        out.confidence[span] = confidence(rows, rules, score=score, bits=bits, verdict=verdict)
    return out


def first_match(bits: Bits) -> NDArray[np.int8]:
    """Return the verdict of the first row of `TABLE` that each part matches."""
    verdict = np.empty(bits.shape, np.int8)
    for row in reversed(TABLE):  # later rows are overwritten by earlier ones
        verdict[row.matches(bits)] = row.verdict
    return verdict


def deciding_row(bits: int) -> Row:
    """Return the row of `TABLE` that decided a part with these reasons."""
    one = np.array([bits], dtype=np.int32)
    return next(row for row in TABLE if row.matches(one)[0])


def weighted_score(signals: Signals, rules: Rules) -> NDArray[np.int16]:
    """Return the weighted mean of the scores in ten-thousandths, rounded down; a missing one counts as 0."""
    total = np.zeros(len(signals), np.int64)
    for name, rule in rules.signals:
        column = signals.columns.get(name)
        if column is not None and rule.weight:
            total += np.maximum(column.score, 0) * np.int64(rule.weight)
    return (total // rules.total_weight).astype(np.int16)


def reasons(signals: Signals, rules: Rules, score: NDArray[np.int16]) -> Bits:
    """Return the facts of each part with the findings that these rules add."""
    bits = signals.facts.copy()
    for name, rule in rules.signals:
        _find(bits, signals.columns.get(name), rule)
    bits |= _flag(score < rules.pass_score, Reason.BELOW_PASS_SCORE)
    if rules.illegible_fails:
        bits |= _flag((bits & np.int32(UNREADABLE)) != 0, Reason.ILLEGIBLE_REFUSED)
    return bits


def _find(bits: Bits, column: SignalColumns | None, rule: SignalRule) -> None:
    """Add to `bits` what one signal gives cause for."""
    absent = Reason.REQUIRED_MISSING if rule.required else Reason.OPTIONAL_MISSING
    if column is None:
        bits |= np.int32(absent)
        return
    missing = column.score == MISSING
    bits |= _flag(missing, absent)
    if rule.required:
        bits |= _flag((column.legible != MISSING) & (column.legible < rule.reject), Reason.BELOW_REJECT)
        bits |= _flag(~missing & (column.score < rule.accept), Reason.BELOW_ACCEPT)
        bits |= _flag(~missing & (margin_of(column) < rule.margin), Reason.BELOW_MARGIN)


def _flag(mask: Mask, reason: Reason) -> Bits:
    return mask * np.int32(reason)
