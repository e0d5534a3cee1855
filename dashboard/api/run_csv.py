"""The results of a run as a table of comma-separated values, row by row.

A cell that a spreadsheet would take for a formula, which whoever named a file or printed a mark may have meant, begins
with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable

from data.queries.run_view import ResultRow

BUFFER_BYTES = 64 * 1024
ONE = 10_000
"""A stored score of 1."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")

COLUMNS: dict[str, Callable[[ResultRow], object]] = {
    "file": lambda row: row.file_name,
    "state": lambda row: row.state,
    "verdict": lambda row: row.verdict,
    "disposition": lambda row: row.disposition,
    "score": lambda row: _share(row.score),
    "confidence": lambda row: _share(row.confidence),
    "reasons": lambda row: " ".join(row.reasons),
    "lines": lambda row: " | ".join(row.lines),
    "unit_serial": lambda row: row.unit_serial,
    "carrier": lambda row: row.carrier,
    "row": lambda row: row.place_row,
    "column": lambda row: row.place_column,
    "attempt": lambda row: row.attempt,
    "captured_at": lambda row: row.captured_at.isoformat() if row.captured_at else None,
    "finished_at": lambda row: row.finished_at.isoformat() if row.finished_at else None,
    "error_code": lambda row: row.error.code if row.error else None,
    "error_detail": lambda row: row.error.detail if row.error else None,
    "inspection_id": lambda row: row.inspection_id,
    "archive": lambda row: row.archive,
}
"""The columns, in their order; new ones are added behind."""


async def table(rows: AsyncIterator[ResultRow]) -> AsyncIterator[bytes]:
    """Yield the table, its head first; times are UTC, scores shares of 1."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    async for row in rows:
        writer.writerow([_cell(value(row)) for value in COLUMNS.values()])
        if text.tell() >= BUFFER_BYTES:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    taken = text.getvalue().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return taken


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _share(stored: int | None) -> str | None:
    return None if stored is None or stored < 0 else f"{stored / ONE:.4f}"
