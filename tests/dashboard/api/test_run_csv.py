"""A run's table of results: row by row, in pieces, without formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from dashboard.api.run_csv import BUFFER_BYTES, COLUMNS, table
from data.queries.inspection_view import Failure
from data.queries.run_view import ResultRow

FULL = ResultRow(
    file_name="a.png", state="done", inspection_id=UUID(int=7), captured_at=datetime(2026, 1, 2, tzinfo=UTC),
    unit_serial="S1", carrier="T1", place_row=2, place_column=3, attempt=1, verdict="pass", disposition="accepted",
    score=9312, confidence=-1, reasons=("UNVERIFIED", "X"), lines=("AB", "C D"), error=Failure("E", "Why."),
    archive="=1.zip",
)  # fmt: skip


async def rows(*found: ResultRow) -> AsyncIterator[ResultRow]:
    for row in found:
        yield row


async def read(*found: ResultRow) -> list[dict[str, str]]:
    text = b"".join([piece async for piece in table(rows(*found))]).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_a_row_says_all_that_is_known() -> None:
    (row,) = await read(FULL)
    assert row == {
        "file": "a.png", "state": "done", "verdict": "pass", "disposition": "accepted", "score": "0.9312",
        "confidence": "", "reasons": "UNVERIFIED X", "lines": "AB | C D", "unit_serial": "S1", "carrier": "T1",
        "row": "2", "column": "3", "attempt": "1", "captured_at": "2026-01-02T00:00:00+00:00", "finished_at": "",
        "error_code": "E", "error_detail": "Why.", "inspection_id": str(UUID(int=7)),
        "archive": "'=1.zip",
    }  # fmt: skip


async def test_a_table_without_rows_has_its_head() -> None:
    assert [piece async for piece in table(rows())] == [(",".join(COLUMNS) + "\r\n").encode()]


@pytest.mark.parametrize("name", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"], ids=ascii)
async def test_what_a_spreadsheet_would_run_is_text(name: str) -> None:
    (row,) = await read(ResultRow(name, "refused"))
    assert row["file"] == f"'{name}"


@pytest.mark.parametrize("name", ["a=1", "", "1", 'a,"b"\n', "ü 😀", "\ud800"], ids=ascii)
async def test_anything_else_comes_through(name: str) -> None:
    (row,) = await read(ResultRow(name, "refused"))
    assert row["file"] == name.replace("\ud800", "?")


async def test_a_long_table_comes_in_pieces() -> None:
    sizes = [len(piece) async for piece in table(rows(*[FULL] * 2000))]
    assert len(sizes) > 3
    assert max(sizes) < BUFFER_BYTES + 1000
