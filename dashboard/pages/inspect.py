"""The Inspect page: its models, its cells, and what keeps them up to date."""

from __future__ import annotations

import asyncio

from panel.viewable import Viewable

from dashboard.cells.dropping import DropPhotos, RecipeChoice
from dashboard.cells.results import Results
from dashboard.models.intake import IntakeModel
from dashboard.models.results import ResultsModel, known_verdict, searched
from dashboard.pages.context import PageContext
from dashboard.pages.following import told_within
from dashboard.pages.life import arguments, draw, while_open
from data import bundled
from data.outage import AWAY as AWAY_ERRORS
from data.outage import is_away
from layouts.inspect import inspect_page

LOOK_S = 2.0
"""News may be missed while the listener connects again, so the page looks by itself too."""

SETTLE_S = 0.15
"""Results that come close together are drawn together."""

AWAY = "The database does not answer. The page goes on asking."


class InspectPage:
    """One open Inspect page."""

    def __init__(self, context: PageContext) -> None:
        given = arguments()
        self.context = context
        self.results = ResultsModel(
            verdict=known_verdict(given.get("verdict", "")), find=searched(given.get("find", ""))
        )
        self.intake = IntakeModel(wish=given.get("recipe", ""))
        self._told = asyncio.Event()
        self._shown: tuple[str, str] | None = None
        self.results.param.watch(lambda _: self._told.set(), ["verdict"])

    def view(self) -> Viewable:
        """Lay out the page and begin to follow."""
        while_open(self.follow)
        return inspect_page(
            recipe=RecipeChoice(self.intake),
            drop=DropPhotos(self.intake, stored=lambda _: self._told.set()),
            results=Results(self.results, more=self.more),
        )

    async def follow(self) -> None:
        """Keep the results up to date while the page is open."""
        with self.context.news.follow(self._told):
            while True:
                await self._look()
                await told_within(self._told, LOOK_S)
                await asyncio.sleep(SETTLE_S)

    async def more(self) -> None:
        """Fetch older results, unless others are wanted meanwhile."""
        model = self.results
        verdict, cursor = model.verdict, model.cursor
        if cursor is None:
            return
        try:
            older = await self.context.reads.results(verdict=verdict, find=model.find, cursor=cursor)
        except AWAY_ERRORS as error:
            if not is_away(error):
                raise
            draw(model.param.update, problem=AWAY)
            return
        if (model.verdict, model.cursor) == (verdict, cursor):
            draw(model.append, older.views, older.cursor)

    async def _look(self) -> None:
        wanted = (self.results.verdict, self.results.find)
        try:
            latest = await self.context.reads.results(verdict=wanted[0], find=wanted[1])
            recipes = await self.context.reads.recipes()
        except AWAY_ERRORS as error:
            if not is_away(error):
                raise
            draw(self.results.param.update, problem=AWAY)
            return
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
