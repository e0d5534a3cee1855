"""From one inspection to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.cells.cell import Cell, follow
from dashboard.models.inspection import InspectionModel
from layouts.stepper import Stepper


class Stepping(Cell):
    """The title of the inspection in view, with the newer and the older one a key away."""

    def __init__(
        self, model: InspectionModel, show: Callable[[str], Any] = lambda _: None, back_href: str = "/inspect"
    ) -> None:
        super().__init__()
        self.model = model
        self.stepper = Stepper(back_href=back_href, sizing_mode="stretch_width", height=32)
        self.stepper.on_msg(lambda event: show(str(event.data["show"])))
        self._shows(self.stepper)
        follow(model, ("id", "newer", "older", "evidence", "created_at", "missing"), self._draw)

    def _draw(self) -> None:
        read = [line["text"] for line in self.model.lines]
        title = "No such inspection" if self.model.missing else " / ".join(read[:2]) or "Inspection"
        self.stepper.param.update(
            created_at=self.model.created_at, newer=self.model.newer, older=self.model.older, title=title
        )
