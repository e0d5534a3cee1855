"""The run that is open on the Runs page: what keeps it, its results and its files up to date."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.models.results import ResultsModel, known_verdict
from dashboard.models.run import FILES_PAGE, TABS, RunModel
from dashboard.pages.away import LOOKS, while_away
from dashboard.pages.life import draw
from dashboard.pages.reads import PageReads
from dashboard.pages.run_reads import RunReads
from data.queries.page import MAX_LIMIT


class OneRun:
    """Looks at the run in view, and at that of its tabs which is seen."""

    def __init__(self, reads: PageReads, runs: RunReads, model: RunModel, given: Mapping[str, str]) -> None:
        self.reads = reads
        self.runs = runs
        self.model = model
        self.results = ResultsModel(run=model.id, verdict=known_verdict(given.get("verdict", "")))
        self._shown: tuple[str, str] | None = None
        if given.get("tab") in TABS:
            model.tab = given["tab"]

    async def look(self) -> None:
        """Look at the run, if one is open."""
        wanted = self.model.id
        if not wanted:
            self._shown = None
            return
        view = await self.runs.run(wanted)
        if view is None:
            draw(self.model.param.update, missing=True, row=None)
            return
        draw(self._show, wanted, view)
        await (self._look_at_files() if self.model.tab == "files" else self._look_at_results())

    async def more_results(self) -> None:
        """Fetch older results, unless others are wanted meanwhile."""
        model = self.results
        asked = (model.run, model.verdict, model.cursor)
        if model.cursor is None:
            return
        with while_away(self._away):
            older = await self.reads.results(verdict=model.verdict, run=model.run, cursor=model.cursor)
            if (model.run, model.verdict, model.cursor) == asked:
                draw(model.append, older.views, older.cursor)

    async def more_files(self) -> None:
        """Fetch the files that follow, unless others are wanted meanwhile."""
        model = self.model
        asked = (model.id, model.files_state, model.files_cursor)
        if model.files_cursor is None:
            return
        with while_away(self._away):
            more = await self.runs.files(model.id, state=model.files_state, limit=FILES_PAGE, cursor=model.files_cursor)
            if (model.id, model.files_state, model.files_cursor) == asked:
                draw(model.append_files, more.views, more.cursor)

    def _away(self) -> None:
        draw(self.model.param.update, problem=LOOKS)

    def _show(self, wanted: str, view: Mapping[str, object]) -> None:
        if self.model.id == wanted:
            self.model.show(view)

    async def _look_at_results(self) -> None:
        wanted = (self.model.id, self.results.verdict)
        latest = await self.reads.results(run=wanted[0], verdict=wanted[1])
        if wanted != (self.model.id, self.results.verdict):
            return
        if wanted == self._shown:
            draw(self.results.take, latest.views, latest.cursor)
        else:
            draw(self.results.replace, latest.views, latest.cursor)
            self._shown = wanted

    async def _look_at_files(self) -> None:
        model = self.model
        wanted = (model.id, model.files_state)
        limit = min(MAX_LIMIT, max(FILES_PAGE, len(model.files)))
        found = await self.runs.files(wanted[0], state=wanted[1], limit=limit)
        if wanted == (model.id, model.files_state):
            draw(model.show_files, found.views, found.cursor)
