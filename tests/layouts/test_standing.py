"""How people, sign-ins and tokens stand, on screen."""

from __future__ import annotations

from layouts.standing import STANDING_LOOKS, standing_cell


def test_each_has_a_word_of_its_own_and_no_colour_of_a_verdict() -> None:
    assert len({look.word for look in STANDING_LOOKS.values()}) == len(STANDING_LOOKS)
    assert {look.css for look in STANDING_LOOKS.values()} == {"open", "closed", "waiting"}


def test_a_cell_says_it_in_word_and_shape() -> None:
    cell = standing_cell("invited", "They need a link.")
    assert (cell["word"], cell["says"], cell["shape"][:4]) == ("Invited", "They need a link.", "<svg")
