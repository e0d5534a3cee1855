"""The keys of a page that do something."""

from __future__ import annotations

import pytest

from layouts.keys import Key, working

KEYS = (Key("Enter", "Open"), Key("n", "New run", "run.submit"), Key("m", "Move it", "plant.edit"))


@pytest.mark.parametrize(
    ("rights", "shown"),
    [
        pytest.param((), [["Enter", "Open"]], id="none: those for everybody"),
        pytest.param(("run.submit",), [["Enter", "Open"], ["n", "New run"]], id="one"),
        pytest.param(("plant.edit", "run.submit"), [["Enter", "Open"], ["n", "New run"], ["m", "Move it"]], id="all"),
    ],
)
def test_keys_that_do_nothing_for_somebody_are_not_shown_to_them(rights: tuple[str, ...], shown: list[Key]) -> None:
    assert working(KEYS, rights) == shown
