"""What can be done with people: each a question, and a use case for its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from core.rights import PERSONS, Action, Role
from dashboard.models.asking import AnswerRefused, AskingModel, Field, Question, Values
from dashboard.models.people import PeopleModel, View
from dashboard.pages.refusals import refusing
from dashboard.pages.token_acts import nothing_more
from workers import accounts, invitations, signing_in
from workers.accounts import Change, NewUser
from workers.composition import Services
from workers.invitations import Link

MAY: Action = "people.edit"
ROLES = tuple((role, role.value) for role in PERSONS)
ROLE_HELP = "What each role may do is in the documentation, under security; an admin also lets people in."


@dataclass(frozen=True)
class PeopleActs:
    """Asks, and does, with the people of a page; then `changed` is called.

    Several may do so at once: what was changed by somebody else meanwhile is said, and asked again.
    """

    services: Services
    asking: AskingModel
    people: PeopleModel
    changed: Callable[[], None]

    async def act(self, act: str) -> None:
        """Ask for what is called so; anything else is nothing."""
        of_somebody: dict[str, Callable[[View], None]] = {
            "role": self._ask_role,
            "rename": self._ask_rename,
            "link": self._ask_link,
            "sign-out": self._ask_sign_out,
            "disable": self._ask_disable,
            "enable": self._ask_enable,
        }
        if act == "add":
            self._ask_add()
        elif act in of_somebody and self.people.person is not None:
            of_somebody[act](self.people.person)

    def _ask_add(self) -> None:
        fields = (
            Field("name", "Name to sign in by", help="Small letters, digits and . _ - @ +; it never changes."),
            Field("display_name", "Name to show", help="As colleagues know them; empty: the same."),
            Field("role", "Role", "select", Role.VIEWER, ROLE_HELP, ROLES),
        )
        intro = "They get a link, by which they set their password themselves."
        self.asking.ask(Question("Add somebody", "Add", self._add, fields, intro))

    async def _add(self, said: Values) -> None:
        with refusing(MAY):
            user = await accounts.add(self.services, NewUser(said["name"], said["role"], said["display_name"]))
            link = await invitations.invite(self.services, str(user.id))
        self.people.selected = str(user.id)
        self.changed()
        self._tell_link(link, f"{user.display_name} is added")

    def _tell_link(self, link: Link, title: str) -> None:
        address = Field("link", "Link", "once", f"/welcome/{link.secret}", mono=True)
        days = self.services.settings.invitation_s / 86400
        intro = (
            "Give them this link: by it they set their password. "
            f"It works once, within {days:g} days, and is not shown again."
        )
        self.asking.ask(Question(title, "Done", nothing_more, (address,), intro))

    def _ask_role(self, person: View) -> None:
        async def change(said: Values) -> None:
            self._unless_changed(person, "role")
            await self._change(person, Change(role=said["role"]))

        field = Field("role", "Role", "select", str(person["role"]), ROLE_HELP, ROLES)
        intro = f"{self._you(person)}It holds at once: their open pages load again."
        title = f"Change the role of {person['display_name']}"
        self.asking.ask(Question(title, "Change role", change, (field,), intro))

    def _ask_rename(self, person: View) -> None:
        async def rename(said: Values) -> None:
            self._unless_changed(person, "display_name")
            await self._change(person, Change(display_name=said["display_name"]))

        field = Field("display_name", "Name to show", value=str(person["display_name"]))
        intro = f"They go on signing in as {person['name']}."
        self.asking.ask(Question(f"Rename {person['display_name']}", "Rename", rename, (field,), intro))

    def _ask_link(self, person: View) -> None:
        async def invite(_: Values) -> None:
            with refusing(MAY):
                link = await invitations.invite(self.services, str(person["id"]))
            self.changed()
            self._tell_link(link, f"A link for {person['display_name']}")

        intro = "By it they set another password, which signs them out everywhere. A link made before works no more."
        self.asking.ask(Question(f"Make a link for {person['display_name']}?", "Make link", invite, intro=intro))

    def _ask_sign_out(self, person: View) -> None:
        async def sign_out(_: Values) -> None:
            with refusing(MAY):
                await signing_in.sign_out_everywhere(self.services, UUID(str(person["id"])))
            self.changed()

        intro = f"{self._you(person)}All their pages close within seconds. They may sign in again."
        title = f"Sign {person['display_name']} out everywhere?"
        self.asking.ask(Question(title, "Sign out", sign_out, intro=intro, danger=True))

    def _ask_disable(self, person: View) -> None:
        async def disable(_: Values) -> None:
            await self._change(person, Change(active=False))

        intro = f"{self._you(person)}They are signed out at once, and can come in no more; nor can their tokens."
        title = f"Disable {person['display_name']}?"
        self.asking.ask(Question(title, "Disable", disable, intro=intro, danger=True))

    def _ask_enable(self, person: View) -> None:
        async def enable(_: Values) -> None:
            await self._change(person, Change(active=True))

        intro = "Their password and their tokens are good again."
        self.asking.ask(Question(f"Let {person['display_name']} in again?", "Let in", enable, intro=intro))

    async def _change(self, person: View, change: Change) -> None:
        with refusing(MAY):
            await accounts.change(self.services, str(person["id"]), change)
        self.changed()

    def _unless_changed(self, person: View, name: str) -> None:
        """Refuse to write over what somebody else has changed since it was asked."""
        now = next((row for row in self.people.rows if row["id"] == person["id"]), person)
        if now[name] != person[name]:
            raise AnswerRefused(f"Somebody else has changed it meanwhile, to {now[name]}. Look again.", name)

    def _you(self, person: View) -> str:
        return "This is you. " if person["name"] == self.people.myself else ""
