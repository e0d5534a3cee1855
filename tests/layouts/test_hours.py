"""An hour is as high as its pictures, as dark as its results, and seen and said where it has a difference."""

from __future__ import annotations

import re

import pytest

from layouts.hours import FEW, Hour, hours


def hour(word: str = "10:00", **fields: object) -> Hour:
    told = {"triggers": 4, "pictures": 4, "parts": 4, "results": 4, "difference": "", **fields}
    return Hour(word, f"{word} UTC", **told)  # type: ignore[arg-type]


def heights(markup: str, css: str) -> list[str]:
    return re.findall(rf'class="{css}" style="(?:height|bottom):([\d.]+%)"', markup)


def drawn(*shown: Hour, most: int = 12) -> str:
    return hours(shown, zone="Europe/Berlin", most=most)


def test_without_hours_nothing_is_drawn() -> None:
    assert drawn() == ""


def test_bars_are_as_high_as_the_most_there_was_of_triggers_or_pictures() -> None:
    markup = drawn(hour(triggers=8, pictures=4), hour(triggers=2, pictures=2), hour(triggers=0, pictures=0, parts=0))
    assert heights(markup, "pictures") == ["50.0%", "25.0%", "0.0%"]
    assert heights(markup, "triggers") == ["100.0%", "25.0%"]
    assert "8 at most" in markup


@pytest.mark.parametrize(
    ("parts", "results", "height"), [(4, 4, "100.0%"), (40, 10, "25.0%"), (0, 0, "0.0%")], ids=["all", "some", "none"]
)
def test_a_bar_is_as_dark_as_its_parts_have_results(parts: int, results: int, height: str) -> None:
    assert heights(drawn(hour(parts=parts, results=results)), "results") == [height]


def test_where_no_triggers_are_said_none_are_drawn() -> None:
    markup = drawn(hour(triggers=None))
    assert heights(markup, "triggers") == []
    assert "no triggers said, 4 pictures" in markup


def test_an_hour_with_a_difference_is_marked_and_told_newest_first() -> None:
    markup = drawn(hour("08:00", difference="Old."), hour("09:00"), hour("10:00", difference="New."))
    assert markup.count('<li class="differs"') == 2
    assert re.findall(r"<th scope=\"row\" title=\"[^\"]*\">([\d:]+)</th>", markup) == ["10:00", "08:00"]
    assert "10:00 UTC: 4 triggers, 4 pictures, 4 parts, 4 results. New." in markup


def test_where_all_goes_together_it_is_said() -> None:
    assert "No hour has a difference." in drawn(hour())
    assert "<table" not in drawn(hour())


@pytest.mark.parametrize(("count", "note"), [(2, ""), (3, "1 more with a difference")], ids=["all listed", "one more"])
def test_so_many_are_listed_and_the_rest_are_counted(count: int, note: str) -> None:
    markup = drawn(*(hour(difference="x") for _ in range(count)), most=2)
    assert markup.count("<tr>") == 3
    assert (note in markup, "more with" in markup) == (True, bool(note))


@pytest.mark.parametrize(("count", "css"), [(FEW, "bars few"), (FEW + 1, "bars")], ids=["few", "many"])
def test_many_bars_are_narrow(count: int, css: str) -> None:
    assert f'<ol class="{css}">' in drawn(*(hour() for _ in range(count)))


def test_markup_from_outside_is_text() -> None:
    assert "<script>" not in hours([hour(difference="<script>")], zone="<script>", most=1)
