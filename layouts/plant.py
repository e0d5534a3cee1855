"""The Plant page: the places at the left; at the right the station in view, its lots, and the units of one."""

from __future__ import annotations

from typing import Any

from panel.viewable import Viewable

from layouts.split import Split

KEYS = (
    ("↑ ↓ ← →", "Move among the places, open and close them"),
    ("Enter", "Show the place or the lot"),
    ("n", "Add a place, with the focus among places; a unit, among units"),
    ("e", "Rename it, or change its time zone; correct the lot"),
    ("m", "Move it"),
    ("Delete", "Delete it"),
    ("b", "Begin a lot, with the focus among lots"),
    ("h", "Hold or release the lot"),
    ("c", "Close the lot"),
)


def plant_page(*, places: Any, station: Any, lots: Any, units: Any, asking: Any, address: Any) -> Viewable:
    """Arrange the cells of the page."""
    return Split(
        first=[places],
        second=[station, lots, units, asking, address],
        ratio=["352px", "1fr"],
        stacked_px=420,
        sizing_mode="stretch_both",
    )
