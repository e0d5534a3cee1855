"""The photo of the inspection in view, with its evidence drawn over it."""

from __future__ import annotations

from typing import Any

from dashboard.cells.cell import Cell, follow
from dashboard.models.inspection import InspectionModel
from layouts.picture import Picture


class Photo(Cell):
    """The evidence viewer: package, lines, characters and words over the photo; zooms, pans and resets."""

    def __init__(self, model: InspectionModel, **params: Any) -> None:
        super().__init__()
        self.model = model
        self.picture = Picture(**{"sizing_mode": "stretch_width", "min_height": 520, **params})
        self._shows(self.picture)
        self.picture.link(model, pointed="pointed", layers="layers", bidirectional=True)
        self.picture.layers = model.layers
        follow(model, ("evidence", "image_url", "size_wh"), self._draw)

    def _draw(self) -> None:
        self.picture.param.update(
            evidence=self.model.evidence,
            label=f"Photo of the part, {', '.join(line['text'] for line in self.model.lines) or 'nothing read'}",
            size_wh=self.model.size_wh,
            src=self.model.image_url,
        )
