"""One-time links: each works once, for a while, for the one it is for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from core.errors import AccountInvalid, PasswordUnfit
from core.rights import Role
from data.acting import Actor, acting_as
from data.errors import AccountTaken, NotFound
from data.repositories.users import Users
from data.settings import Settings
from tests.workers.people import HERE, OTHER, PASSWORD, Clock, signed_in, somebody, trail, with_cheap_hashes
from workers import accounts
from workers.composition import Services, compose
from workers.errors import LinkSpent, SignInRefused
from workers.first_admin import ensure_first_admin
from workers.invitations import FirstAdmin, Link, invite, look, use
from workers.signing_in import resolve, sign_in


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def plant(emptied: None, postgres: Settings, clock: Clock) -> AsyncIterator[Services]:
    services = with_cheap_hashes(compose(postgres, clock=clock))
    yield services
    await services.close()


async def first_link(services: Services) -> Link:
    link = await ensure_first_admin(services)
    assert isinstance(link, Link)
    return link


async def test_somebody_sets_their_password_by_a_link_and_acts_as_themselves(plant: Services) -> None:
    user = await somebody(plant, password=None)
    with acting_as(Actor("user:boss")):
        link = await invite(plant, "ADA")
    offer = await look(plant, link.secret)
    assert (offer.user, offer.expires_at) == (user, link.expires_at)
    with acting_as(Actor("system:entrance", "r-3")):
        assert (await use(plant, link.secret, PASSWORD)).has_password
    assert (await signed_in(plant)).who.name == "ada"
    made, used = await trail(plant, "invitations")
    assert (made.actor, used.actor, used.request_id, used.changed) == ("user:boss", "user:ada", "r-3", ("closed_at",))
    assert [each.actor for each in await trail(plant, "users")][1:] == ["user:ada"]


async def test_a_link_works_once(plant: Services) -> None:
    await somebody(plant, password=None)
    link = await invite(plant, "ada")
    await use(plant, link.secret, PASSWORD)
    for again in (look(plant, link.secret), use(plant, link.secret, OTHER)):
        with pytest.raises(LinkSpent):
            await again
    assert (await signed_in(plant)).who.name == "ada"


async def test_of_two_who_follow_it_at_once_one_gets_in(plant: Services) -> None:
    await somebody(plant, password=None)
    link = await invite(plant, "ada")
    done = await asyncio.gather(*(use(plant, link.secret, PASSWORD) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(each, LinkSpent) for each in done) == 3


async def test_a_link_is_too_old_one_day(plant: Services, clock: Clock) -> None:
    await somebody(plant, password=None)
    link = await invite(plant, "ada")
    clock.goes_on(seconds=plant.settings.invitation_s - 1)
    assert (await look(plant, link.secret)).user is not None
    clock.goes_on(seconds=1)
    for late in (look(plant, link.secret), use(plant, link.secret, PASSWORD)):
        with pytest.raises(LinkSpent):
            await late


async def test_the_last_of_several_links_works_alone(plant: Services) -> None:
    await somebody(plant)
    await somebody(plant, "bob")
    first, others, last = await invite(plant, "ada"), await invite(plant, "bob"), await invite(plant, "ada")
    with pytest.raises(LinkSpent):
        await look(plant, first.secret)
    assert [(await look(plant, each.secret)).user for each in (last, others)] == [last.user, others.user]


async def test_of_links_made_at_once_one_works(plant: Services) -> None:
    await somebody(plant)
    links = await asyncio.gather(*(invite(plant, "ada") for _ in range(5)))
    done = await asyncio.gather(*(look(plant, each.secret) for each in links), return_exceptions=True)
    assert sum(isinstance(each, LinkSpent) for each in done) == 4


@pytest.mark.parametrize("password", ["", "short", "qwertyuiop", "x" * 2000, "\ud800" * 10])
async def test_a_password_that_may_not_be_one_does_not_use_it_up(plant: Services, password: str) -> None:
    await somebody(plant, password=None)
    link = await invite(plant, "ada")
    with pytest.raises(PasswordUnfit):
        await use(plant, link.secret, password)
    assert (await use(plant, link.secret, PASSWORD)).has_password


@pytest.mark.parametrize(
    "tampered",
    [
        lambda secret: "",
        lambda secret: secret[:-1],
        lambda secret: secret + "A",
        lambda secret: secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        lambda secret: secret.replace("msl_", "ms_"),
        lambda secret: "msl_\x00",
    ],
    ids=["empty", "cut", "longer", "changed", "of another kind", "NUL"],
)
async def test_what_is_no_link_of_ours_offers_nothing(plant: Services, tampered) -> None:  # type: ignore[no-untyped-def]
    await somebody(plant, password=None)
    link = await invite(plant, "ada")
    for tried in (look(plant, tampered(link.secret)), use(plant, tampered(link.secret), PASSWORD)):
        with pytest.raises(LinkSpent):
            await tried


async def test_a_reset_ends_every_sign_in_and_the_old_password(plant: Services) -> None:
    await somebody(plant)
    done = await signed_in(plant)
    link = await invite(plant, "ada")
    assert await resolve(plant, done.secret) == done.who, "a link that was not followed changes nothing"
    await use(plant, link.secret, OTHER)
    assert await resolve(plant, done.secret) is None
    with pytest.raises(SignInRefused):
        await signed_in(plant)
    assert (await sign_in(plant, "ada", OTHER, HERE)).who.name == "ada"


async def test_nobody_who_is_disabled_comes_in_by_a_link(plant: Services) -> None:
    await somebody(plant)
    await accounts.disable(plant, "ada")
    link = await invite(plant, "ada")
    for tried in (look(plant, link.secret), use(plant, link.secret, PASSWORD)):
        with pytest.raises(LinkSpent):
            await tried


async def test_nobody_is_invited_who_is_not_there(plant: Services) -> None:
    with pytest.raises(NotFound):
        await invite(plant, "nobody")


async def test_the_secret_is_kept_by_its_digest_alone(plant: Services) -> None:
    await somebody(plant, password=None)
    link = await invite(plant, "ada")
    async with plant.database.session() as session:
        kept = (await session.execute(text("SELECT i.*, e.* FROM invitations i, audit.entries e"))).all()
    assert link.secret not in str(kept)
    assert link.secret not in repr(link)


async def test_the_first_admin_comes_in_by_the_first_link(plant: Services) -> None:
    link = await first_link(plant)
    assert (await look(plant, link.secret)).user is None
    with acting_as(Actor("system:entrance")):
        user = await use(plant, link.secret, PASSWORD, first=FirstAdmin("Boss", "The Boss"))
    assert (user.name, user.display_name, user.role, user.has_password) == ("boss", "The Boss", Role.ADMIN, True)
    assert (await signed_in(plant, "boss")).who.may("people.edit")
    assert [each.actor for each in await trail(plant, "users")] == ["user:boss"]


async def test_no_link_makes_a_second_first_admin(plant: Services) -> None:
    links = [await first_link(plant) for _ in range(3)]
    done = await asyncio.gather(
        *(use(plant, each.secret, PASSWORD, first=FirstAdmin(f"boss{n}")) for n, each in enumerate(links)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, LinkSpent) for each in done) == 2
    for link in links:
        with pytest.raises(LinkSpent):
            await look(plant, link.secret)
    assert len(await trail(plant, "users")) == 1


async def test_whoever_would_be_first_takes_their_turn(plant: Services) -> None:
    links = [await first_link(plant) for _ in range(2)]
    async with plant.database.unit_of_work() as work:
        await Users(work.session, work.new_id).in_turn()
        using = [
            asyncio.create_task(use(plant, each.secret, PASSWORD, first=FirstAdmin(f"boss{n}")))
            for n, each in enumerate(links)
        ]
        await asyncio.sleep(0.5)
        assert not any(each.done() for each in using)
    done = await asyncio.gather(*using, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["LinkSpent", "UserView"]


@pytest.mark.parametrize(
    ("first", "error"),
    [
        (None, AccountInvalid),
        (FirstAdmin(""), AccountInvalid),
        (FirstAdmin("a b"), AccountInvalid),
        (FirstAdmin("boss", "a\nb"), AccountInvalid),
        (FirstAdmin("ada"), AccountTaken),
    ],
    ids=["nobody", "no name", "a space", "two lines", "taken"],
)
async def test_a_name_that_cannot_be_does_not_use_the_first_link_up(
    plant: Services, first: FirstAdmin | None, error: type[Exception]
) -> None:
    await somebody(plant)
    link = await first_link(plant)
    with pytest.raises(error):
        await use(plant, link.secret, PASSWORD, first=first)
    assert (await use(plant, link.secret, PASSWORD, first=FirstAdmin("boss"))).role is Role.ADMIN


async def test_the_name_given_with_somebodys_link_changes_nothing(plant: Services) -> None:
    await somebody(plant, password=None)
    link = await invite(plant, "ada")
    user = await use(plant, link.secret, PASSWORD, first=FirstAdmin("boss"))
    assert (user.name, user.role) == ("ada", Role.ENGINEER)
