"""What admins do with people and tokens, and everybody with their own account: through the use cases of the API."""

from __future__ import annotations

from typing import Any

import pytest

from core.rights import Role
from dashboard.models.account import AccountModel
from dashboard.models.asking import AskingModel
from dashboard.models.people import PeopleModel
from dashboard.models.tokens import TokensModel
from dashboard.page_user import used_by
from dashboard.pages.account_acts import AccountActs
from dashboard.pages.people_acts import PeopleActs
from dashboard.pages.people_reads import PeopleReads
from dashboard.pages.token_acts import TokenActs
from data.acting import acting_as
from tests.workers.people import ELSEWHERE, OTHER, PASSWORD, signed_in, somebody, with_cheap_hashes
from workers import accounts, invitations, signing_in, tokens
from workers.composition import Services
from workers.who import Who


class Desk:
    """The models of the pages, with somebody at them who has signed in."""

    def __init__(self, services: Services, who: Who) -> None:
        self.services, self.who, self.reads = services, who, PeopleReads(services)
        self.asking, self.people, self.account = AskingModel(), PeopleModel(myself=who.name), AccountModel()
        self.all, self.own = TokensModel(), TokensModel()
        self.changes = 0
        acts = (services, self.asking)
        with_people = PeopleActs(*acts, self.people, self._changed)
        with_account = AccountActs(*acts, self.account, self._changed)
        with_all = TokenActs(*acts, self.all, "token.edit", self._changed)
        with_own = TokenActs(*acts, self.own, "own.token", self._changed)
        self._acts = {"people": with_people, "account": with_account, "tokens": with_all, "own": with_own}

    def _changed(self) -> None:
        self.changes += 1

    async def look(self) -> None:
        """Read what the pages would."""
        self.people.take(*vars(await self.reads.people()).values())
        self.account.take(await self.reads.sign_ins(self.who))
        self.all.take(*vars(await self.reads.tokens()).values())
        self.own.take(*vars(await self.reads.tokens(user_id=self.who.user_id)).values())

    async def choose(self, name: str) -> None:
        await self.look()
        self.people.selected = next(row["id"] for row in self.people.rows if row["name"] == name)

    async def do(self, page: str, act: str, **said: str) -> str:
        """Ask for an act and answer with these values over those offered; return what is told once, if something is."""
        with used_by(self.who), acting_as(self.who.actor("r-1")):
            await self._acts[page].act(act)
            if self.asking.question is not None:
                offered = {field.name: field.value for field in self.asking.question.fields}
                await self.asking.answer(self.asking.asked, {**offered, **said})
            await self.look()
        told = [field.value for field in self.asking.question.fields] if self.asking.question else []
        return told[0] if len(told) == 1 and not self.asking.problem else ""


async def desk(services: Services, role: str = "admin") -> Desk:
    await somebody(with_cheap_hashes(services), "boss", role)
    at = Desk(services, (await signed_in(services, "boss")).who)
    await at.look()
    return at


def person(at: Desk, name: str) -> dict[str, Any]:
    return next(row for row in at.people.rows if row["name"] == name)


async def test_somebody_is_added_and_follows_the_link_that_is_shown_once(services: Services) -> None:
    at = await desk(services)
    link = await at.do("people", "add", name="Ada", display_name="Ada L.", role="reviewer")
    assert (person(at, "ada")["role"], person(at, "ada")["has_password"]) == ("reviewer", False)
    assert at.people.person == person(at, "ada")
    await invitations.use(services, link.removeprefix("/welcome/"), PASSWORD)
    await at.look()
    assert person(at, "ada")["has_password"]


@pytest.mark.parametrize(
    ("said", "where"),
    [({"name": "bo ss"}, "name"), ({"name": "B0SS"}, "name"), ({"name": "x", "role": "machine"}, "role")],
    ids=["no name", "passes for another", "no role of a person"],
)
async def test_who_cannot_be_added_is_told_at_the_field(services: Services, said: dict[str, str], where: str) -> None:
    at = await desk(services)
    assert await at.do("people", "add", **said) == ""
    assert (at.asking.where, len(at.people.rows), at.changes) == (where, 1, 0)


async def test_somebody_is_given_another_role_and_name_signed_out_disabled_and_let_in_again(services: Services) -> None:
    at = await desk(services)
    await somebody(services)
    ada = await signed_in(services)
    await at.choose("ada")
    await at.do("people", "role", role="manager")
    await at.do("people", "rename", display_name="Ada L.")
    assert (person(at, "ada")["role"], person(at, "ada")["display_name"], person(at, "ada")["sign_ins"]) == (
        "manager",
        "Ada L.",
        1,
    )
    await at.do("people", "sign-out")
    assert await signing_in.resolve(services, ada.secret) is None
    await at.do("people", "disable")
    assert (person(at, "ada")["active"], person(at, "ada")["sign_ins"]) == (False, 0)
    await at.do("people", "enable")
    assert person(at, "ada")["active"]
    assert at.changes == 5


async def test_the_last_admin_stays_one_and_is_told_why(services: Services) -> None:
    at = await desk(services)
    await at.choose("boss")
    for act, said in (("role", {"role": "viewer"}), ("disable", {})):
        await at.do("people", act, **said)
        assert "only admin" in at.asking.problem
    assert (person(at, "boss")["role"], person(at, "boss")["active"]) == ("admin", True)


async def test_what_another_admin_has_changed_meanwhile_is_not_written_over(services: Services) -> None:
    at = await desk(services)
    await somebody(services)
    await at.choose("ada")
    with used_by(at.who), acting_as(at.who.actor()):
        await at._acts["people"].act("role")
        await accounts.change_role(services, "ada", "manager")
        await at.look()
        await at.asking.answer(at.asking.asked, {"role": "viewer"})
    assert (at.asking.problem, at.asking.where) == (
        "Somebody else has changed it meanwhile, to manager. Look again.",
        "role",
    )
    await at.look()
    assert person(at, "ada")["role"] == "manager"


@pytest.mark.parametrize("role", ["viewer", "reviewer", "engineer", "manager"])
async def test_nobody_else_changes_people_or_makes_tokens_of_machines(services: Services, role: str) -> None:
    at = await desk(services, role)
    await at.choose("boss")
    for page, act in (("people", "add"), ("people", "role"), ("people", "link"), ("tokens", "make-token")):
        assert await at.do(page, act, name="eve") == ""
        assert "does not allow" in at.asking.problem
    assert (len(at.people.rows), at.all.rows, person(at, "boss")["role"]) == (1, [], role)


@pytest.mark.parametrize(("page", "of"), [("tokens", None), ("own", "boss")])
async def test_a_token_is_made_shown_once_comes_in_and_is_revoked(
    services: Services, page: str, of: str | None
) -> None:
    at = await desk(services)
    secret = await at.do(page, "make-token", name="AOI-3", scopes="inspection.submit lot.start", days="30")
    who = await tokens.resolve(services, secret)
    assert who is not None
    assert who.scopes == {"inspection.submit", "lot.start"}
    model = at.all if page == "tokens" else at.own
    (row,) = model.rows
    assert (row["user"], row["standing"], row["made_by"]) == (of, "good", "user:boss")
    assert secret not in str(row)
    model.selected = row["id"]
    await at.do(page, "revoke-token")
    assert await tokens.resolve(services, secret) is None
    assert model.selected == ""


async def test_a_token_of_ones_own_may_no_more_than_oneself(services: Services) -> None:
    at = await desk(services, "viewer")
    assert await at.do("own", "make-token", name="mine", scopes="recipe.publish") == ""
    assert (at.asking.where, at.own.rows) == ("scopes", [])
    secret = await at.do("own", "make-token", name="mine", days="0")
    who = await tokens.resolve(services, secret)
    assert who is not None
    assert (who.role, who.may("recipe.publish")) == (Role.VIEWER, False)
    assert at.own.rows[0]["expires_at"] is None


async def test_nobody_revokes_what_is_anothers_as_their_own(services: Services) -> None:
    at = await desk(services)
    await somebody(services)
    made = await tokens.add(services, tokens.NewToken("hers", user="ada"))
    at.own.take([{"id": str(made.token.id), "name": "hers"}], None)
    at.own.selected = str(made.token.id)
    await at.do("own", "revoke-token")
    assert "no token" in at.asking.problem
    assert await tokens.resolve(services, made.secret) is not None


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"current": "wrong wrong wrong", "password": OTHER, "again": OTHER}, "current"),
        ({"current": PASSWORD, "password": OTHER, "again": PASSWORD}, "again"),
        ({"current": PASSWORD, "password": "short", "again": "short"}, "password"),
    ],
    ids=["not the current one", "not the same twice", "unfit"],
)
async def test_a_password_that_cannot_be_is_told_at_the_field(
    services: Services, said: dict[str, str], where: str
) -> None:
    at = await desk(services)
    await at.do("account", "password", **said)
    assert at.asking.where == where
    assert (await signed_in(services, "boss")).who.name == "boss"


async def test_a_password_is_changed_and_one_stays_signed_in_here_alone(services: Services) -> None:
    at = await desk(services)
    other = await signed_in(services, "boss", ELSEWHERE)
    await at.do("account", "password", current=PASSWORD, password=OTHER, again=OTHER)
    assert at.asking.question is not None
    assert at.asking.question.title == "Your password is changed"
    assert await signing_in.resolve(services, other.secret) is None
    assert [each["current"] for each in at.account.sign_ins] == [True]


async def test_one_sign_in_is_ended_or_all_others(services: Services) -> None:
    at = await desk(services)
    await signed_in(services, "boss", ELSEWHERE)
    await signed_in(services, "boss", ELSEWHERE)
    await at.look()
    at.account.selected = next(each["id"] for each in at.account.sign_ins if not each["current"])
    await at.do("account", "end")
    assert len(at.account.sign_ins) == 2
    await at.do("account", "end-others")
    assert [each["current"] for each in at.account.sign_ins] == [True]
