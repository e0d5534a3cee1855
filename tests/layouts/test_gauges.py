from __future__ import annotations

import pytest

from layouts.gauges import Gauge, gauges


@pytest.mark.parametrize(
    ("score", "margin", "fits"),
    [
        (8000, 1000, True),
        (7999, 1000, False),
        (8000, 999, False),
        (8000, None, True),
        (None, None, None),
        (10_000, 10_000, True),
        (0, -10_000, False),
    ],
    ids=["at both limits", "under accept", "under margin", "no margin", "missing", "full", "nothing"],
)
def test_a_signal_fits_when_score_and_margin_reach_their_limits(
    score: int | None, margin: int | None, fits: bool | None
) -> None:
    assert Gauge("ocr", score, margin, accept=0.8, reject=0.3, margin_limit=0.1).fits is fits


def test_without_a_recipe_nothing_fits_or_fails() -> None:
    assert Gauge("ocr", 9000, 500).fits is None


def test_a_gauge_shows_score_limits_and_margin_with_their_words() -> None:
    html = gauges([Gauge("ocr", 9312, 8800, accept=0.8, reject=0.3, margin_limit=0.1)])
    assert "Reading" in html
    assert ">ocr<" not in html
    assert "0.93" in html
    assert 'style="left:80.00%"' in html
    assert 'style="left:30.00%"' in html
    assert "accept 0.80 · reject 0.30 · margin 0.88 of 0.10 asked" in html
    assert "width:93.12%" in html


def test_a_missing_signal_says_so_and_has_no_bar() -> None:
    html = gauges([Gauge("logo", None, None, accept=0.8, required=False)])
    assert "not measured" in html
    assert "optional" in html
    assert "width:0.00%" in html


def test_a_bar_never_leaves_its_track() -> None:
    assert "width:100.00%" in gauges([Gauge("ocr", 12_000, 0)])


def test_no_signals_at_all_are_told_in_words() -> None:
    assert "No signal was measured." in gauges([])


def test_a_limit_is_cut_as_a_score_is() -> None:
    html = gauges([Gauge("ocr", 9990, 9999, accept=0.999, reject=0.3, margin_limit=0.999)])
    assert "accept 0.99" in html
    assert "of 0.99 asked" in html
    assert "1.00" not in html
