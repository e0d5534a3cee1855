"""The runs, newest first."""

from __future__ import annotations

from typing import Any

from dashboard.cells.cell import EVERYTHING, Act, Cell, Rights, follow, nothing
from dashboard.models.runs import RunsModel
from layouts.run_table import RunTable


class Runs(Cell):
    """The table of runs with its filters, which are in the address; a run is opened beside it."""

    def __init__(self, model: RunsModel, more: Act = nothing, *, rights: Rights = EVERYTHING) -> None:
        super().__init__()
        self.model = model
        self.sends = "run.submit" in rights
        self.table = RunTable(sends=self.sends, sizing_mode="stretch_both")
        self._more = more
        self.table.on_msg(self._heard)
        self._shows(self.table)
        follow(model, ("rows", "cursor", "loaded", "open", "problem", "stations", "wanted"), self._draw)

    async def _heard(self, event: Any) -> None:
        if "address" in event.data:
            self.model.go({str(name): str(value) for name, value in event.data["address"].items()})
        if event.data.get("more"):
            await self._more()

    def _draw(self) -> None:
        title, text = self._empty()
        model = self.model
        self.table.param.update(
            empty_text=text,
            empty_title=title,
            items=[row.document() for row in model.rows],
            more=model.cursor is not None,
            open=model.open,
            problem=model.problem if model.rows else "",
            stations=model.stations,
        )

    def _empty(self) -> tuple[str, str]:
        model = self.model
        if model.rows:
            return "", ""
        if model.problem:
            return "Runs cannot be shown", model.problem
        if not model.loaded:
            return "", ""
        if model.wanted:
            return "No run is like that", "Choose other filters, or clear them."
        if not self.sends:
            return "No runs yet", "They come here as files are sent, by people or by machines."
        return "No runs yet", "Drop photos, zip archives or whole folders here, or send them to the API."
