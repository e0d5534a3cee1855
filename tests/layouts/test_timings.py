from __future__ import annotations

from layouts.timings import timings


def test_steps_keep_their_order_and_are_summed() -> None:
    html = timings({"decode": 0.004, "read": 0.060}, "ppocr:1")
    assert html.index("Decode") < html.index("Read") < html.index("Sum")
    assert "4.0 ms" in html
    assert "64.0 ms" in html
    assert "ppocr:1" in html


def test_the_longest_step_fills_its_bar() -> None:
    assert "width:100.0%" in timings({"decode": 0.01, "read": 0.02})
    assert "width:50.0%" in timings({"decode": 0.01, "read": 0.02})


def test_steps_that_took_no_time_divide_by_nothing() -> None:
    assert "width:0.0%" in timings({"decode": 0.0})


def test_no_times_are_told_in_words() -> None:
    assert "No times were kept." in timings({})
