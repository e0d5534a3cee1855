"""The Inspect page: left where photos come in, right the results as they come."""

from __future__ import annotations

from typing import Any

from panel.viewable import Viewable

from layouts.split import Split

KEYS = (
    ("o", "Choose photos"),
    ("↑ ↓ k j", "Choose a result"),
    ("Enter", "Open the result"),
    ("m", "Make a recipe from the result, where none has judged it"),
)


def inspect_page(*, recipe: Any, drop: Any, results: Any) -> Viewable:
    """Arrange the cells of the page."""
    return Split(first=[recipe, drop], second=[results], ratio=["360px", "1fr"], sizing_mode="stretch_both")
