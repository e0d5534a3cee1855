"""Rows of a list as a page keeps them: new ones come in at the head, older ones are fetched and go behind.

1. Rows newest first are in the order of their ids, which are UUIDv7.
2. A page of the newest rows says all there is down to its last one; what is shown in that span beside it has gone.
3. Where more came than such a page holds, what lies between it and the rows shown is not known. Then these go, and come
   back as older ones are fetched.
4. No more than `most` are kept; at that bound nothing older is offered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")
IdOf = Callable[[Row], str]


@dataclass(frozen=True)
class Listed(Generic[Row]):
    """Some rows, and where the list goes on; None: nowhere."""

    rows: list[Row]
    cursor: str | None


def with_newest(shown: Listed[Row], newest: Listed[Row], id_of: IdOf[Row], *, most: int) -> Listed[Row]:
    """Return the newest rows as they are now, and behind them the older ones that are shown."""
    last = id_of(newest.rows[-1]) if newest.rows else ""
    joined = newest.cursor is not None and bool(shown.rows) and id_of(shown.rows[0]) >= last
    older = [row for row in shown.rows if id_of(row) < last] if joined else []
    return _bounded([*newest.rows, *older], shown.cursor if older else newest.cursor, most)


def with_more(shown: Sequence[Row], more: Listed[Row], id_of: IdOf[Row], *, most: int) -> Listed[Row]:
    """Return the rows shown, and behind them those that were fetched."""
    known = {id_of(row) for row in shown}
    return _bounded([*shown, *(row for row in more.rows if id_of(row) not in known)], more.cursor, most)


def _bounded(rows: list[Row], cursor: str | None, most: int) -> Listed[Row]:
    return Listed(rows[:most], cursor if len(rows) < most else None)
