"""The System page: one line a part."""

from __future__ import annotations

from typing import Any

from panel.viewable import Viewable

from layouts.elements import element
from layouts.keys import Key
from layouts.markup import pane
from layouts.split import Split

KEYS: tuple[Key, ...] = ()


def system_page(*, parts: Any) -> Viewable:
    """Arrange the cells of the page."""
    title = pane(element("h1", "System"), height=32)
    return Split(head=[title], first=[parts], sizing_mode="stretch_both")
