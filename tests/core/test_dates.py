from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dates import date_code
from core.patterns import pattern

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)  # Wednesday of week 27


@pytest.mark.parametrize(
    ("text", "read", "year", "week"),
    [
        pytest.param("{YYWW}XBL", "1932XBL", 2019, 32, id="year and week"),
        pytest.param("{YY}A{WW}", "19A32", 2019, 32, id="apart"),
        pytest.param("FFFG{YYWW}", "FFFG9203", 1992, 3, id="the last century"),
        pytest.param("{YY}", "46", 2046, None, id="twenty years ahead is the future"),
        pytest.param("{YY}", "47", 1947, None, id="more is the past"),
        pytest.param("{Y}", "7", 2017, None, id="a digit is of the latest decade"),
        pytest.param("{Y}", "6", 2026, None, id="this year's digit is this year"),
        pytest.param("{Y}{WW}", "632", 2026, 32, id="digit and week"),
    ],
)
def test_reading_a_date_code(text: str, read: str, year: int, week: int | None) -> None:
    code = date_code(pattern(text).places, read, NOW)
    assert code is not None
    assert (code.year, code.week) == (year, week)


@pytest.mark.parametrize(("text", "read"), [("SN74LS00N", "SN74LS00N"), ("{N4}", "1932"), ("{WW}", "32")])
def test_without_a_year_there_is_no_date(text: str, read: str) -> None:
    assert date_code(pattern(text).places, read, NOW) is None


@pytest.mark.parametrize(
    ("week", "possible"), [("00", False), ("01", True), ("52", True), ("53", True), ("54", False), ("59", False)]
)
def test_a_year_has_weeks_01_to_53(week: str, possible: bool) -> None:
    code = date_code(pattern("{YYWW}").places, "19" + week, NOW)
    assert code is not None
    assert code.possible is possible


@pytest.mark.parametrize(
    ("text", "read", "captured", "after"),
    [
        pytest.param("{YYWW}", "2627", NOW, False, id="this week"),
        pytest.param("{YYWW}", "2628", NOW, True, id="next week"),
        pytest.param("{YYWW}", "2553", NOW, False, id="last year"),
        pytest.param("{YY}", "26", NOW, False, id="this year"),
        pytest.param("{YY}", "27", NOW, True, id="next year"),
        pytest.param("{YYWW}", "2628", datetime(2026, 7, 5, 9, 59, tzinfo=UTC), True, id="still Sunday everywhere"),
        pytest.param("{YYWW}", "2628", datetime(2026, 7, 5, 10, tzinfo=UTC), False, id="Monday where the day begins"),
        pytest.param(
            "{YYWW}", "2101", datetime(2021, 1, 1, tzinfo=UTC), True, id="1 January 2021 is in week 53 of 2020"
        ),
    ],
)
def test_a_date_lies_after_the_picture(text: str, read: str, captured: datetime, after: bool) -> None:
    code = date_code(pattern(text).places, read, captured)
    assert code is not None
    assert code.after(captured) is after


@pytest.mark.parametrize(
    ("read", "weeks"), [("2627", 0), ("2626", 1), ("2527", 52), ("2653", -26), ("1901", 391)], ids=str
)
def test_age_in_weeks(read: str, weeks: int) -> None:
    code = date_code(pattern("{YYWW}").places, read, NOW)
    assert code is not None
    assert abs(code.age_weeks(NOW) - weeks) <= 1


@pytest.mark.parametrize(
    ("text", "read", "captured", "year"),
    [
        pytest.param("{Y}{WW}", "601", datetime(2025, 12, 29, tzinfo=UTC), 2026, id="week 1 begins in December"),
        pytest.param("{Y}", "6", datetime(2025, 12, 31, 10, tzinfo=UTC), 2026, id="the year has begun somewhere"),
        pytest.param("{Y}", "7", datetime(2027, 1, 1, tzinfo=UTC), 2027, id="1 January 2027 is in week 53 of 2026"),
        pytest.param("{YY}", "27", datetime(2027, 1, 1, tzinfo=UTC), 2027, id="and 27 is that year"),
    ],
)
def test_at_new_year_a_part_may_name_either_year(text: str, read: str, captured: datetime, year: int) -> None:
    code = date_code(pattern(text).places, read, captured)
    assert code is not None
    assert (code.year, code.after(captured)) == (year, False)


@pytest.mark.parametrize("read", ["2627", "2628", "2526"])
def test_the_time_zone_in_which_the_moment_is_told_makes_no_difference(read: str) -> None:
    code = date_code(pattern("{YYWW}").places, read, NOW)
    assert code is not None
    for moment in (NOW, datetime(2026, 7, 5, 10, tzinfo=UTC), datetime(2026, 7, 6, 11, tzinfo=UTC)):
        for hours in (-12, -8, 9, 14):
            told = moment.astimezone(timezone(timedelta(hours=hours)))
            assert date_code(pattern("{YYWW}").places, read, told) == date_code(pattern("{YYWW}").places, read, moment)
            assert (code.after(told), code.age_weeks(told)) == (code.after(moment), code.age_weeks(moment))


def test_the_first_date_of_a_line_counts() -> None:
    code = date_code(pattern("{YYWW}-{YYWW}").places, "1932-2001", NOW)
    assert code is not None
    assert (code.text, code.year, code.week) == ("1932", 2019, 32)


def test_the_first_year_digit_counts() -> None:
    code = date_code(pattern("{Y}{Y}").places, "76", NOW)
    assert code is not None
    assert code.year == 2017


@pytest.mark.parametrize(
    ("text", "read", "captured", "weeks"),
    [
        pytest.param("{YYWW}", "2627", datetime(2026, 7, 5, tzinfo=UTC), 0, id="Sunday of its week"),
        pytest.param("{YYWW}", "2627", datetime(2026, 7, 6, 11, 59, tzinfo=UTC), 0, id="still Sunday somewhere"),
        pytest.param("{YYWW}", "2627", datetime(2026, 7, 6, 12, tzinfo=UTC), 1, id="Monday where the day ends last"),
        pytest.param("{YYWW}", "2053", datetime(2020, 12, 21, 12, tzinfo=UTC), 0, id="week 53 counts from week 52"),
        pytest.param("{YY}", "25", datetime(2025, 12, 22, 12, tzinfo=UTC), 0, id="a year counts from its week 52"),
        pytest.param("{YY}", "25", datetime(2025, 12, 29, 12, tzinfo=UTC), 1, id="and is a week old after it"),
    ],
)
def test_age_counts_whole_weeks_from_the_monday(text: str, read: str, captured: datetime, weeks: int) -> None:
    code = date_code(pattern(text).places, read, captured)
    assert code is not None
    assert code.age_weeks(captured) == weeks


@given(st.integers(0, 99), st.integers(0, 59), st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001
def test_no_date_code_breaks(year: int, week: int, captured: datetime) -> None:
    moment = captured.replace(tzinfo=UTC)
    code = date_code(pattern("{YYWW}").places, f"{year:02}{week:02}", moment)
    assert code is not None
    assert code.year % 100 == year
    assert moment.year - 80 < code.year <= moment.year + 21, "and a year later on its last days"
    code.after(moment)
    if code.possible:
        code.age_weeks(moment)
