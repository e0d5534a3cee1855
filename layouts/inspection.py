"""The Inspection page: the photo on the left, what was done to it beneath, what was decided and why on the right."""

from __future__ import annotations

from typing import Any

from panel.viewable import Viewable

from layouts.card import card
from layouts.keys import Key
from layouts.split import Split

KEYS = (
    Key("j", "Older inspection"),
    Key("k", "Newer inspection"),
    Key("Esc", "All results"),
    Key("1 2 3 4", "Layers over the photo"),
    Key("+ −", "Zoom, with the photo in focus"),
    Key("c", "More contrast"),
    Key("r", "Mark upright, or as photographed"),
    Key("f", "Whole photo"),
    Key("0", "Back to the package, with the photo in focus"),
    Key("a", "What was done to it; arrows move, Enter unfolds"),
)


def inspection_page(  # noqa: PLR0913
    *, stepping: Any, photo: Any, judgement: Any, expected: Any, signals: Any, teaching: Any, timings: Any, trail: Any
) -> Viewable:
    """Arrange the cells of the page; `teaching` is None for whoever may not publish recipes."""
    return Split(
        head=[stepping],
        first=[photo],
        below=[trail],
        second=[
            card("Verdict", judgement),
            card("Expected against read", expected),
            card("Signals against limits", signals),
            *([] if teaching is None else [card("Recipe", teaching)]),
            card("Time by step", timings, folded=True),
        ],
        ratio=["3fr", "2fr"],
        stacked_px=560,
        sizing_mode="stretch_both",
    )
