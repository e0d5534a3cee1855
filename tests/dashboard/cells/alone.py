"""A cell that stands alone, as in a notebook."""

from __future__ import annotations

from typing import Any

import panel as pn

from dashboard.cells.cell import Cell


def shown_alone(cell: Cell, *names: str) -> dict[str, Any]:
    """Build what the browser would get of a cell, and return what its view shows under these names."""
    pn.panel(cell).get_root()
    view = cell.__panel__()
    return {name: getattr(view, name) for name in names}
