from __future__ import annotations

from collections.abc import Callable

import pytest

from layouts import states


@pytest.mark.parametrize(
    "state",
    [
        lambda: states.error("It broke."),
        states.forbidden,
        lambda: states.stale("Old."),
        lambda: states.empty("Nothing.", "Add", "/x"),
    ],
    ids=["error", "forbidden", "stale", "empty"],
)
def test_a_state_has_one_sentence_and_one_action(state: Callable[[], str]) -> None:
    html = state()
    assert html.count("<p>") == 1
    assert html.count('class="button"') == 1


@pytest.mark.parametrize(("kind", "role"), [(states.error, "alert"), (states.stale, "alert"), (states.empty, "status")])
def test_what_is_urgent_is_announced(kind: Callable[[str], str], role: str) -> None:
    assert f'role="{role}"' in kind("Something.")


def test_a_skeleton_says_after_a_while_that_it_still_waits() -> None:
    html = states.skeleton(4)
    assert html.count('class="bar"') == 4
    assert 'class="late"' in html
    assert 'aria-busy="true"' in html


def test_waiting_says_for_what() -> None:
    assert "It waits for a worker." in states.waiting("It waits for a worker.")


def test_sentences_from_outside_are_escaped() -> None:
    html = states.error("<script>")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
