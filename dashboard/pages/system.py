"""The System page: its model, its cell, and what keeps it up to date."""

from __future__ import annotations

import asyncio

from panel.viewable import Viewable

from dashboard.cells.parts import Parts
from dashboard.models.system import SystemModel
from dashboard.pages.context import PageContext
from dashboard.pages.following import told_within
from dashboard.pages.life import draw, while_open
from layouts.system import system_page

LOOK_S = 10.0
STALE = f"The parts have not answered for {LOOK_S:.0f} s; this is how they were."


class SystemPage:
    """One open System page."""

    def __init__(self, context: PageContext) -> None:
        self.pulse = context.pulse
        self.model = SystemModel()
        self._told = asyncio.Event()

    def view(self) -> Viewable:
        """Lay out the page and begin to follow."""
        while_open(self.follow)
        return system_page(parts=Parts(self.model))

    async def follow(self) -> None:
        """Keep the parts up to date while the page is open."""
        with self.pulse.follow(self._told):
            while True:
                if self.pulse.parts:
                    draw(self.model.show, self.pulse.parts, self.pulse.read_at)
                if not await told_within(self._told, LOOK_S):
                    draw(self.model.param.update, problem=STALE)
