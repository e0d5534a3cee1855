"""What is seen at two looks, one after the other, and unchanged, may be removed; nothing else may."""

from __future__ import annotations

import pytest

from workers.seen_twice import SeenTwice, at_once


@pytest.mark.parametrize(
    ("looks", "agreed"),
    [
        pytest.param([{}, {"a": 1}], set(), id="at the first sight"),
        pytest.param([{"a": 1}, {"a": 1, "b": 1}], {"a"}, id="at the second"),
        pytest.param([{"a": 1}, {"a": 2}], set(), id="changed"),
        pytest.param([{"a": 1}, {}, {"a": 1}], set(), id="gone between"),
        pytest.param([{"a": None}, {"a": None}], {"a"}, id="of which nothing is known"),
        pytest.param([{"a": 1}, {"a": 1}, {"a": 1}], {"a"}, id="ever again"),
    ],
)
def test_it_agrees_to_what_was_seen_the_last_time_too(looks: list[dict[str, object]], agreed: set[str]) -> None:
    seen = SeenTwice()
    for look in looks[:-1]:
        for thing, known in look.items():
            seen.agrees(thing, known)
        seen.end()
    assert {thing for thing, known in looks[-1].items() if seen.agrees(thing, known)} == agreed


def test_a_look_that_did_not_end_is_none() -> None:
    seen = SeenTwice()
    assert not seen.agrees("a", 1)
    assert not seen.agrees("a", 1)


def test_a_person_is_agreed_with_at_once() -> None:
    assert at_once("a", 1)
