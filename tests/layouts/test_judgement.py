from __future__ import annotations

from layouts.judgement import judgement


def test_reasons_are_told_in_their_order_after_the_verdict() -> None:
    html = judgement(verdict="fail", state="done", reasons=["first", "second"], recipe=None)
    assert html.index("Fail") < html.index("first") < html.index("second")


def test_a_pass_without_reasons_says_that_all_is_well() -> None:
    html = judgement(verdict="pass", state="done", reasons=[], recipe={"name": "74LS00", "version": 3})
    assert "Everything is as the recipe expects." in html
    assert "74LS00, version 3" in html


def test_read_only_is_said() -> None:
    assert "no recipe, read only" in judgement(verdict="not_judged", state="done", reasons=["x"], recipe=None)


def test_names_from_outside_are_escaped() -> None:
    html = judgement(verdict="pass", state="done", reasons=[], recipe={"name": "<b>"}, file_name="<img>.jpg")
    assert "<b>" not in html
    assert "<img>" not in html
    assert "&lt;b&gt;" in html
    assert "&lt;img&gt;.jpg" in html


def test_nothing_in_view_draws_nothing() -> None:
    assert judgement(verdict=None, state="", reasons=[], recipe=None) == ""


def test_a_failed_inspection_says_what_failed() -> None:
    html = judgement(verdict=None, state="failed", reasons=["The reader failed."], recipe=None)
    assert "Could not inspect" in html
    assert "The reader failed." in html
