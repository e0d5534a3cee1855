"""The Runs page: its models, its cells, and what keeps them up to date."""

from __future__ import annotations

import asyncio

from panel.viewable import Viewable

from dashboard.cells.results import Results
from dashboard.cells.run import RunFiles, RunSheetHead, tabbed
from dashboard.cells.runs import Runs
from dashboard.cells.sending import SendFiles
from dashboard.models.run import RunModel
from dashboard.models.runs import PAGE, RunsModel
from dashboard.models.sending import SendingModel
from dashboard.page_user import rights
from dashboard.pages.away import LOOKS, while_away
from dashboard.pages.context import PageContext
from dashboard.pages.following import look_on
from dashboard.pages.life import arguments, draw, while_open
from dashboard.pages.one_run import OneRun
from dashboard.pages.run_acts import RunActs
from dashboard.pages.run_reads import RunReads
from data.channels import RECIPES, RESULTS, RUNS
from layouts.runs import runs_page

LOOK_S = 2.0
SETTLE_S = 0.25
"""What comes close together is drawn together."""


class RunsPage:
    """One open Runs page."""

    def __init__(self, context: PageContext) -> None:
        self.context = context
        self.reads = RunReads(context.services)
        self.runs = RunsModel()
        self.run = RunModel()
        self.sending = SendingModel()
        self._told = asyncio.Event()
        given = arguments()
        self.runs.go(given)
        self.run.open(self.runs.open)
        self.one = OneRun(context.reads, self.reads, self.run, given)
        self.rights = rights()
        self.acts = RunActs(context.services, self.run, self.sending)
        self.runs.param.watch(lambda *_: self._turn(), ["open", "wanted", "send"])
        self.one.results.param.watch(lambda *_: self._told.set(), ["verdict"])
        self.run.param.watch(lambda *_: self._told.set(), ["tab", "files_state"])

    def view(self) -> Viewable:
        """Lay out the page and begin to follow."""
        while_open(self.follow)
        may = self.rights
        results = Results(self.one.results, more=self.one.more_results, rights=may, css_classes=["inside"])
        files = RunFiles(self.run, more=self.one.more_files)
        tabbed(self.run, {"results": results.list, "files": files.table})
        head = RunSheetHead(self.run, cancel=self.acts.cancel, retry=self.acts.retry, rights=may)
        sender = SendFiles(self.sending, self.runs, begin=self.acts.begin)
        return runs_page(
            table=Runs(self.runs, more=self.more, rights=may),
            run=[head, results, files],
            sender=[sender] if "run.submit" in may else [],
        )

    async def follow(self) -> None:
        """Keep what is shown up to date while the page is open."""
        with self.context.news.follow(self._told, (RUNS, RESULTS, RECIPES)):
            await look_on(self._look, self._told, every_s=LOOK_S, settle_s=SETTLE_S)

    async def more(self) -> None:
        """Fetch older runs, unless others are wanted meanwhile."""
        model = self.runs
        wanted, cursor = model.wanted, model.cursor
        if cursor is None:
            return
        with while_away(self._away):
            older = await self.reads.runs(wanted, limit=PAGE, cursor=cursor)
            if (model.wanted, model.cursor) == (wanted, cursor):
                draw(model.append, older.views, older.cursor)

    def _away(self) -> None:
        draw(self.runs.param.update, problem=LOOKS)
        draw(self.run.param.update, problem=LOOKS)

    async def _look(self) -> None:
        with while_away(self._away):
            await self._look_at_runs()
            await self.one.look()
            await self._look_at_choices()

    async def _look_at_choices(self) -> None:
        choices = await self.reads.choices()
        stations = list(choices.stations)
        draw(self.sending.offer, choices.recipes)
        draw(self.sending.param.update, stations=stations)
        draw(self.runs.param.update, stations=stations)

    async def _look_at_runs(self) -> None:
        wanted = self.runs.wanted
        found = await self.reads.runs(wanted, limit=self.runs.shown)
        if wanted == self.runs.wanted:
            draw(self.runs.show, found.views, found.cursor)

    def _turn(self) -> None:
        """Follow the address: another run may be open, or other runs be wanted."""
        if self.runs.open != self.run.id:
            self.run.open(self.runs.open)
            self.one.results.param.update(run=self.runs.open, rows=[], cursor=None, loaded=False)
        self._told.set()
