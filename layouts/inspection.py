"""The Inspection page: the photo on the left, what was decided and why on the right."""

from __future__ import annotations

from typing import Any

from panel.viewable import Viewable

from layouts.card import card
from layouts.split import Split

KEYS = (
    ("j", "Older inspection"),
    ("k", "Newer inspection"),
    ("Esc", "All results"),
    ("1 2 3 4", "Layers over the photo"),
    ("+ −", "Zoom, with the photo in focus"),
    ("c", "More contrast"),
    ("r", "Mark upright, or as photographed"),
    ("f", "Whole photo"),
    ("0", "Back to the package, with the photo in focus"),
)


def inspection_page(  # noqa: PLR0913
    *, stepping: Any, photo: Any, judgement: Any, expected: Any, signals: Any, teaching: Any, timings: Any
) -> Viewable:
    """Arrange the cells of the page."""
    return Split(
        head=[stepping],
        first=[photo],
        second=[
            card("Verdict", judgement),
            card("Expected against read", expected),
            card("Signals against limits", signals),
            card("Recipe", teaching),
            card("Time by step", timings, folded=True),
        ],
        ratio=["3fr", "2fr"],
        stacked_px=560,
        sizing_mode="stretch_both",
    )
