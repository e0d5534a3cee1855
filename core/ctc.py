"""Greedy decoding of CTC emissions into characters with their place, confidence and runners-up.

Graves et al., "Connectionist temporal classification", ICML 2006: equal neighbours collapse, blanks fall out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.geometry import Matrix, transform
from core.reading import Candidate, CharacterReading, Emissions

TOP_K = 5
BLANK = 0


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring steps that say the same character: `column` of the emissions, first and last step, surest step."""

    column: int
    first: int
    last: int
    peak: int


def runs(emissions: Emissions) -> list[Run]:
    """Return the characters of the likeliest path as runs of steps, blanks left out."""
    table = emissions.log_probabilities
    best = table.argmax(axis=1)
    edges = np.flatnonzero(np.diff(best)) + 1
    bounds = [0, *(int(edge) for edge in edges), len(best)]
    found = []
    for first, end in pairwise(bounds):
        column = int(best[first]) if end > first else BLANK
        if column != BLANK:
            peak = first + int(table[first:end, column].argmax())
            found.append(Run(column, first, end - 1, peak))
    return found


def candidates(emissions: Emissions, step: int, *, top_k: int = TOP_K) -> tuple[Candidate, ...]:
    """Return the likeliest characters at `step`, best first; the blank is none of them."""
    row = emissions.log_probabilities[step, 1:]
    best = np.argsort(-row, kind="stable")[:top_k]
    return tuple(Candidate(emissions.alphabet[index], min(0.0, float(row[index]))) for index in best)


def text(emissions: Emissions) -> str:
    """Return the likeliest path's text."""
    return "".join(emissions.alphabet[run.column - 1] for run in runs(emissions))


def confidences(emissions: Emissions) -> NDArray[np.float64]:
    """Return the probability of each character of the likeliest path, 0..1."""
    table = emissions.log_probabilities
    return np.exp([float(table[run.peak, run.column]) for run in runs(emissions)])


def characters(
    emissions: Emissions, to_original: Matrix, *, step_px: float, height_px: float
) -> list[CharacterReading]:
    """Decode a line crop of `height_px` into characters placed in the original picture.

    `to_original` maps crop pixels to original pixels; `step_px` is the width of the crop that one step stands for.
    A character reaches half-way to its neighbours, but never further than it is likely to be wide.
    """
    found = runs(emissions)
    centres = np.array([(run.first + run.last + 1) / 2 * step_px for run in found])
    lefts, rights = _extents(centres, step_px, len(emissions.log_probabilities) * step_px, height_px)
    read = []
    for run, left, right in zip(found, lefts, rights, strict=True):
        corners = np.array([[left, 0], [right, 0], [right, height_px - 1], [left, height_px - 1]], np.float32)
        read.append(CharacterReading(candidates(emissions, run.peak), transform(corners, to_original)))
    return read


def _extents(
    centres: NDArray[np.float64], step_px: float, width_px: float, height_px: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not len(centres):
        return centres, centres
    pitch = float(np.median(np.diff(centres))) if len(centres) > 1 else 0.6 * height_px
    reach = max(step_px / 2, 0.55 * pitch)
    middles = (centres[1:] + centres[:-1]) / 2
    lefts = np.maximum(np.concatenate([[0.0], middles]), centres - reach)
    rights = np.minimum(np.concatenate([middles, [width_px]]), centres + reach)
    return lefts, rights
