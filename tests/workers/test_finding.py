"""A finding is one of three grades, and what is wrong can be mended."""

from __future__ import annotations

import pytest

from workers.finding import Finding, note, ok, wrong


def test_each_grade_has_its_maker() -> None:
    assert [finding.grade for finding in (ok("a", "b"), note("a", "b"), wrong("a", "b", "c"))] == [
        "ok",
        "note",
        "wrong",
    ]


def test_what_is_wrong_says_how_to_mend_it() -> None:
    with pytest.raises(ValueError, match="expected words on how to mend it"):
        Finding("disk", "wrong", "full")


def test_another_grade_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of ok, note, wrong, got 'bad'"):
        Finding("disk", "bad", "full", "free it")  # type: ignore[arg-type]
