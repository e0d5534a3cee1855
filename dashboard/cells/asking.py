"""The question that is asked now, as a dialog."""

from __future__ import annotations

from typing import Any

from dashboard.cells.cell import Cell, follow
from dashboard.models.asking import AskingModel
from layouts.asking import Asking


class AskingDialog(Cell):
    """Asks what its model asks, and hands it the answer."""

    def __init__(self, model: AskingModel) -> None:
        super().__init__()
        self.model = model
        self.dialog = Asking()
        self.dialog.on_msg(self.heard)
        self._shows(self.dialog)
        follow(model, ("asked", "question", "problem", "where", "busy", "told"), self._draw)

    async def heard(self, event: Any) -> None:
        """Take an answer, or that there will be none."""
        said = event.data
        if "submit" in said:
            await self.model.answer(int(said["asked"]), said["submit"])
        elif said.get("cancel") == self.model.asked:
            self.model.close()

    def _draw(self) -> None:
        model, question = self.model, self.model.question
        told: dict[str, Any] = {}
        if question is not None:
            plain = {name: getattr(question, name) for name in ("title", "intro", "submit", "danger")}
            told = {**plain, "asked": model.asked, "fields": [field.document() for field in question.fields]}
        if told != self.dialog.question:
            self.dialog.question = told
        self.dialog.param.update(busy=model.busy, problem=model.problem, told=model.told, where=model.where)
