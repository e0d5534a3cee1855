"""The Inspect page: left where photos come in, right the results as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from panel.viewable import Viewable

from layouts.keys import Key
from layouts.split import Split

KEYS = (
    Key("o", "Choose photos", "inspection.submit"),
    Key("↑ ↓ k j", "Choose a result"),
    Key("Enter", "Open the result"),
    Key("m", "Make a recipe from the result, where none has judged it", "recipe.publish"),
)


def inspect_page(*, intake: Sequence[Any], results: Any) -> Viewable:
    """Arrange the cells of the page; without an `intake` the results have all of it."""
    if not intake:
        return Split(first=[results], sizing_mode="stretch_both")
    return Split(first=list(intake), second=[results], ratio=["360px", "1fr"], sizing_mode="stretch_both")
