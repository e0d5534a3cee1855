"""A recipe from a reading: one click opens it filled in, the next publishes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from panel.layout import Column, Row
from panel_material_ui.widgets import Button, TextAreaInput, TextInput

from dashboard.cells.cell import Act, Cell, follow, nothing
from dashboard.models.teaching import TeachingModel
from layouts.elements import element, text
from layouts.markup import pane
from layouts.theme import MARK_PX, MONO

MONOSPACED = {"& textarea": {"fontFamily": MONO, "fontSize": f"{MARK_PX}px"}}
HELP = (
    "One line of the mark a row. {YYWW} is a date code, {A} a letter, {N} a digit, {X} either, with a count as in "
    "{X5}, {lot:X5} the lot's code, {trace:N4} its trace code; a leading ? makes a line optional."
)


class TeachRecipe(Cell):
    """The button, and the form it opens: name, part number, maker and the expected lines with patterns proposed."""

    def __init__(self, model: TeachingModel, *, propose: Act = nothing, publish: Act = nothing) -> None:
        super().__init__()
        self.model = model
        wide: dict[str, Any] = {
            "sizing_mode": "stretch_width",
            "margin": (0, 0, 12, 0),
            "size": "small",
            "description": "",
        }
        self.name_input = TextInput.from_param(model.param.recipe_name, label="Recipe name", **wide)
        self.part_input = TextInput.from_param(model.param.part_number, label="Part number", **wide)
        self.maker_input = TextInput.from_param(model.param.manufacturer, label="Manufacturer", **wide)
        self.lines_input = TextAreaInput.from_param(
            model.param.lines, label="Expected lines", auto_grow=True, rows=3, max_rows=12, sx=MONOSPACED, **wide
        )
        self.start = Button(label="Make recipe from this reading", variant="outlined", margin=0, on_click=_act(propose))
        self.publish = Button(label="Publish", variant="contained", color="primary", margin=0, on_click=_act(publish))
        self.cancel = Button(label="Cancel", variant="text", margin=(0, 0, 0, 8), on_click=lambda _: model.close())
        self.message = pane("", "teaching")
        self.form = Column(
            self.lines_input,
            pane(element("p", text(HELP), class_="help"), "teaching"),
            self.name_input,
            Row(self.part_input, self.maker_input, sizing_mode="stretch_width", margin=0, styles={"gap": "8px"}),
            Row(self.publish, self.cancel, margin=0),
            sizing_mode="stretch_width",
            margin=0,
        )
        self._shows(Column(self.start, self.form, self.message, sizing_mode="stretch_width", margin=0))
        follow(model, ("opened", "problem", "published", "readable"), self._draw)
        model.param.watch(lambda event: self._lead(opened=event.new), "opened")

    def _lead(self, *, opened: bool) -> None:
        """Put the focus where the next key belongs, which brings it into view too."""
        (self.publish if opened else self.start).focus()

    def _draw(self) -> None:
        self.form.visible = self.model.opened
        self.start.visible = not self.model.opened
        self.start.disabled = not self.model.readable
        self.message.object = self._said()

    def _said(self) -> str:
        model = self.model
        if model.problem:
            return element("p", text(model.problem), class_="problem", role="alert")
        if model.published:
            name = text(f"{model.published['name']}, version {model.published['version']}")
            judge = element("a", "Judge photos by it", href=f"/inspect?recipe={model.published['id']}")
            return element("p", f"Published: {name}. ", judge, class_="done", role="status")
        return ""


def _act(act: Act) -> Callable[[Any], Awaitable[Any]]:
    async def clicked(_: Any) -> None:
        await act()

    return clicked
