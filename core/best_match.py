"""The best text that a pattern allows: Viterbi over the pattern's places, from the unconstrained probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.alignment import Form
from core.folding import BLANK, SYMBOLS, WIDTH, Folded, column

IMPOSSIBLE = -1e9

Scores = NDArray[np.float64]


def best_match(line: Folded, form: Form) -> str:
    """Return the most likely text of `form` in `line`; its best path is found, not its greatest sum.

    Where the line has too few frames for any text of the form, the first choices in order are returned.
    """
    if form.admits(line.text):
        return line.text  # the best path of all spells it, so no other can be better
    if all(place.fixed for place in form.places):
        return "".join(next(iter(place.choices)) for place in form.places)
    return _viterbi(np.log(line.probabilities), _allowed(form))


def _allowed(form: Form) -> Scores:
    """Return 0 where a symbol may stand and `IMPOSSIBLE` elsewhere, shape (n, WIDTH)."""
    allowed = np.full((len(form), WIDTH), IMPOSSIBLE)
    for row, place in enumerate(form.places):
        allowed[row, [column(character) for character in place.choices]] = 0.0
    return allowed


@dataclass(frozen=True, eq=False)
class _Step:
    """Where the best path to each state of one frame came from.

    `came` (n, WIDTH): 0 stayed, 1 from the blank before, 2 from another symbol at the place before: `first`, or where
    that is the same symbol, `second` (n,). `stayed` (n + 1,): the blank stayed, else it came from `first`.
    """

    came: NDArray[np.intp]
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    stayed: NDArray[np.bool_]


def _viterbi(logs: Scores, allowed: Scores) -> str:
    """Return the text of the best path through `logs` (T, WIDTH); ties go to the lower column."""
    characters = np.full(allowed.shape, IMPOSSIBLE)
    blanks = np.full(len(allowed) + 1, IMPOSSIBLE)
    blanks[0] = 0.0
    steps: list[_Step] = []
    for frame in logs:
        characters, blanks, step = _advance(characters, blanks, frame)
        characters += allowed
        steps.append(step)
    if max(blanks[-1], characters[-1].max()) <= IMPOSSIBLE / 2:
        return "".join(SYMBOLS[int(row.argmax()) - 1] for row in allowed)
    last = BLANK if blanks[-1] >= characters[-1].max() else int(characters[-1].argmax())
    return _trace(steps, len(allowed), last)


def _advance(characters: Scores, blanks: Scores, frame: Scores) -> tuple[Scores, Scores, _Step]:
    """Return the scores after one more frame, and where each came from."""
    rows = np.arange(len(characters))
    first = characters.argmax(axis=1)
    best = characters[rows, first]
    others = characters.copy()
    others[rows, first] = IMPOSSIBLE
    second = others.argmax(axis=1)
    before = np.full(characters.shape, IMPOSSIBLE)
    before[1:] = best[:-1, None]
    before[rows[1:], first[:-1]] = others[rows[:-1], second[:-1]]
    ways = np.stack([characters, np.broadcast_to(blanks[:-1, None], characters.shape), before])
    came = ways.argmax(axis=0)
    stayed = np.concatenate([[True], blanks[1:] >= best])
    after = frame[BLANK] + np.where(stayed, blanks, np.concatenate([[IMPOSSIBLE], best]))
    return ways.max(axis=0) + frame, after, _Step(came, first, second, stayed)


def _trace(steps: list[_Step], place: int, symbol: int) -> str:
    """Return the text of the path that ends in `symbol` (or the blank) after `place` characters."""
    text: list[str] = []
    for step in reversed(steps):
        if symbol == BLANK:
            symbol = BLANK if step.stayed[place] else int(step.first[place - 1])
            continue
        way = step.came[place - 1, symbol]
        if way == 0:
            continue
        text.append(SYMBOLS[symbol - 1])
        place -= 1
        if way == 1:
            symbol = BLANK
        else:
            first = int(step.first[place - 1])
            symbol = first if first != symbol else int(step.second[place - 1])
    return "".join(reversed(text))
