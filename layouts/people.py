"""The People page: those who sign in, and beneath them the tokens by which machines come in."""

from __future__ import annotations

from typing import Any

from panel.viewable import Viewable

from layouts.keys import Key
from layouts.split import Split

KEYS = (
    Key("↑ ↓", "Move among people, or tokens"),
    Key("Enter", "Choose one"),
    Key("n", "Add somebody, with the focus among people; a token, among tokens"),
    Key("r", "Give the person another role"),
    Key("l", "Make a link by which the person sets a password"),
    Key("e", "Show the person by another name"),
    Key("s", "Sign the person out everywhere"),
    Key("d", "Disable the person, or let them in again"),
    Key("Delete", "Revoke the token"),
)


def people_page(*, people: Any, tokens: Any, asking: Any) -> Viewable:
    """Arrange the cells of the page."""
    return Split(first=[people, tokens, asking], sizing_mode="stretch_both")
