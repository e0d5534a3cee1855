"""The verdict and why."""

from __future__ import annotations

from dashboard.cells.cell import Cell, follow
from dashboard.models.inspection import InspectionModel
from layouts.judgement import judgement
from layouts.markup import pane
from layouts.states import error, skeleton, waiting

WAITS = {
    "received": "Stored. It waits for the relay to hand it to a worker.",
    "queued": "In the queue. It waits for a free worker.",
    "running": "A worker is reading the mark.",
}


class Judgement(Cell):
    """The verdict large, the reasons in words beneath, and by which recipe it was judged."""

    def __init__(self, model: InspectionModel) -> None:
        super().__init__()
        self.model = model
        self.pane = pane("", "states", "judgement")
        self._shows(self.pane)
        follow(
            model, ("verdict", "state", "evidence", "error", "recipe", "missing", "problem", "created_at"), self._draw
        )

    def _draw(self) -> None:
        self.pane.object = self._markup()

    def _markup(self) -> str:
        model = self.model
        if model.problem and not model.state:
            return error(model.problem)
        if model.missing:
            return error("There is no inspection of this id.", "All results", "/inspect")
        if model.state in WAITS:
            return waiting(WAITS[model.state])
        if not model.state:
            return skeleton()
        return judgement(
            verdict=model.verdict,
            state=model.state,
            reasons=model.reasons,
            recipe=model.recipe,
            created_at=model.created_at,
            file_name=model.file_name,
        )
