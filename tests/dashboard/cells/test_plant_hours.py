"""Hours are shown in the time zone of their site, with what does not go together in words."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.cells.plant_hours import MOST_LISTED, station_hours


def told(at: str = "2026-07-01T10:00:00+00:00", **fields: Any) -> dict[str, Any]:
    counts = dict.fromkeys(("received", "inspections", "judged", "failed", "cancelled", "missing", "lost"), 0)
    until = at.replace("T10", "T11").replace("T00", "T01")
    return {"since": at, "until": until, "triggers": None, **counts, **fields}


@pytest.mark.parametrize(
    ("zone", "at", "words"),
    [
        ("UTC", "2026-07-01T10:00:00+00:00", "01 Jul 2026 10:00 to 11:00 UTC"),
        ("Europe/Berlin", "2026-07-01T10:00:00+00:00", "01 Jul 2026 12:00 to 13:00 CEST"),
        ("Asia/Kolkata", "2026-07-01T10:00:00+00:00", "01 Jul 2026 15:30 to 16:30 IST"),
        ("America/New_York", "2026-07-01T00:00:00+00:00", "30 Jun 2026 20:00 to 21:00 EDT"),
        ("Europe/Berlin", "2026-10-25T00:00:00+00:00", "25 Oct 2026 02:00 to 02:00 CET"),
        ("Nowhere/At_All", "2026-07-01T10:00:00+00:00", "01 Jul 2026 10:00 to 11:00 UTC"),
        ("", "2026-07-01T10:00:00+00:00", "01 Jul 2026 10:00 to 11:00 UTC"),
        ("../etc/passwd", "2026-07-01T10:00:00+00:00", "01 Jul 2026 10:00 to 11:00 UTC"),
    ],
    ids=["utc", "summer", "half an hour", "the day before", "clocks go back", "unknown", "none", "no zone"],
)
def test_an_hour_is_that_of_the_place(zone: str, at: str, words: str) -> None:
    assert words in station_hours([told(at)], zone)


def test_results_are_all_that_have_ended() -> None:
    shown = station_hours([told(inspections=9, judged=2, failed=3, cancelled=1, received=9)], "UTC")
    assert "no triggers said, 9 pictures, 9 parts, 6 results" in shown


def test_a_difference_is_said_of_its_hour() -> None:
    assert "2 triggers have no picture." in station_hours([told(triggers=2, missing=2)], "UTC")


def test_of_very_many_differences_the_newest_are_listed() -> None:
    shown = station_hours([told(triggers=1, missing=1)] * (MOST_LISTED + 5), "UTC")
    assert "5 more with a difference" in shown


def test_without_hours_nothing_is_shown() -> None:
    assert station_hours([], "UTC") == ""
