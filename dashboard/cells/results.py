"""Results as they come."""

from __future__ import annotations

from typing import Any

from dashboard.cells.cell import EVERYTHING, Act, Cell, Rights, follow, nothing
from dashboard.models.results import MAKE_RECIPE, ResultRow, ResultsModel, among
from layouts.results import ResultList


class Results(Cell):
    """Results newest first; arrows and Enter, or a click, open one; what no recipe judged offers to make one."""

    def __init__(self, model: ResultsModel, more: Act = nothing, *, rights: Rights = EVERYTHING, **params: Any) -> None:
        super().__init__()
        self.model = model
        self.rights = rights
        self.list = ResultList(sizing_mode="stretch_both", min_height=320, **params)
        self._more = more
        self.list.on_msg(self._heard)
        self.list.link(model, verdict="verdict", bidirectional=True)
        self._shows(self.list)
        follow(model, ("rows", "cursor", "loaded", "problem", "verdict", "find", "run"), self._draw)

    async def _heard(self, event: Any) -> None:
        if event.data.get("more"):
            await self._more()

    def _draw(self) -> None:
        title, text = self._empty()
        self.list.param.update(
            empty_text=text,
            empty_title=title,
            find=self.model.find,
            items=[self._item(row) for row in self.model.rows],
            more=self.model.cursor is not None,
            problem=self.model.problem if self.model.rows else "",
            verdict=self.model.verdict,
        )

    def _item(self, row: ResultRow) -> dict[str, Any]:
        """Return the row; its links carry filter and search, so that stepping stays among what was chosen."""
        href = f"{row.href}{among(self.model.verdict, self.model.find, self.model.run, before='&')}"
        teaches = row.teaches and "recipe.publish" in self.rights
        return {**row.document(), "href": href, "teach_href": f"{href}&make={MAKE_RECIPE}" if teaches else ""}

    def _empty(self) -> tuple[str, str]:
        model = self.model
        if model.problem:
            return "Results cannot be shown", model.problem
        if not model.loaded:
            return "", ""
        if model.find:
            return (
                f"Nothing found for {model.find}",
                "Search by text on the mark, part number, recipe, lot or inspection id.",
            )
        if model.verdict:
            return "None of this verdict yet", "Choose another verdict."
        return "No results yet", self._where_from()

    def _where_from(self) -> str:
        if self.model.run:
            return "They come here as the run's pictures are opened and inspected."
        submits = "inspection.submit" in self.rights
        return "Drop a photo of a part, or try a sample." if submits else "They come here as parts are inspected."
