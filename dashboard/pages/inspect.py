"""The Inspect page: its models, its cells, and what keeps them up to date."""

from __future__ import annotations

import asyncio

from panel.viewable import Viewable

from dashboard.cells.dropping import DropPhotos, RecipeChoice
from dashboard.cells.results import Results
from dashboard.models.intake import IntakeModel
from dashboard.models.results import ResultsModel, known_verdict, searched
from dashboard.page_user import rights
from dashboard.pages.away import LOOKS, while_away
from dashboard.pages.context import PageContext
from dashboard.pages.following import look_on
from dashboard.pages.life import arguments, draw, while_open
from data import bundled
from layouts.inspect import inspect_page

LOOK_S = 2.0
SETTLE_S = 0.15
"""Results that come close together are drawn together."""


class InspectPage:
    """One open Inspect page."""

    def __init__(self, context: PageContext) -> None:
        given = arguments()
        self.context = context
        self.results = ResultsModel(
            verdict=known_verdict(given.get("verdict", "")), find=searched(given.get("find", ""))
        )
        self.intake = IntakeModel(wish=given.get("recipe", ""))
        self.rights = rights()
        self._told = asyncio.Event()
        self._shown: tuple[str, str] | None = None
        self.results.param.watch(lambda *_: self._told.set(), ["verdict"])

    def view(self) -> Viewable:
        """Lay out the page and begin to follow."""
        while_open(self.follow)
        results = Results(self.results, more=self.more, rights=self.rights)
        if "inspection.submit" not in self.rights:
            return inspect_page(intake=(), results=results)
        drop = DropPhotos(self.intake, stored=lambda _: self._told.set())
        return inspect_page(intake=(RecipeChoice(self.intake), drop), results=results)

    async def follow(self) -> None:
        """Keep the results up to date while the page is open."""
        with self.context.news.follow(self._told):
            await look_on(self._look, self._told, every_s=LOOK_S, settle_s=SETTLE_S)

    async def more(self) -> None:
        """Fetch older results, unless others are wanted meanwhile."""
        model = self.results
        verdict, cursor = model.verdict, model.cursor
        if cursor is None:
            return
        with while_away(self._away):
            older = await self.context.reads.results(verdict=verdict, find=model.find, cursor=cursor)
            if (model.verdict, model.cursor) == (verdict, cursor):
                draw(model.append, older.views, older.cursor)

    def _away(self) -> None:
        draw(self.results.param.update, problem=LOOKS)

    async def _look(self) -> None:
        with while_away(self._away):
            await self._look_at_results()

    async def _look_at_results(self) -> None:
        wanted = (self.results.verdict, self.results.find)
        latest = await self.context.reads.results(verdict=wanted[0], find=wanted[1])
        recipes = await self.context.reads.recipes()
        draw(self.intake.offer, recipes)
        if wanted == self._shown:
            draw(self.results.take, latest.views, latest.cursor)
        else:
            draw(self.results.replace, latest.views, latest.cursor)
            self._shown = wanted
        empty = not latest.views and wanted == ("", "")
        draw(self._offer_samples, offered=empty)

    def _offer_samples(self, *, offered: bool) -> None:
        samples = [
            {"name": sample.name, "src": f"/samples/{sample.name}", "caption": sample.shows}
            for sample in bundled.samples()
        ]
        self.intake.samples = samples if offered else []
