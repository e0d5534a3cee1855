from __future__ import annotations

import pytest

from dashboard.models.system import Part, PartState, SystemModel


@pytest.mark.parametrize(
    ("states", "worst"),
    [
        ([], "unknown"),
        (["ok", "ok"], "ok"),
        (["ok", "degraded"], "degraded"),
        (["degraded", "down", "ok"], "down"),
        (["ok", "unknown"], "unknown"),
        (["ok", "none"], "ok"),
    ],
    ids=["nobody asked", "all well", "one slow", "one down", "one silent", "a version"],
)
def test_the_gravest_state_counts(states: list[PartState], worst: str) -> None:
    assert SystemModel(parts=[Part("x", state) for state in states]).worst == worst


def test_a_state_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of ok"):
        Part("x", "fine")  # type: ignore[arg-type]


def test_a_part_is_told_with_the_word_of_its_state() -> None:
    assert Part("x", "down").document()["word"] == "Not working"
    assert Part("x", "none").document()["word"] == ""


def test_what_is_read_again_is_no_longer_stale() -> None:
    model = SystemModel(problem="Old.")
    model.show([Part("x", "ok")], "2026-01-01T00:00:00Z")
    assert model.problem == ""
    assert model.read_at == "2026-01-01T00:00:00Z"
