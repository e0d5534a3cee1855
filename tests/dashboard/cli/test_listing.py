"""Lists on a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dashboard.cli.listing import moment, table


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([], ["name  role"]),
        ([("ada", "viewer"), ("lovelace", "")], ["name      role", "ada       viewer", "lovelace"]),
    ],
    ids=["none", "two"],
)
def test_columns_stand_under_each_other(rows: list[tuple[str, str]], lines: list[str]) -> None:
    assert table(("name", "role"), rows) == lines


def test_a_row_of_another_length_is_a_fault() -> None:
    with pytest.raises(ValueError, match="zip"):
        table(("name", "role"), [("ada",)])


def test_a_moment_is_told_to_the_minute_by_the_clock_on_the_wall() -> None:
    at = datetime(2026, 3, 5, 12, 0, 59, tzinfo=UTC)
    assert moment(at) == at.astimezone().strftime("%Y-%m-%d %H:%M")
