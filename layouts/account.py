"""One's own account: at the left who one is and what one prefers, at the right where one is signed in, and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from panel.viewable import Viewable

from layouts.keys import Key
from layouts.split import Split

KEYS = (
    Key("p", "Change the password, with the focus on who you are", "own.profile"),
    Key("↑ ↓", "Move among sign-ins, or tokens"),
    Key("Enter", "Choose one"),
    Key("Delete", "End the sign-in, revoke the token"),
    Key("n", "Make a token, with the focus among tokens", "own.token"),
)


def account_page(*, who: Any, preferences: Any, kept: Sequence[Any], asking: Any) -> Viewable:
    """Arrange the cells of the page; `kept` are the tables, of which there are none without an account."""
    if not kept:
        return Split(first=[who, preferences, asking], sizing_mode="stretch_both")
    return Split(first=[who, preferences], second=[*kept, asking], ratio=["400px", "1fr"], sizing_mode="stretch_both")
