"""How far a verdict is from being another one: the normalised distance to the nearest limit that would change it.

It is not a probability. Each distance is taken on the scale of the room on that side of the limit:

- pass: the least of (value - limit) / (1 - limit) over every limit that had to be met;
- fail by a reject limit: the most of (limit - value) / limit over the signals under theirs, for all must rise;
- borderline: the lesser of the way up, the most of (limit - value) / room over the limits not met, and the way down,
  the least of (value - reject) / (accept - reject) over what is legible;
- fail by a fact: 1, no limit would change it. Not judged: 0, there is nothing to be sure of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.reasons import HARD, SHORT, Reason
from core.rules import Rules, SignalRule
from core.signals import MISSING, ONE, SignalColumns, Signals
from core.verdicts import Verdict

Distance = NDArray[np.float32]

LIMITS = Reason.BELOW_ACCEPT | Reason.BELOW_MARGIN | Reason.BELOW_PASS_SCORE
BLOCKED = SHORT & ~LIMITS
"""What keeps a part from passing and is no limit."""

BY_FACT = HARD | Reason.ILLEGIBLE_REFUSED


@dataclass(frozen=True, eq=False)
class Parts:
    """Judged parts: their required signals with rules, weighted score and reasons."""

    required: tuple[tuple[SignalColumns, SignalRule], ...]
    rules: Rules
    score: NDArray[np.int16]
    bits: NDArray[np.int32]

    def take(self, rows: NDArray[np.intp]) -> Parts:
        """Return the parts at `rows`."""
        required = tuple((column.take(rows), rule) for column, rule in self.required)
        return Parts(required, self.rules, self.score.take(rows), self.bits.take(rows))


def confidence(
    signals: Signals, rules: Rules, *, score: NDArray[np.int16], bits: NDArray[np.int32], verdict: NDArray[np.int8]
) -> NDArray[np.int16]:
    """Return the confidence of each part's verdict, in ten-thousandths; `score` is the weighted one."""
    required = tuple(
        (signals.columns[name], rule) for name, rule in rules.signals if rule.required and name in signals.columns
    )
    parts = Parts(required, rules, score, bits)
    out = np.zeros(len(signals), np.int16)
    for kind, distance in DISTANCES.items():
        rows = np.flatnonzero(verdict == kind)
        if len(rows):
            room = distance(parts if len(rows) == len(out) else parts.take(rows))
            out[rows] = np.rint(np.clip(room, 0.0, 1.0) * np.float32(ONE)).astype(np.int16)
    return out


def margin_of(column: SignalColumns) -> NDArray[np.int16]:
    """Return the margins with a missing one as 0: it meets a limit of 0 and no higher one."""
    return np.where(column.margin == MISSING, np.int16(0), column.margin)


def _pass(parts: Parts) -> Distance:
    """How far over its nearest limit each part stands."""
    room = _over(parts.score, parts.rules.pass_score)
    for column, rule in parts.required:
        room = np.minimum(room, _over(column.score, rule.accept))
        room = np.minimum(room, _over(margin_of(column), rule.margin))
    return room


def _fail(parts: Parts) -> Distance:
    """How far under its reject limit the lowest signal of each part stands; 1 where a fact failed it."""
    room = np.zeros(len(parts.score), np.float32)
    for column, rule in parts.required:
        legible = np.where(column.legible == MISSING, np.int16(rule.reject), column.legible)
        room = np.maximum(room, _under(legible, rule.reject, rule.reject))
    room[(parts.bits & np.int32(BY_FACT)) != 0] = 1.0
    return room


def _borderline(parts: Parts) -> Distance:
    """The lesser of the ways to a pass and to a fail."""
    return np.minimum(_way_up(parts), _way_down(parts))


def _way_up(parts: Parts) -> Distance:
    """How far each part is from passing; 1 where something else than a limit is in the way."""
    room = _under(parts.score, parts.rules.pass_score, parts.rules.pass_score)
    for column, rule in parts.required:
        room = np.maximum(room, _under(column.score, rule.accept, rule.accept - rule.reject))
        room = np.maximum(room, _under(margin_of(column), rule.margin, rule.margin + ONE))
    room[(parts.bits & np.int32(BLOCKED)) != 0] = 1.0
    return room


def _way_down(parts: Parts) -> Distance:
    """How far each part is from falling under a reject limit; 1 where nothing legible could."""
    room = np.ones(len(parts.score), np.float32)
    for column, rule in parts.required:
        fall = -_under(column.legible, rule.reject, rule.accept - rule.reject)
        room = np.minimum(room, np.where(column.legible == MISSING, np.float32(1.0), fall))
    return room


def _over(value: NDArray[np.int16], limit: int) -> Distance:
    """(value - limit) / (1 - limit)."""
    return (value - np.float32(limit)) / np.float32(max(ONE - limit, 1))


def _under(value: NDArray[np.int16], limit: int, room: int) -> Distance:
    """(limit - value) / room."""
    return (np.float32(limit) - value) / np.float32(max(room, 1))


DISTANCES: dict[Verdict, Callable[[Parts], Distance]] = {
    Verdict.PASS: _pass,
    Verdict.FAIL: _fail,
    Verdict.BORDERLINE: _borderline,
}
