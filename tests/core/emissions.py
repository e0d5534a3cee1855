"""Emissions made by hand for tests: what a recogniser would say of a text."""

from __future__ import annotations

import numpy as np

from core.reading import Emissions

ALPHABET = tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ ")


def emissions_of(
    text: str, *, rivals: dict[int, str] | None = None, sure: float = 0.98, rival: float = 0.01, blanks: int = 1
) -> Emissions:
    """Return emissions that read `text`: each character one step, `blanks` blank steps before each and at the end.

    `sure` is the probability of each character; `rivals` names, by position, another that takes `rival` of the rest.
    """
    rows: list[np.ndarray] = []
    for position, character in enumerate(text):
        rows += [_row({0: sure})] * blanks
        shares = {ALPHABET.index(character) + 1: sure}
        if rivals and position in rivals:
            shares[ALPHABET.index(rivals[position]) + 1] = rival
        rows.append(_row(shares))
    rows += [_row({0: sure})] * max(1, blanks)
    return Emissions(np.log(np.array(rows)).astype(np.float32), ALPHABET)


def _row(shares: dict[int, float]) -> np.ndarray:
    row = np.full(len(ALPHABET) + 1, 0.0)
    rest = (1 - sum(shares.values())) / (len(row) - len(shares))
    row[:] = rest
    for column, share in shares.items():
        row[column] = share
    return row
