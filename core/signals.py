"""What was measured of many parts, as columns: what `decide` sees, and all that it sees.

1. Scores and margins are whole ten-thousandths in int16, quantised before anything is decided, so that life and replay
   see the same numbers.
2. -1 says "missing". A margin is signed, so the value -0.0001 cannot be stored: it is kept as -0.0002.
3. `facts` are reasons seen at capture (`core.reasons`), one int32 a part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

SIGNALS = ("ocr", "logo", "signature", "surface")
"""Every signal, in the order of columns and of tables."""

SIGNAL_WORDS = {"ocr": "Reading", "logo": "Logo", "signature": "Look", "surface": "Surface"}
"""What people call them."""

ONE = 10_000
"""The integer that stands for 1.0."""

MISSING = -1

Column = NDArray[np.int16]


def quantise(value: ArrayLike) -> Column:
    """Return scores in 0..1 or margins in -1..1 as ten-thousandths, rounded half to even; NaN becomes missing.

    Raises:
        ValueError: a value outside -1..1.
    """
    values = np.asarray(value, dtype=np.float64)
    missing = np.isnan(values)
    known = np.where(missing, 0.0, values)
    if np.any(np.abs(known) > 1.0):
        raise ValueError(f"expected values in -1..1, got {known.min()} to {known.max()}")
    whole = np.rint(known * ONE).astype(np.int16)
    whole[whole == MISSING] = MISSING - 1
    return np.where(missing, np.int16(MISSING), whole)


def quantise_one(value: float | None) -> int:
    """Return one score or margin in ten-thousandths; None and NaN become -1."""
    return int(quantise([np.nan if value is None else value])[0])


@dataclass(frozen=True, eq=False)
class SignalColumns:
    """One signal of N parts: `score` and `margin`, int16 of shape (N,), in ten-thousandths, -1 missing.

    `legible` is the least score among the required fields that could be read, -1 where none could; it is what the
    reject limit looks at. For a signal without fields it is the score.
    """

    score: Column
    margin: Column
    legible: Column

    def __post_init__(self) -> None:
        for name in ("score", "margin", "legible"):
            column = getattr(self, name)
            if column.dtype != np.int16 or column.shape != self.score.shape or column.ndim != 1:
                raise ValueError(
                    f"expected {name} as int16 of shape {self.score.shape}, got {column.dtype} {column.shape}"
                )

    def rows(self, span: slice) -> SignalColumns:
        """Return the rows of `span`, without copying."""
        return SignalColumns(self.score[span], self.margin[span], self.legible[span])

    def take(self, rows: NDArray[np.intp]) -> SignalColumns:
        """Return a copy of the rows at these places."""
        return SignalColumns(self.score.take(rows), self.margin.take(rows), self.legible.take(rows))


@dataclass(frozen=True, eq=False)
class Signals:
    """All signals of N parts by name, and the facts of each part (int32 of shape (N,), bits of `Reason`)."""

    columns: Mapping[str, SignalColumns]
    facts: NDArray[np.int32]

    def __post_init__(self) -> None:
        if self.facts.dtype != np.int32 or self.facts.ndim != 1:
            raise ValueError(f"expected facts as int32 of shape (N,), got {self.facts.dtype} {self.facts.shape}")
        for name, column in self.columns.items():
            if column.score.shape != self.facts.shape:
                raise ValueError(f"expected {len(self.facts)} rows of {name}, got {len(column.score)}")

    def __len__(self) -> int:
        return len(self.facts)

    def rows(self, span: slice) -> Signals:
        """Return the rows of `span`, without copying."""
        return Signals({name: column.rows(span) for name, column in self.columns.items()}, self.facts[span])


@dataclass(frozen=True)
class Measured:
    """One signal of one part, in ten-thousandths; -1 is missing. `legible` as in `SignalColumns`."""

    score: int
    margin: int
    legible: int


NOT_MEASURED = Measured(MISSING, MISSING, MISSING)


def one_row(measured: Mapping[str, Measured], facts: int) -> Signals:
    """Return the columns of a single part."""

    def column(value: int) -> Column:
        return np.array([value], dtype=np.int16)

    columns = {
        name: SignalColumns(column(value.score), column(value.margin), column(value.legible))
        for name, value in measured.items()
    }
    return Signals(columns, np.array([int(facts)], dtype=np.int32))
