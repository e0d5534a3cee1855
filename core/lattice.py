"""How probable a text is, and every text one edit away from it, by the CTC forward algorithm.

A hypothesis is a line's folded probabilities and a text. All hypotheses of a part go through one pass, batched: short
lines are padded with frames that are nothing but blank, which changes no probability. A symbol EDGE stands before the
first and after the last character, in frames of its own, so that both ends are places like any other.

For one text (Graves et al. 2006, with a_c and a_b the mass that ends in character j or in the blank after it):

    a_c[j] <- p(x_j) (a_c[j] + a_b[j-1] + a_c[j-1] [x_j != x_j-1])        a_b[j] <- p(blank) (a_b[j] + a_c[j])

and r_c, r_b the mass from there to the end, that frame included. A text with one symbol c in place of x_j, or put in
after x_j, shares all of its path but the stay in c, so its probability is a sum over that stay; a text without x_j is
a sum over the frame in which it was left out. All come as ratios to the probability of the text itself.

Example: a line of two frames, the first A 0.7, B 0.2, blank 0.1, the second blank 0.8, A 0.1, B 0.1. "A" is spelt by
A-blank, A-A and blank-A: 0.7 x 0.8 + 0.7 x 0.1 + 0.1 x 0.1 = 0.64. "B" in its place: 0.2 x 0.8 + 0.2 x 0.1 + 0.1 x 0.1
= 0.19, the ratio 0.19 / 0.64. B put in after it: only A-B spells that, 0.7 x 0.1, the ratio 0.07 / 0.64. Without it:
blank-blank, 0.1 x 0.8, the ratio 0.08 / 0.64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.folding import BLANK, SYMBOLS, WIDTH, Folded, column

EDGE = WIDTH
"""Column of the symbol that stands at both ends."""

UNUSED = WIDTH + 1
"""Column of places beyond a text's end: never emitted."""

RIVALS = 16
"""Symbols tried at each place; all others together have next to no mass anywhere in the line."""

TINY = 1e-290
MOST = 1e100
"""Greatest ratio told."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Hypothesis:
    """A line and a normalised text that it might say."""

    line: Folded
    text: str


@dataclass(frozen=True, eq=False)
class Scored:
    """A hypothesis with its natural-log probability, and the texts one edit away as ratios to it.

    `substituted` (n, K): symbol `symbols[k]` in place of character j; `inserted` (n + 1, K): before character j, or at
    the end; `deleted` (n,): without character j. Ratios are at least 0; what spells the same text again counts as 0.
    """

    hypothesis: Hypothesis
    log_probability: float
    symbols: tuple[str, ...]
    substituted: Array
    inserted: Array
    deleted: Array


@dataclass(frozen=True, eq=False)
class _Batch:
    """B hypotheses of T frames and N places (both edges included)."""

    frames: Array  # (T, B, WIDTH + 2)
    places: NDArray[np.intp]  # (B, N) columns
    rivals: NDArray[np.intp]  # (B, K) columns
    ends: NDArray[np.intp]  # (B,) place of the last edge


def score(hypotheses: Sequence[Hypothesis]) -> list[Scored]:
    """Score every hypothesis and its single edits; an impossible text has a log-probability of -inf."""
    if not hypotheses:
        return []
    batch = _batch(hypotheses)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # an impossible text divides by nothing
        return _unpack(hypotheses, batch)


def _batch(hypotheses: Sequence[Hypothesis]) -> _Batch:
    count = len(hypotheses)
    frames = np.zeros((max(len(h.line.probabilities) for h in hypotheses) + 2, count, WIDTH + 2))
    places = np.full((count, max(len(h.text) for h in hypotheses) + 2), UNUSED, np.intp)
    rivals = np.zeros((count, min(RIVALS, WIDTH - 1)), np.intp)
    for row, hypothesis in enumerate(hypotheses):
        probabilities = hypothesis.line.probabilities
        frames[1 : len(probabilities) + 1, row, :WIDTH] = probabilities
        frames[len(probabilities) + 1 : -1, row, BLANK] = 1.0
        places[row, : len(hypothesis.text) + 2] = [EDGE, *map(column, hypothesis.text), EDGE]
        rivals[row] = _likely(hypothesis)[: rivals.shape[1]]
    frames[0, :, EDGE] = frames[-1, :, EDGE] = 1.0
    return _Batch(frames, places, rivals, np.array([len(h.text) + 1 for h in hypotheses]))


def _likely(hypothesis: Hypothesis) -> NDArray[np.intp]:
    """Return the columns of symbols, the likeliest rivals first.

    A symbol rivals others where it is second to them; what the line itself spells rivals only another text.
    """
    line = hypothesis.line
    second = line.probabilities[:, 1:].copy()
    second[np.arange(len(second)), second.argmax(axis=1)] = 0.0
    strength = second.max(axis=0)
    if hypothesis.text != line.text:
        strength[[column(symbol) - 1 for symbol in line.text]] += 1.0
    return np.argsort(-strength, kind="stable") + 1


def _forward(symbols: Array, blanks: Array, differs: Array) -> tuple[Array, Array, Array]:
    """Return a_c and a_b of shape (T, B, N), each frame scaled to a sum of 1, and the scales (T, B)."""
    ends_c, ends_b, scales = np.zeros_like(symbols), np.zeros_like(symbols), np.ones(symbols.shape[:2])
    ends_c[0, :, 0] = 1.0
    now_c, now_b = ends_c[0], ends_b[0]
    for frame in range(1, len(symbols)):
        next_c = now_c.copy()
        next_c[:, 1:] += now_b[:, :-1] + now_c[:, :-1] * differs
        next_c *= symbols[frame]
        next_b = blanks[frame] * (now_b + now_c)
        scale = next_c.sum(axis=1) + next_b.sum(axis=1) + TINY
        now_c, now_b, scales[frame] = next_c / scale[:, None], next_b / scale[:, None], scale
        ends_c[frame], ends_b[frame] = now_c, now_b
    return ends_c, ends_b, scales


def _backward(symbols: Array, blanks: Array, differs: Array, ends: NDArray[np.intp]) -> tuple[Array, Array]:
    """Return r_c and r_b of shape (T, B, N), each frame scaled to a sum of 1."""
    rest_c, rest_b = np.zeros_like(symbols), np.zeros_like(symbols)
    rest_c[-1, np.arange(len(ends)), ends] = 1.0
    now_c, now_b = rest_c[-1], rest_b[-1]
    for frame in range(len(symbols) - 2, -1, -1):
        last_c = now_c + now_b
        last_c[:, :-1] += now_c[:, 1:] * differs
        last_b = now_b.copy()
        last_b[:, :-1] += now_c[:, 1:]
        last_c *= symbols[frame]
        last_b *= blanks[frame]
        scale = last_c.sum(axis=1) + last_b.sum(axis=1) + TINY
        now_c, now_b = last_c / scale[:, None], last_b / scale[:, None]
        rest_c[frame], rest_b[frame] = now_c, now_b
    return rest_c, rest_b


@dataclass(frozen=True, eq=False)
class _Mass:
    """Both passes over a batch, and `ratio` (T - 1, B): what turns mass before and after a frame into a ratio."""

    ends_c: Array
    ends_b: Array
    rest_c: Array
    rest_b: Array
    scales: Array
    ratio: Array


def _mass(batch: _Batch) -> _Mass:
    rows = np.arange(len(batch.ends))
    symbols = batch.frames[:, rows[:, None], batch.places]
    blanks = batch.frames[:, :, BLANK, None]
    differs = (batch.places[:, 1:] != batch.places[:, :-1]).astype(np.float64)
    ends_c, ends_b, scales = _forward(symbols, blanks, differs)
    rest_c, rest_b = _backward(symbols, blanks, differs, batch.ends)
    onward_c = rest_c + rest_b
    onward_c[..., :-1] += rest_c[..., 1:] * differs
    onward_b = rest_b.copy()
    onward_b[..., :-1] += rest_c[..., 1:]
    total = (ends_c[:-1] * onward_c[1:] + ends_b[:-1] * onward_b[1:]).sum(axis=2)
    return _Mass(ends_c, ends_b, rest_c, rest_b, scales, 1.0 / total)


def _stays(batch: _Batch, mass: _Mass) -> tuple[Array, Array]:
    """Return the ratios of texts with one symbol more, both (B, N, K): instead of place j, and after place j.

    What stays in the symbol after it was entered from place j is the same for both; they differ in where it goes on.
    """
    differs = (batch.places[:, :, None] != batch.rivals[:, None, :]).astype(np.float64)
    emitted = batch.frames[:, np.arange(len(batch.ends))[:, None], batch.rivals] / mass.scales[:, :, None]
    stays = mass.ends_b[:-2, ..., None] + mass.ends_c[:-2, ..., None] * differs  # entered; below, what stays of it
    stays[0] *= emitted[1, :, None]
    for frame in range(1, len(stays)):
        stays[frame] += stays[frame - 1]
        stays[frame] *= emitted[frame + 1, :, None]
    to_blank = mass.rest_b[2:] * mass.ratio[1:, :, None]
    to_next = mass.rest_c[2:, :, 1:] * mass.ratio[1:, :, None]
    inserted, substituted = _onward(stays, to_blank), np.zeros_like(differs)
    inserted[:, :-1] += _onward(stays[:, :, :-1], to_next) * differs[:, 1:]
    inserted[:, :-1] *= differs[:, 1:]
    substituted[:, 1:] = _onward(stays[:, :, :-1], to_blank[:, :, 1:])
    substituted[:, 1:-1] += _onward(stays[:, :, :-2], to_next[:, :, 1:]) * differs[:, 2:]
    return substituted * differs, inserted


def _onward(stays: Array, rest: Array) -> Array:
    """Return, added up over the frames, what stays (T, B, N, K) and then goes on to the end (T, B, N)."""
    total: Array = np.einsum("tbnk,tbn->bnk", stays, rest)
    return total


def _leaps(batch: _Batch, mass: _Mass) -> Array:
    """Return the ratios of texts without place j, shape (B, N); 0 at the edges."""
    before = mass.ends_b[:-1, :, :-2] + mass.ends_c[:-1, :, :-2] * (batch.places[:, :-2] != batch.places[:, 2:])
    out = np.zeros(batch.places.shape)
    out[:, 1:-1] = (before * mass.rest_c[1:, :, 2:] * mass.ratio[:, :, None]).sum(axis=0)
    return out


def _bounded(ratios: Array) -> Array:
    """An impossible text leaves ratios that are no numbers: all others are then beyond compare."""
    return np.minimum(np.nan_to_num(ratios, nan=MOST, posinf=MOST), MOST)


def _unpack(hypotheses: Sequence[Hypothesis], batch: _Batch) -> list[Scored]:
    mass = _mass(batch)
    substituted, inserted, deleted = map(_bounded, (*_stays(batch, mass), _leaps(batch, mass)))
    final = mass.ends_c[-1, np.arange(len(batch.ends)), batch.ends]
    logs = np.log(mass.scales).sum(axis=0) + np.log(final)
    return [
        Scored(
            hypothesis,
            log_probability=float(logs[row]),
            symbols=tuple(SYMBOLS[place - 1] for place in batch.rivals[row]),
            substituted=substituted[row, 1 : len(hypothesis.text) + 1],
            inserted=inserted[row, : len(hypothesis.text) + 1],
            deleted=deleted[row, 1 : len(hypothesis.text) + 1],
        )
        for row, hypothesis in enumerate(hypotheses)
    ]
