"""Two columns under a head; in a narrow window the second goes under the first, and what is below at the end."""

from __future__ import annotations

import param
from panel.viewable import Children

from layouts.component import Component, script


class Split(Component):
    """Two columns that scroll each by itself. A child that stretches in height fills what its column leaves."""

    below = Children(doc="Under the left column, and no higher than two fifths of it; scrolls by itself.")
    first = Children(doc="The left column.")
    head = Children(doc="Above both.")
    ratio = param.List(default=["1fr", "1fr"], doc="Widths of the columns, as CSS grid tracks.")
    second = Children(doc="The right column, or the one beneath.")
    stacked_px = param.Integer(default=480, doc="Height of a stretching child once the columns are stacked.")

    _esm = script("split", "slots")
    _styles = ("split",)
