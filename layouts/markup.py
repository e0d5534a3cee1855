"""Plain markup of our own in a pane, wearing the tokens."""

from __future__ import annotations

from typing import Any

from panel.pane import HTML

from layouts.component import styles


def pane(html: str = "", *names: str, **params: Any) -> HTML:
    """Return a pane of `html` with the shared style sheet and those called `names`."""
    params.setdefault("sizing_mode", "stretch_width")
    params.setdefault("margin", 0)
    return HTML(html, stylesheets=styles(*names), **params)
