"""One run: what it is and how far it has come, its results as they come, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from panel.viewable import Viewable

from dashboard.cells.cell import EVERYTHING, Act, Cell, Rights, follow, nothing
from dashboard.models.run import FILE_STATES, TABS, RunModel
from layouts.file_table import FileTable
from layouts.run_head import RunHead


class RunSheetHead(Cell):
    """The head of the run in view, with what can be done with it, and the choice of what stands beneath."""

    def __init__(
        self, model: RunModel, *, cancel: Act = nothing, retry: Act = nothing, rights: Rights = EVERYTHING
    ) -> None:
        super().__init__()
        self.model = model
        self.cancels, self.sends = "run.cancel" in rights, "run.submit" in rights
        self._acts = {"cancel": cancel, "retry": retry}
        self.head = RunHead(sizing_mode="stretch_width")
        self.head.on_msg(self._heard)
        self._shows(self.head)
        follow(model, ("busy", "missing", "problem", "refusal", "row", "tab"), self._draw)

    async def _heard(self, event: Any) -> None:
        if event.data.get("tab") in TABS:
            self.model.tab = event.data["tab"]
        for name, act in self._acts.items():
            if event.data.get(name):
                await act()

    def _draw(self) -> None:
        model = self.model
        self.head.param.update(
            busy=model.busy,
            can_cancel=model.can_cancel and self.cancels,
            can_retry=model.can_retry and self.cancels,
            can_send=model.can_send and self.sends,
            missing=model.missing,
            problem=model.problem,
            refusal=model.refusal,
            run=model.row.document() if model.row else {},
            tab=model.tab,
        )


class RunFiles(Cell):
    """The files of the run in view; a refused one says why and what to do."""

    def __init__(self, model: RunModel, more: Act = nothing) -> None:
        super().__init__()
        self.model = model
        self._more = more
        self.table = FileTable(sizing_mode="stretch_both", min_height=240)
        self.table.on_msg(self._heard)
        self._shows(self.table)
        follow(model, ("files", "files_cursor", "files_loaded", "files_state"), self._draw)

    async def _heard(self, event: Any) -> None:
        if event.data.get("state") in {"", *FILE_STATES}:
            self.model.choose_files(event.data["state"])
        if event.data.get("more"):
            await self._more()

    def _draw(self) -> None:
        model = self.model
        self.table.param.update(
            items=model.documents(), loaded=model.files_loaded, more=model.files_cursor is not None,
            state=model.files_state,
        )  # fmt: skip


def tabbed(model: RunModel, views: Mapping[str, Viewable]) -> None:
    """Let of `views`, by tab, that one be seen which the model has chosen."""

    def show() -> None:
        for tab, view in views.items():
            view.visible = tab == model.tab and not model.missing

    follow(model, ("tab", "missing"), show)
