from __future__ import annotations

import pytest

from dashboard.pages.away import while_away


def test_a_database_that_is_away_is_said_and_what_was_to_be_done_is_left() -> None:
    said: list[str] = []
    with while_away(lambda: said.append("away")):
        raise ConnectionRefusedError("gone")
    assert said == ["away"]


@pytest.mark.parametrize("error", [FileNotFoundError(2, "no such file", "ours"), RuntimeError("broken")], ids=repr)
def test_a_failure_of_our_own_is_raised(error: Exception) -> None:
    said: list[str] = []
    with pytest.raises(type(error)), while_away(lambda: said.append("away")):
        raise error
    assert said == []


def test_while_it_is_there_nothing_is_said() -> None:
    said: list[str] = []
    with while_away(lambda: said.append("away")):
        pass
    assert said == []
