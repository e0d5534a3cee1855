"""How the parts of the system are."""

from __future__ import annotations

from dashboard.cells.cell import Cell, follow
from dashboard.models.system import SystemModel
from layouts.parts import PartsTable


class Parts(Cell):
    """One line a part: state, since when, figure, reason."""

    def __init__(self, model: SystemModel) -> None:
        super().__init__()
        self.model = model
        self.table = PartsTable(sizing_mode="stretch_width")
        self._shows(self.table)
        follow(model, ("parts", "problem", "read_at"), self._draw)

    def _draw(self) -> None:
        parts = [part.document() for part in self.model.parts]
        self.table.param.update(parts=parts, problem=self.model.problem, read_at=self.model.read_at)
