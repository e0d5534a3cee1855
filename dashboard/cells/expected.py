"""Expected against read."""

from __future__ import annotations

from typing import Any

from dashboard.cells.cell import Cell, follow
from dashboard.models.inspection import InspectionModel
from layouts.comparison import Comparison


class ExpectedAgainstRead(Cell):
    """What the mark should say over what was read; a character pointed at is pointed at in the photo too."""

    def __init__(self, model: InspectionModel, **params: Any) -> None:
        super().__init__()
        self.model = model
        self.comparison = Comparison(**{"sizing_mode": "stretch_width", **params})
        self._shows(self.comparison)
        self.comparison.link(model, pointed="pointed", bidirectional=True)
        follow(model, ("evidence",), self._draw)

    def _draw(self) -> None:
        self.comparison.param.update(fields=self.model.fields, lines=self.model.lines)
