"""The Runs page: the table of runs, and at its right the run that is open or the files that are sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from panel.layout import Column

from layouts.drawer import Drawer
from layouts.keys import Key

KEYS = (
    Key("n", "New run", "run.submit"),
    Key("o", "Choose files to send", "run.submit"),
    Key("↑ ↓ k j", "Choose a run"),
    Key("Enter", "Open the run"),
    Key("Esc", "Close what is open at the right"),
)


def runs_page(*, table: Any, run: Sequence[Any], sender: Sequence[Any]) -> Drawer:
    """Arrange the cells of the page; `sender` is empty for whoever may not send files."""
    return Drawer(main=[table], run=list(run), send=list(sender), sizing_mode="stretch_both")


FIELD_STYLE = {
    "& .MuiInputBase-root": {"height": "32px"},
    "& .MuiInputLabel-root:not(.MuiInputLabel-shrink)": {"transform": "translate(14px, 6px) scale(1)"},
}
"""Fields of one height, whatever they take."""
CHOICE_STYLE = {
    "& button": {
        "height": "32px",
        "fontSize": "14px !important",
        "fontWeight": "400 !important",
        "color": "var(--ms-ink-soft) !important",
    },
    "& button.Mui-selected": {
        "fontWeight": "600 !important",
        "color": "var(--ms-ink) !important",
        "backgroundColor": "var(--ms-ground) !important",
        "boxShadow": "inset 0 -2px var(--ms-accent)",
    },
}


def form_column(*rows: Any) -> Column:
    """Put the fields of a form under each other."""
    return Column(*rows, sizing_mode="stretch_width", margin=0)
