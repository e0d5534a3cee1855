"""The Inspection page: its models, its cells, and what keeps them up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from panel.viewable import Viewable

from dashboard.cells.expected import ExpectedAgainstRead
from dashboard.cells.judgement import Judgement
from dashboard.cells.photo import Photo
from dashboard.cells.signals import SignalGauges, Timings
from dashboard.cells.stepping import Stepping
from dashboard.cells.teaching import TeachRecipe
from dashboard.cells.trail import Trail
from dashboard.models.inspection import LAYERS, InspectionModel
from dashboard.models.results import MAKE_RECIPE, among, known_verdict, searched
from dashboard.models.runs import run_id
from dashboard.models.teaching import TeachingModel
from dashboard.models.trail import TrailModel
from dashboard.page_user import rights
from dashboard.pages.away import LOOKS, while_away
from dashboard.pages.context import PageContext
from dashboard.pages.following import look_on
from dashboard.pages.life import arguments, begin, draw, while_open
from dashboard.pages.reads import View
from dashboard.pages.teaching import Teaching
from dashboard.pages.trail import RowTrail
from layouts.inspection import inspection_page

LOOK_S = 2.0
LEAST_PHOTO_PX = 320
"""Height of the photo above an audit trail that is unfolded."""


class InspectionPage:
    """One open Inspection page."""

    def __init__(self, context: PageContext) -> None:
        given = arguments()
        self.context = context
        self.model = InspectionModel()
        kept = context.preferring.of_page("inspection").get("layers")
        if isinstance(kept, list):
            self.model.layers = [layer for layer in LAYERS if layer in kept]
        self.teaching = TeachingModel()
        self.rights = rights()
        whole = "audit.read" in self.rights
        self.trail = RowTrail(context.services, TrailModel(row_id=given.get("id", "")), whole=whole)
        self._verdict = known_verdict(given.get("verdict", ""))
        self._find = searched(given.get("find", ""))
        self._run = run_id(given.get("run", ""))
        self._wanted = given.get("id", "")
        self._shown = ""
        self._teaches = "recipe.publish" in self.rights
        self._makes_recipe = self._teaches and given.get("make") == MAKE_RECIPE
        self._acts = Teaching(context.services, self.model, self.teaching)
        self._told = asyncio.Event()

    def view(self) -> Viewable:
        """Lay out the page and begin to follow."""
        while_open(self.follow)
        self.model.param.watch(self._keep_layers, ["layers"])
        teaching = TeachRecipe(self.teaching, propose=self._acts.propose, publish=self._acts.publish)
        return inspection_page(
            stepping=Stepping(self.model, self.show, back_href=self._back()),
            photo=Photo(self.model, sizing_mode="stretch_both", min_height=LEAST_PHOTO_PX),
            judgement=Judgement(self.model),
            expected=ExpectedAgainstRead(self.model),
            signals=SignalGauges(self.model),
            teaching=teaching if self._teaches else None,
            timings=Timings(self.model),
            trail=Trail(self.trail.model, self.trail.more, noun="inspection", title=self.trail.title),
        )

    async def _keep_layers(self, *_: Any) -> None:
        await self.context.preferring.told({"pages": {"inspection": {"layers": self.model.layers}}})

    def _back(self) -> str:
        page = "/runs" if self._run else "/inspect"
        return f"{page}{among(self._verdict, self._find, self._run)}"

    def show(self, inspection_id: str) -> None:
        """Go to another inspection."""
        self._wanted = inspection_id
        self._told.set()

    async def follow(self) -> None:
        """Show what is wanted, until it is settled and again when another is wanted; neighbours stay fresh."""
        with self.context.news.follow(self._told):
            await look_on(self._look, self._told, every_s=LOOK_S)

    async def _look(self) -> None:
        with while_away(self._away):
            await self._look_at_wanted()

    def _away(self) -> None:
        self._shown = ""  # look again
        draw(self.model.param.update, problem=LOOKS)
        self.trail.away()

    async def _look_at_wanted(self) -> None:
        wanted = self._wanted
        moved = await self.trail.look(wanted)  # one that had failed may be tried anew
        if wanted != self._shown or not self.model.settled or moved:
            found = await self.context.reads.inspection(wanted)
            if found is None:
                draw(self._miss, wanted)
                return
            self._shown = wanted
            if wanted != self.model.id or found[0]["state"] != self.model.state:
                draw(self._take, *found, *await self._neighbours(wanted))
                return
        newer, older = await self._neighbours(wanted)
        draw(self.model.param.update, newer=newer, older=older, problem="")

    async def _neighbours(self, inspection_id: str) -> tuple[str, str]:
        return await self.context.reads.neighbours(inspection_id, verdict=self._verdict, find=self._find, run=self._run)

    def _take(self, view: View, recipe: Mapping[str, Any] | None, newer: str, older: str) -> None:
        if view["id"] != self.model.id:
            self.teaching.close()
        self.model.show(view, recipe, newer=newer, older=older)
        self.teaching.readable = bool(self.model.lines)
        if self._makes_recipe and self.model.settled:
            self._makes_recipe = False
            begin(self._acts.propose)

    def _miss(self, wanted: str) -> None:
        self.model.miss(wanted)
        self.teaching.readable = False
