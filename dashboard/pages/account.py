"""The page of one's own account: its models, its cells, and what keeps them up to date."""

from __future__ import annotations

import asyncio
from zoneinfo import available_timezones

from panel.viewable import Viewable

from dashboard.cells.account import PreferenceChoice, SignInTable, WhoOneIs
from dashboard.cells.asking import AskingDialog
from dashboard.cells.tokens import TokenTable
from dashboard.models.account import AccountModel
from dashboard.models.asking import AskingModel
from dashboard.models.tokens import TokensModel
from dashboard.page_user import page_user
from dashboard.pages.account_acts import AccountActs
from dashboard.pages.away import LOOKS, while_away
from dashboard.pages.context import PageContext
from dashboard.pages.following import look_on
from dashboard.pages.life import draw, while_open
from dashboard.pages.people_reads import PeopleReads
from dashboard.pages.token_acts import TokenActs
from data.channels import PEOPLE
from layouts.account import account_page
from workers.who import Who

LOOK_S = 5.0
SETTLE_S = 0.2


class AccountPage:
    """One open page of somebody's own account."""

    def __init__(self, context: PageContext) -> None:
        self.context = context
        self.who: Who | None = page_user()
        self.reads = PeopleReads(context.services)
        self.account, self.tokens, self.asking = _account(self.who), TokensModel(), AskingModel()
        self.account.prefer(context.preferring.document)
        self._told = asyncio.Event()
        self.tokens.param.watch(lambda *_: self._told.set(), ["revoked"])

    def view(self) -> Viewable:
        """Lay out the page and begin to follow."""
        acts = AccountActs(self.context.services, self.asking, self.account, self._told.set)
        with_tokens = TokenActs(self.context.services, self.asking, self.tokens, "own.token", self._told.set)
        preferring = self.context.preferring
        preferring.seen.append(self.account.prefer)
        kept = (SignInTable(self.account, acts.act), TokenTable(self.tokens, with_tokens.act, self.more))
        if self.account.has_account:
            while_open(self.follow)
        return account_page(
            who=WhoOneIs(self.account, acts.act),
            preferences=PreferenceChoice(self.account, preferring.change, sorted({"UTC", *available_timezones()})),
            kept=kept if self.account.has_account else (),
            asking=AskingDialog(self.asking),
        )

    async def follow(self) -> None:
        """Keep what is shown up to date while the page is open."""
        with self.context.news.follow(self._told, (PEOPLE,)):
            await look_on(self._look, self._told, every_s=LOOK_S, settle_s=SETTLE_S)

    async def more(self) -> None:
        """Fetch older tokens, unless others are wanted meanwhile."""
        asked = (self.tokens.revoked, self.tokens.cursor)
        if self.tokens.cursor is None or self.who is None:
            return
        with while_away(self._away):
            older = await self.reads.tokens(user_id=self.who.user_id, revoked=asked[0], cursor=asked[1])
            if (self.tokens.revoked, self.tokens.cursor) == asked:
                draw(self.tokens.append, older.rows, older.cursor)

    async def _look(self) -> None:
        with while_away(self._away):
            await self._look_at_account()

    async def _look_at_account(self) -> None:
        if self.who is None or self.who.user_id is None:
            return
        draw(self.account.take, await self.reads.sign_ins(self.who))
        revoked = self.tokens.revoked
        found = await self.reads.tokens(user_id=self.who.user_id, revoked=revoked)
        if revoked == self.tokens.revoked:
            draw(self.tokens.take, found.rows, found.cursor)

    def _away(self) -> None:
        draw(self.account.param.update, problem=LOOKS)
        draw(self.tokens.param.update, problem=LOOKS)


def _account(who: Who | None) -> AccountModel:
    if who is None:
        return AccountModel(has_account=False)
    return AccountModel(
        name=who.name,
        display_name=who.display_name,
        role=str(who.role),
        rights=sorted(who.rights),
        has_account=who.user_id is not None,
    )
