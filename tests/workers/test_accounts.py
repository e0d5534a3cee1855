"""People are let in, changed and let go; there is always an admin who can sign in."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import AccountInvalid, PasswordUnfit
from core.rights import PERSONS, Role
from data.acting import Actor, acting_as
from data.errors import AccountTaken, Conflict, LastAdmin, NotFound
from data.queries import people
from tests.workers.people import ELSEWHERE, HERE, OTHER, PASSWORD, signed_in, somebody, trail, with_cheap_hashes
from workers import accounts, invitations
from workers.accounts import NewUser
from workers.composition import Services
from workers.errors import LinkSpent, SignInPaused, SignInRefused
from workers.signing_in import resolve, sign_in
from workers.throttling import BY_NAME
from workers.who import Who


@pytest.fixture
def plant(services: Services) -> Services:
    return with_cheap_hashes(services)


async def who(services: Services, name: str = "ada") -> Who:
    return (await signed_in(services, name)).who


async def test_somebody_is_let_in_by_whoever_acts(plant: Services) -> None:
    with acting_as(Actor("user:boss", "r-1")):
        user = await accounts.add(plant, NewUser("Ada.L", "reviewer", " Ada Lovelace ", PASSWORD))
    assert (user.name, user.display_name, user.role) == ("ada.l", "Ada Lovelace", Role.REVIEWER)
    assert (user.active, user.has_password) == (True, True)
    async with plant.database.session() as session:
        assert await people.user(session, "ADA.L") == await people.user(session, str(user.id)) == user
    [entry] = await trail(plant, "users")
    assert (entry.actor, entry.request_id, entry.row_id) == ("user:boss", "r-1", user.id)
    assert PASSWORD not in repr(NewUser("ada", "viewer", password=PASSWORD))


async def test_without_a_name_to_show_the_one_to_sign_in_by_is_shown(plant: Services) -> None:
    user = await accounts.add(plant, NewUser("Ada", "viewer"))
    assert (user.name, user.display_name, user.has_password) == ("ada", "Ada", False)


@pytest.mark.parametrize(
    ("new", "error"),
    [
        (NewUser("", "viewer"), AccountInvalid),
        (NewUser("ad\u0430", "viewer"), AccountInvalid),
        (NewUser("eve", "machine"), AccountInvalid),
        (NewUser("eve", "Admin"), AccountInvalid),
        (NewUser("eve", ""), AccountInvalid),
        (NewUser("eve", "viewer", "a\nb"), AccountInvalid),
        (NewUser("eve", "viewer", password="short"), PasswordUnfit),
        (NewUser("eve", "viewer", password=""), PasswordUnfit),
        (NewUser("eve", "viewer", password="qwertyuiop"), PasswordUnfit),
        (NewUser("ada", "viewer"), AccountTaken),
        (NewUser("ADA", "viewer", password=PASSWORD), AccountTaken),
        (NewUser("pau1", "viewer"), AccountTaken),
    ],
    ids=[
        "no name", "a Cyrillic letter", "a machine", "a role in capitals", "no role", "two lines", "a short password",
        "an empty password", "a common password", "a name that is taken", "in capitals", "that passes for another",
    ],
)  # fmt: skip
async def test_who_cannot_be_let_in_leaves_nothing(plant: Services, new: NewUser, error: type[Exception]) -> None:
    await somebody(plant)
    await somebody(plant, "paul")
    with pytest.raises(error):
        await accounts.add(plant, new)
    assert len(await trail(plant, "users")) == 2


async def test_of_two_of_one_name_at_once_one_comes_in(plant: Services) -> None:
    done = await asyncio.gather(
        *(accounts.add(plant, NewUser(name, "viewer")) for name in ("ada", "ADA", "Ada ", "ada")),
        return_exceptions=True,
    )
    assert sum(isinstance(each, AccountTaken) for each in done) == 3


@pytest.mark.parametrize("role", PERSONS)
async def test_somebody_is_given_any_role_of_a_person(plant: Services, role: Role) -> None:
    await somebody(plant, "boss", "admin")
    await somebody(plant)
    assert (await accounts.change_role(plant, "ada", role)).role is role


@pytest.mark.parametrize("reference", ["nobody", "", "ad\x00a", "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"])
async def test_nobody_can_be_changed_who_is_not_there(plant: Services, reference: str) -> None:
    await somebody(plant)
    for change in (
        accounts.change_role(plant, reference, "viewer"),
        accounts.rename(plant, reference, "Ada"),
        accounts.disable(plant, reference),
        accounts.enable(plant, reference),
        accounts.set_password(plant, reference, OTHER),
    ):
        with pytest.raises(NotFound):
            await change


async def test_what_is_so_already_leaves_no_entry(plant: Services) -> None:
    await somebody(plant)
    await accounts.change_role(plant, "ada", "engineer")
    await accounts.enable(plant, "ada")
    await accounts.rename(plant, "ada", "ada")
    assert len(await trail(plant, "users")) == 1


async def test_the_last_admin_stays_one(plant: Services) -> None:
    await somebody(plant, "boss", "admin")
    await somebody(plant, "invited", "admin", password=None)
    await somebody(plant, "gone", "admin")
    await accounts.disable(plant, "gone")
    for act in (accounts.change_role(plant, "boss", "manager"), accounts.disable(plant, "boss")):
        with pytest.raises(LastAdmin):
            await act
    await accounts.enable(plant, "gone")
    assert (await accounts.change_role(plant, "boss", "manager")).role is Role.MANAGER
    assert not (await accounts.disable(plant, "invited")).active, "who cannot sign in is not missed"


async def test_of_two_last_admins_who_let_each_other_go_at_once_one_stays(plant: Services) -> None:
    last = ""
    for round_ in range(5):
        names = [f"boss{round_}a", f"boss{round_}b"]
        for name in names:
            await somebody(plant, name, "admin")
        if last:
            await accounts.change_role(plant, last, "viewer")
        acts = (accounts.disable(plant, names[0]), accounts.change_role(plant, names[1], "viewer"))
        done = await asyncio.gather(*acts, return_exceptions=True)
        assert [type(each) for each in done].count(LastAdmin) == 1
        last = names[[type(each) for each in done].index(LastAdmin)]


async def test_who_is_disabled_is_out_at_once_and_their_links_are_good_for_nothing(plant: Services) -> None:
    await somebody(plant)
    done, link = await signed_in(plant), await invitations.invite(plant, "ada")
    assert not (await accounts.disable(plant, "ada")).active
    assert await resolve(plant, done.secret) is None
    await accounts.enable(plant, "ada")
    with pytest.raises(LinkSpent):
        await invitations.look(plant, link.secret)
    assert (await signed_in(plant)).who.name == "ada"


async def test_a_password_set_by_another_ends_every_sign_in(plant: Services) -> None:
    await somebody(plant)
    done = await signed_in(plant)
    await accounts.set_password(plant, "ada", OTHER)
    assert await resolve(plant, done.secret) is None
    with pytest.raises(SignInRefused):
        await signed_in(plant)
    assert (await sign_in(plant, "ada", OTHER, HERE)).who.name == "ada"


async def test_a_password_changed_by_oneself_ends_every_other_sign_in(plant: Services) -> None:
    await somebody(plant)
    here, there = await signed_in(plant), await signed_in(plant, whence=ELSEWHERE)
    await accounts.change_password(plant, here.who, PASSWORD, OTHER, HERE)
    assert (await resolve(plant, here.secret), await resolve(plant, there.secret)) == (here.who, None)
    assert (await sign_in(plant, "ada", OTHER, HERE)).who.name == "ada"


@pytest.mark.parametrize(
    ("current", "new", "error"),
    [(OTHER, OTHER, SignInRefused), (PASSWORD, "short", PasswordUnfit), (PASSWORD, "ada", PasswordUnfit)],
    ids=["wrong", "too short", "the name"],
)
async def test_a_password_that_is_not_changed_stays(
    plant: Services, current: str, new: str, error: type[Exception]
) -> None:
    await somebody(plant)
    with pytest.raises(error):
        await accounts.change_password(plant, await who(plant), current, new, HERE)
    assert (await signed_in(plant)).who.name == "ada"


async def test_who_finds_a_browser_open_cannot_guess_the_password_there(plant: Services) -> None:
    await somebody(plant)
    ada = await who(plant)
    for _ in range(BY_NAME.free + 1):
        with pytest.raises(SignInRefused):
            await accounts.change_password(plant, ada, "x" * 10, OTHER, HERE)
    with pytest.raises(SignInPaused):
        await accounts.change_password(plant, ada, PASSWORD, OTHER, HERE)


async def test_of_two_changes_of_a_password_at_once_one_is_made(plant: Services) -> None:
    await somebody(plant)
    ada = await who(plant)
    changes = (accounts.change_password(plant, ada, PASSWORD, f"{OTHER} {each}", HERE) for each in range(2))
    done = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(isinstance(each, SignInRefused) for each in done) == 1


async def test_people_are_listed_page_by_page(plant: Services) -> None:
    for name in ("ada", "bob", "eve"):
        await somebody(plant, name, password=None)
    seen, cursor = [], None
    async with plant.database.session() as session:
        for _ in range(3):
            page = await people.users(session, cursor=cursor, limit=1)
            seen += [each.name for each in page.items]
            cursor = page.next_cursor
    assert (seen, cursor) == (["eve", "bob", "ada"], None)


def test_what_stands_against_it_is_a_conflict() -> None:
    assert issubclass(LastAdmin, Conflict)
    assert issubclass(AccountTaken, Conflict)
