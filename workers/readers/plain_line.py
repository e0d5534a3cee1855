"""Lines from engines that give text, a box and one confidence, and nothing about single characters."""

from __future__ import annotations

import math

import numpy as np

from core.geometry import as_quad
from core.reading import Candidate, CharacterReading, LineReading, Quad

LEAST_PROBABILITY = 1e-6


def plain_line(text: str, quad: Quad, confidence: float) -> LineReading:
    """Return a line whose characters share its box evenly and all carry its confidence (0..1)."""
    log_probability = math.log(min(1.0, max(LEAST_PROBABILITY, confidence)))
    edges = np.linspace(0.0, 1.0, len(text) + 1)
    characters = (
        CharacterReading((Candidate(character, log_probability),), _slice(quad, float(start), float(end)))
        for character, start, end in zip(text, edges[:-1], edges[1:], strict=True)
    )
    return LineReading(tuple(characters), quad)


def _slice(quad: Quad, start: float, end: float) -> Quad:
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    return as_quad([quad[0] + top * start, quad[0] + top * end, quad[3] + bottom * end, quad[3] + bottom * start])
