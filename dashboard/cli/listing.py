"""Lists on a terminal: columns side by side, and moments by the clock on the wall."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table whose columns stand under each other."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    ]


def moment(at: datetime) -> str:
    """Return a moment to the minute, by the clock of this machine."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")
