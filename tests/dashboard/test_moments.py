from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.ids import uuid7_floor
from dashboard.moments import EARLIEST, LATEST, moment


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-01-01", "2026-13-01T00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00",
     "9999-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"],
)  # fmt: skip
def test_what_is_no_moment_is_none(text: str) -> None:
    assert moment(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [("1970-01-01T00:00Z", EARLIEST), ("1970-01-01T01:00+01:00", EARLIEST),
     ("2026-01-01T05:30+05:30", datetime(2026, 1, 1, tzinfo=UTC))],
    ids=["the first", "the first, told elsewhere", "half an hour beside"],
)  # fmt: skip
def test_a_moment_is_told_in_any_zone(text: str, found: datetime) -> None:
    assert moment(text) == found


def test_ids_can_name_every_moment() -> None:
    assert uuid7_floor(EARLIEST) < uuid7_floor(LATEST)
