"""The Plant page: the places at the left; at the right the station in view, its lots, the units and trail of one."""

from __future__ import annotations

from typing import Any

from panel.viewable import Viewable

from layouts.keys import Key
from layouts.split import Split

KEYS = (
    Key("↑ ↓ ← →", "Move among the places, open and close them"),
    Key("Enter", "Show the place or the lot"),
    Key("n", "Add a place, with the focus among places; a unit, among units", "plant.edit"),
    Key("e", "Rename it, or change its time zone; correct the lot", "plant.edit"),
    Key("m", "Move it", "plant.edit"),
    Key("Delete", "Delete it", "plant.edit"),
    Key("b", "Begin a lot, with the focus among lots", "lot.start"),
    Key("h", "Hold or release the lot", "lot.hold"),
    Key("c", "Close the lot", "lot.close"),
    Key("a", "What was done to the lot; arrows move, Enter unfolds"),
)


def plant_page(  # noqa: PLR0913
    *, places: Any, station: Any, lots: Any, units: Any, trail: Any, asking: Any, address: Any
) -> Viewable:
    """Arrange the cells of the page."""
    return Split(
        first=[places],
        second=[station, lots, units, trail, asking, address],
        ratio=["352px", "1fr"],
        stacked_px=420,
        sizing_mode="stretch_both",
    )
