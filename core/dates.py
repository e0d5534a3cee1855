"""Date codes: the year and week that a line's date places say, and whether they can be true.

They are held against the moment of the picture (`captured_at`), never the clock. Which week that is differs over the
Earth by up to a day, and a part may come from anywhere, so the site's time zone is no help: what is true of some place
on Earth is allowed. A date lies in the future when no place on Earth has come to it, and is as old as where the day
ends last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from core.patterns import Place

WEEKS = range(1, 54)
EARLIEST_CLOCK = timedelta(hours=14)
"""A part may have been made where the day begins first (UTC+14)."""

LATEST_CLOCK = timedelta(hours=-12)
"""The day ends last at UTC-12."""

YEARS_AHEAD = 20
"""Two digits name the year from 80 years before the picture to 20 after it: 91 is 1991, and 2032 is the future."""


@dataclass(frozen=True)
class DateCode:
    """What a date code says; `week` is None where the line holds a year alone."""

    text: str
    year: int
    week: int | None

    @property
    def possible(self) -> bool:
        """Whether the week is one of a year (01 to 53)."""
        return self.week is None or self.week in WEEKS

    def after(self, captured_at: datetime) -> bool:
        """Whether it lies after the week (or year) of the picture, by the earliest clock on Earth."""
        now = captured_at.astimezone(UTC) + EARLIEST_CLOCK
        if self.week is None:
            return self.year > _latest_year(captured_at)
        return (self.year, self.week) > now.isocalendar()[:2]

    def age_weeks(self, captured_at: datetime) -> int:
        """Return the whole weeks from its Monday to the picture; a year alone counts from its last week."""
        monday = date.fromisocalendar(self.year, min(self.week or 52, 52), 1)
        return ((captured_at.astimezone(UTC) + LATEST_CLOCK).date() - monday).days // 7


def date_code(places: Sequence[Place], text: str, captured_at: datetime) -> DateCode | None:
    """Return the date code in `text`, read by the date tokens of its places; None where there is no year."""
    pairs = list(zip(places, text, strict=True))
    years = "".join(character for place, character in pairs if place.date == "YY")[:2]
    digit = "".join(character for place, character in pairs if place.date == "Y")[:1]
    weeks = "".join(character for place, character in pairs if place.date == "WW")[:2]
    if not years and not digit:
        return None
    captured = _latest_year(captured_at)
    year = _year(int(years), captured) if years else _year_of_digit(int(digit), captured)
    return DateCode((years or digit) + weeks, year, int(weeks) if weeks else None)


def _latest_year(captured_at: datetime) -> int:
    """Return the latest year that a part could name by then: of the calendar, or of its weeks, which begin before."""
    now = captured_at.astimezone(UTC) + EARLIEST_CLOCK
    return max(now.year, now.isocalendar().year)


def _year(two_digits: int, captured: int) -> int:
    """Return the year of these last two digits in the window around the picture."""
    last = captured + YEARS_AHEAD
    return last - (last - two_digits) % 100


def _year_of_digit(digit: int, captured: int) -> int:
    """Return the latest year up to the picture that ends in this digit."""
    return captured - (captured - digit) % 10
