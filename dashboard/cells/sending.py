"""A new run: what is said beside its files, and where they are dropped and sent from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from panel.layout import Row
from panel_material_ui.widgets import IntInput, RadioButtonGroup, Select, TextInput

from dashboard.cells.cell import Cell, follow
from dashboard.cells.dropping import RecipeChoice
from dashboard.models.runs import RunsModel
from dashboard.models.sending import BENCH, SendingModel
from layouts.file_sender import FileSender
from layouts.runs import CHOICE_STYLE, FIELD_STYLE, form_column

TYPES = {"A part in each picture": "parts", "A tray in each picture": "tray"}
Begin = Callable[[str], Awaitable[Mapping[str, str]]]


async def _nowhere(key: str) -> Mapping[str, str]:
    """Begin nothing: for a cell that stands alone."""
    return {"problem": f"There is no server to begin a run {key} at."}


class RunForm(Cell):
    """What is said of a run: label, kind, what it is judged by, station and lot."""

    def __init__(self, model: SendingModel) -> None:
        super().__init__()
        self.model = model
        wide: dict[str, Any] = {
            "sizing_mode": "stretch_width",
            "margin": (8, 0, 0, 0),
            "size": "small",
            "sx": FIELD_STYLE,
        }
        self.label = TextInput.from_param(model.param.label, label="Label", description="", **wide)
        self.type = RadioButtonGroup(
            options=TYPES, value=model.type, size="small", margin=(8, 0, 0, 0), sizing_mode="stretch_width",
            color="default", sx=CHOICE_STYLE,
        )  # fmt: skip
        self.type.link(model, value="type")
        self.carrier = TextInput.from_param(model.param.carrier, label="Tray (carrier)", description="", **wide)
        self.rows = IntInput.from_param(model.param.rows, label="Rows", description="", **wide)
        self.columns = IntInput.from_param(model.param.columns, label="Columns", description="", **wide)
        self.recipe = RecipeChoice(model)
        self.part = TextInput.from_param(model.param.part_number, label="or part number", description="", **wide)
        self.station = Select(label="Station", options={"Bench": BENCH}, value=BENCH, **wide)
        self.station.param.watch(lambda event: model.param.update(station=event.new or BENCH), "value")
        self.lot = TextInput.from_param(model.param.lot, label="Lot", description="", **wide)
        self.tray = _beside(self.carrier, self.rows, self.columns)
        fields = (self.label, self.type, self.tray, _beside(self.recipe, self.part), _beside(self.station, self.lot))
        self._shows(form_column(*fields))
        follow(model, ("type", "recipe", "station", "stations"), self._draw)

    def _draw(self) -> None:
        model = self.model
        self.type.value = model.type
        self.tray.visible = model.type == "tray"
        self.part.disabled = bool(model.recipe)
        named = {name: name for name in model.stations}
        self.station.param.update(options={"Bench": BENCH, **named}, value=model.station)


class SendFiles(Cell):
    """The drop zone of runs, with the form, and the progress of every file while they are sent."""

    def __init__(self, model: SendingModel, runs: RunsModel, begin: Begin = _nowhere) -> None:
        super().__init__()
        self.model = model
        self._begin = begin
        self.sender = FileSender(form=RunForm(model), sizing_mode="stretch_both")
        self.sender.on_msg(self._heard)
        self._shows(self.sender)
        follow(runs, ("send",), lambda: self.sender.param.update(send=runs.send))
        follow(model, ("label",), lambda: self.sender.param.update(label=model.label))

    async def _heard(self, event: Any) -> None:
        if event.data.get("begin"):
            key = str(event.data["begin"])
            said = {"problem": self.model.missing} if self.model.missing else await self._begin(key)
            self.sender.answer = {"key": key, **said}
        if event.data.get("over"):
            self.model.clear()


def _beside(*fields: Any) -> Row:
    return Row(*fields, sizing_mode="stretch_width", margin=(6, 0, 0, 0), styles={"gap": "8px"})
