"""What one can do with one's own account: another password, and signing out elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from core.password import LEAST
from core.rights import Action
from dashboard.models.account import AccountModel, browser
from dashboard.models.asking import AnswerRefused, AskingModel, Field, Question, Values
from dashboard.page_user import must
from dashboard.pages.refusals import refusing
from dashboard.pages.token_acts import nothing_more
from workers import accounts, signing_in
from workers.composition import Services
from workers.signing_in import Whence
from workers.who import Who

MAY: Action = "own.profile"
RULES = (
    f"At least {LEAST} characters of any kind; longer is better than stranger, and a few words in a row are fine. "
    "Common passwords are refused. You stay signed in here, and are signed out everywhere else."
)


@dataclass(frozen=True)
class AccountActs:
    """Asks, and does, with the account of the page's user; then `changed` is called."""

    services: Services
    asking: AskingModel
    account: AccountModel
    changed: Callable[[], None]

    async def act(self, act: str) -> None:
        """Ask for what is called so; anything else is nothing."""
        asks = {"password": self._ask_password, "end": self._ask_end, "end-others": self._ask_end_others}
        if act in asks and self.account.has_account:
            asks[act]()

    def _ask_password(self) -> None:
        fields = (
            Field("current", "Current password", "password"),
            Field("password", "New password", "password"),
            Field("again", "The new one again", "password"),
        )
        self.asking.ask(Question("Change your password", "Change password", self._change_password, fields, RULES))

    async def _change_password(self, said: Values) -> None:
        if said["password"] != said["again"]:
            raise AnswerRefused("The two are not the same.", "again")
        with refusing(MAY):
            await accounts.change_password(self.services, must(MAY), said["current"], said["password"], self._whence())
        self.changed()
        intro = "Every other sign-in of yours has ended."
        self.asking.ask(Question("Your password is changed", "Done", nothing_more, intro=intro))

    def _whence(self) -> Whence:
        """Return from where one has signed in, which proxies do not hide."""
        here = next((each for each in self.account.sign_ins if each["current"]), None)
        return Whence(str(here["address"]) if here else "")

    def _ask_end(self) -> None:
        chosen = self.account.sign_in
        if chosen is None:
            return
        words = f"{browser(str(chosen['user_agent']))}, {chosen['address']}"
        here = "It is the one you look at this by: you are signed out here. " if chosen["current"] else ""

        async def end(_: Values) -> None:
            with refusing(MAY):
                await signing_in.end(self.services, _own(must(MAY)), UUID(str(chosen["id"])))
            self.account.selected = ""
            self.changed()

        intro = f"{here}Its pages close within seconds."
        self.asking.ask(Question(f"End the sign-in of {words}?", "End it", end, intro=intro, danger=True))

    def _ask_end_others(self) -> None:
        async def end_others(_: Values) -> None:
            with refusing(MAY):
                who = must(MAY)
                await signing_in.sign_out_everywhere(self.services, _own(who), but=who.sign_in_id)
            self.account.selected = ""
            self.changed()

        intro = "All other browsers are signed out within seconds; you stay signed in here."
        self.asking.ask(Question("Sign out everywhere else?", "Sign out", end_others, intro=intro, danger=True))


def _own(who: Who) -> UUID:
    if who.user_id is None:
        raise AnswerRefused("There is no sign-in here.")
    return who.user_id
