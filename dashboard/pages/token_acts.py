"""What can be done with tokens: make one, whose secret is shown once, and revoke one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from core.rights import ACTIONS, RIGHTS, SIGNED_IN_ONLY, Action, Role, may
from dashboard.models.asking import AskingModel, Field, Question, Values
from dashboard.models.tokens import TokensModel
from dashboard.page_user import must, page_user
from dashboard.pages.refusals import refusing
from data.tables import UNATTENDED
from workers import tokens
from workers.composition import Services
from workers.tokens import NewToken
from workers.who import Who

DAYS = (("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("0", "for ever"))
A_YEAR = "365"


async def nothing_more(_: Values) -> None:
    """Do nothing: what is asked is only told."""


@dataclass(frozen=True)
class TokenActs:
    """Asks, and does; then `changed` is called. `right` says whose tokens: one's own, or those of machines."""

    services: Services
    asking: AskingModel
    tokens: TokensModel
    right: Action
    changed: Callable[[], None]

    async def act(self, act: str) -> None:
        """Ask for what is called so; anything else is nothing."""
        if act == "make-token":
            self._ask_make()
        elif act == "revoke-token" and self.tokens.token is not None:
            self._ask_revoke(str(self.tokens.token["id"]), str(self.tokens.token["name"]))

    @property
    def _own(self) -> bool:
        return self.right == "own.token"

    def _ask_make(self) -> None:
        who = page_user()
        if who is None:
            return
        name = Field("name", "Name", help="What it is for: the machine or program that will hold it.")
        role = Field("role", "Role", "select", Role.MACHINE, options=tuple((each, each.value) for each in UNATTENDED))
        scopes = Field("scopes", "May", "several", options=_scopes(who.role if self._own else None),
                       help="Of what its role allows, only what is ticked; nothing ticked: all of it.")  # fmt: skip
        days = Field("days", "Good for", "select", A_YEAR, options=DAYS)
        fields = (name, *(() if self._own else (role,)), scopes, days)
        title = "Make a token of your own" if self._own else "Make a token for a machine"
        self.asking.ask(Question(title, "Make token", self._make, fields, _intro(own=self._own)))

    async def _make(self, said: Values) -> None:
        with refusing(self.right):
            made = await tokens.add(self.services, self._new(said, must(self.right)))
        self.changed()
        secret = Field("secret", "Token", "once", made.secret, mono=True)
        intro = "Copy it now, to where it is needed: it is not shown again."
        self.asking.ask(Question(f"The token {made.token.name} is made", "Done", nothing_more, (secret,), intro))

    def _new(self, said: Values, who: Who) -> NewToken:
        days = int(said["days"]) if said["days"] in dict(DAYS) else int(A_YEAR)
        expires_at = self.services.clock() + timedelta(days=days) if days else None
        role, user = (None, str(who.user_id)) if self._own else (said["role"], None)
        return NewToken(said["name"], role, user, tuple(said["scopes"].split()), expires_at)

    def _ask_revoke(self, token_id: str, name: str) -> None:
        async def revoke(_: Values) -> None:
            with refusing(self.right):
                who = must(self.right)
                await tokens.revoke(self.services, token_id, of=who if self._own else None)
            self.tokens.selected = ""
            self.changed()

        intro = "Whatever sends it is refused from now on. It cannot be undone; another can be made."
        self.asking.ask(Question(f"Revoke the token {name}?", "Revoke", revoke, intro=intro, danger=True))


def _scopes(role: Role | None) -> tuple[tuple[str, str], ...]:
    """Return the actions that a token of a role can be for, in words; of None, those that any can be for."""
    able = (action for action in ACTIONS if action not in SIGNED_IN_ONLY)
    return tuple((action, f"{action}: {RIGHTS[action].words}") for action in able if role is None or may(role, action))


def _intro(*, own: bool) -> str:
    if own:
        return "A program that sends it may what you may at that moment, but let people in and make tokens."
    return "A machine that sends it with each request comes in by it, and may what its role allows."
