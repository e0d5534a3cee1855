"""Where photos come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from panel_material_ui.widgets import Select

from dashboard.cells.cell import Cell, follow
from dashboard.models.intake import READ_ONLY, IntakeModel
from layouts.dropzone import DropZone

READ_ONLY_WORDS = "Read only, no verdict"


class RecipeChoice(Cell):
    """By which recipe the photos that come are judged."""

    def __init__(self, model: IntakeModel) -> None:
        super().__init__()
        self.model = model
        self.select = Select(
            label="Judge by",
            options={READ_ONLY_WORDS: READ_ONLY},
            size="small",
            sizing_mode="stretch_width",
            margin=(8, 0, 0, 0),
        )
        self._shows(self.select)
        self.select.param.watch(lambda event: model.param.update(recipe=event.new or READ_ONLY), "value")
        follow(model, ("recipes", "recipe"), self._draw)

    def _draw(self) -> None:
        options = {READ_ONLY_WORDS: READ_ONLY, **self.model.recipes}
        self.select.param.update(options=options, value=self.model.recipe)


class DropPhotos(Cell):
    """The drop zone, with samples to try while there is nothing yet."""

    def __init__(self, model: IntakeModel, stored: Callable[[str], Any] = lambda _: None, **params: Any) -> None:
        super().__init__()
        self.model = model
        self.zone = DropZone(**{"sizing_mode": "stretch_width", **params})
        self.zone.on_msg(lambda event: stored(str(event.data["stored"])))
        self._shows(self.zone)
        follow(model, ("recipe", "samples"), self._draw)

    def _draw(self) -> None:
        self.zone.param.update(recipe=self.model.recipe, samples=self.model.samples)
