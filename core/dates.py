"""Date codes: the year and week that a line's date places say, and whether they can be true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.patterns import Place

WEEKS = range(1, 54)
EARLIEST_CLOCK = timedelta(hours=14)
"""A part may have been made where the day begins first (UTC+14)."""

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
        now = (captured_at + EARLIEST_CLOCK).isocalendar()
        return (self.year, self.week or 0) > (now.year, now.week if self.week else 0)

    def age_weeks(self, captured_at: datetime) -> int:
        """Return the whole weeks from its Monday to the picture; a year alone counts from its last week."""
        monday = date.fromisocalendar(self.year, min(self.week or 52, 52), 1)
        return (captured_at.date() - monday).days // 7


def date_code(places: Sequence[Place], text: str, captured_at: datetime) -> DateCode | None:
    """Return the date code in `text`, read by the date tokens of its places; None where there is no year."""
    pairs = list(zip(places, text, strict=True))
    years = "".join(character for place, character in pairs if place.date == "YY")[:2]
    digit = "".join(character for place, character in pairs if place.date == "Y")[:1]
    weeks = "".join(character for place, character in pairs if place.date == "WW")[:2]
    if not years and not digit:
        return None
    year = _year(int(years), captured_at.year) if years else _year_of_digit(int(digit), captured_at.year)
    return DateCode((years or digit) + weeks, year, int(weeks) if weeks else None)


def _year(two_digits: int, captured: int) -> int:
    """Return the year of these last two digits in the window around the picture."""
    last = captured + YEARS_AHEAD
    return last - (last - two_digits) % 100


def _year_of_digit(digit: int, captured: int) -> int:
    """Return the latest year up to the picture that ends in this digit."""
    return captured - (captured - digit) % 10
