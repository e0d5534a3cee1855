"""The audit trail of one row."""

from __future__ import annotations

from typing import Any

from dashboard.cells.cell import Act, Cell, follow, nothing
from dashboard.models.trail import TrailModel
from layouts.timeline import Timeline


class Trail(Cell):
    """What was done to a row, when and by whom, the newest first; each entry unfolds to what it changed.

    `noun` is what the row is: an inspection, a lot.
    """

    def __init__(self, model: TrailModel, more: Act = nothing, *, noun: str = "row", **params: Any) -> None:
        super().__init__()
        self.model = model
        self.noun = noun
        self.timeline = Timeline(**{"sizing_mode": "stretch_width", **params})
        self.timeline.on_msg(self.heard)
        self._more = more
        self._shows(self.timeline)
        follow(model, ("row_id", "entries", "cursor", "loaded", "problem"), self._draw)

    async def heard(self, event: Any) -> None:
        """Fetch what is older, once that is asked for."""
        if event.data.get("more"):
            await self._more()

    def _draw(self) -> None:
        model = self.model
        title, text = self._empty()
        self.timeline.param.update(
            empty_text=text,
            empty_title=title,
            entries=[entry.document() for entry in model.entries],
            more=model.cursor is not None,
            problem=model.problem if model.entries else "",
            visible=bool(model.row_id),
        )

    def _empty(self) -> tuple[str, str]:
        if self.model.problem:
            return "The audit trail cannot be shown", self.model.problem
        if not self.model.loaded:
            return "", ""
        return "Nothing in the audit trail", f"It knows of no such {self.noun}."
