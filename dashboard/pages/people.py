"""The People page: its models, its cells, and what keeps them up to date."""

from __future__ import annotations

import asyncio

from panel.viewable import Viewable

from dashboard.cells.asking import AskingDialog
from dashboard.cells.people import PeopleTable
from dashboard.cells.tokens import TokenTable
from dashboard.models.asking import AskingModel
from dashboard.models.people import PeopleModel
from dashboard.models.tokens import TokensModel
from dashboard.page_user import page_user
from dashboard.pages.away import LOOKS, while_away
from dashboard.pages.context import PageContext
from dashboard.pages.following import look_on
from dashboard.pages.life import draw, while_open
from dashboard.pages.people_acts import PeopleActs
from dashboard.pages.people_reads import PeopleReads
from dashboard.pages.token_acts import TokenActs
from data.channels import PEOPLE
from layouts.people import people_page

LOOK_S = 5.0
SETTLE_S = 0.2


class PeoplePage:
    """One open People page."""

    def __init__(self, context: PageContext) -> None:
        who = page_user()
        self.context = context
        self.reads = PeopleReads(context.services)
        self.people = PeopleModel(myself=who.name if who and who.user_id else "")
        self.tokens, self.asking = TokensModel(), AskingModel()
        self._told = asyncio.Event()
        self.tokens.param.watch(lambda *_: self._told.set(), ["revoked"])

    def view(self) -> Viewable:
        """Lay out the page and begin to follow."""
        while_open(self.follow)
        services, changed = self.context.services, self._told.set
        acts = PeopleActs(services, self.asking, self.people, changed)
        with_tokens = TokenActs(services, self.asking, self.tokens, "token.edit", changed)
        return people_page(
            people=PeopleTable(self.people, acts.act, self.more_people),
            tokens=TokenTable(self.tokens, with_tokens.act, self.more_tokens, everybodys=True),
            asking=AskingDialog(self.asking),
        )

    async def follow(self) -> None:
        """Keep what is shown up to date while the page is open."""
        with self.context.news.follow(self._told, (PEOPLE,)):
            await look_on(self._look, self._told, every_s=LOOK_S, settle_s=SETTLE_S)

    async def more_people(self) -> None:
        """Fetch those who were added before."""
        asked = self.people.cursor
        if asked is None:
            return
        with while_away(self._away):
            older = await self.reads.people(asked)
            if self.people.cursor == asked:
                draw(self.people.append, older.rows, older.cursor)

    async def more_tokens(self) -> None:
        """Fetch older tokens, unless others are wanted meanwhile."""
        asked = (self.tokens.revoked, self.tokens.cursor)
        if self.tokens.cursor is None:
            return
        with while_away(self._away):
            older = await self.reads.tokens(revoked=asked[0], cursor=asked[1])
            if (self.tokens.revoked, self.tokens.cursor) == asked:
                draw(self.tokens.append, older.rows, older.cursor)

    async def _look(self) -> None:
        with while_away(self._away):
            found = await self.reads.people()
            draw(self.people.take, found.rows, found.cursor)
            revoked = self.tokens.revoked
            kept = await self.reads.tokens(revoked=revoked)
            if revoked == self.tokens.revoked:
                draw(self.tokens.take, kept.rows, kept.cursor)

    def _away(self) -> None:
        draw(self.people.param.update, problem=LOOKS)
        draw(self.tokens.param.update, problem=LOOKS)
