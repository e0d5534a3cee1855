"""Tokens: told once, good for what they are for, as long as they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from core.errors import AccountInvalid
from core.rights import ACTIONS, SIGNED_IN_ONLY, Role, may
from data.acting import Actor, acting_as
from data.errors import AccountTaken, NotFound
from data.queries import people
from data.settings import Settings
from data.tables import UNATTENDED
from tests.workers.people import Clock, signed_in, somebody, trail, with_cheap_hashes
from workers import accounts, tokens
from workers.composition import Services, compose
from workers.tokens import MadeToken, NewToken, _scopes, resolve, revoke


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def plant(emptied: None, postgres: Settings, clock: Clock) -> AsyncIterator[Services]:
    services = with_cheap_hashes(compose(postgres, clock=clock))
    yield services
    await services.close()


async def machines(services: Services, name: str = "AOI-1", **said: object) -> MadeToken:
    return await tokens.add(services, NewToken(name, **{"role": "machine", **said}))  # type: ignore[arg-type]


async def test_a_machine_comes_in_by_its_token(plant: Services) -> None:
    with acting_as(Actor("user:boss")):
        made = await machines(plant)
    who = await resolve(plant, made.secret)
    assert who is not None
    assert (who.name, who.role, who.user_id, who.token_id) == ("AOI-1", Role.MACHINE, None, made.token.id)
    assert who.actor("r-1") == Actor("machine:AOI-1", "r-1")
    assert {action for action in ACTIONS if who.may(action)} == {
        action for action in ACTIONS if may(Role.MACHINE, action)
    }
    [entry] = await trail(plant, "tokens")
    assert entry.actor == "user:boss"


async def test_a_secret_is_told_once(plant: Services) -> None:
    made = await machines(plant)
    assert made.secret.startswith("ms_")
    assert made.secret.startswith(made.token.prefix)
    assert made.secret not in repr(made)
    async with plant.database.session() as session:
        kept = (await session.execute(text("SELECT t.*, e.* FROM tokens t, audit.entries e"))).all()
    assert made.secret not in str(kept)


@pytest.mark.parametrize("role", UNATTENDED)
async def test_a_token_of_nobody_has_any_role_but_admin(plant: Services, role: Role) -> None:
    assert (await machines(plant, role=role)).token.role is role


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"role": "admin"}, "role"),
        ({"role": None}, "role"),
        ({"role": "robot"}, "role"),
        ({"user": "ada"}, "role"),
        ({"scopes": ("recipe.publish",)}, "scopes"),
        ({"scopes": ("*",)}, "scopes"),
        ({"scopes": ("inspection.submit", "")}, "scopes"),
        ({"role": None, "user": "boss", "scopes": ("people.edit",)}, "scopes"),
        ({"role": None, "user": "ada", "scopes": ("token.edit",)}, "scopes"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"expires_at": Clock().now}, "expires_at"),
    ],
    ids=[
        "an admin of nobody", "no role", "no such role", "a role beside a person", "beyond the role", "a pattern",
        "an empty scope", "what no token may", "what the person may not", "no name", "two lines", "expired",
    ],
)  # fmt: skip
async def test_a_token_that_cannot_be_is_not_made(plant: Services, said: dict[str, object], where: str) -> None:
    await somebody(plant)
    await somebody(plant, "boss", "admin")
    with pytest.raises(AccountInvalid) as refused:
        await machines(plant, **said)
    assert refused.value.where == where
    assert await trail(plant, "tokens") == []


async def test_a_token_of_nobody_who_is_there_is_not_made(plant: Services) -> None:
    with pytest.raises(NotFound):
        await machines(plant, role=None, user="nobody")


async def test_scopes_narrow_what_it_may(plant: Services) -> None:
    made = await machines(plant, scopes=("inspection.submit", "inspection.read", "inspection.submit"))
    assert made.token.scopes == ("inspection.submit", "inspection.read")
    who = await resolve(plant, made.secret)
    assert who is not None
    assert {action for action in ACTIONS if who.may(action)} == {"inspection.submit", "inspection.read"}


@given(st.sampled_from(Role), st.lists(st.sampled_from([*ACTIONS, "*", "x.y"]), max_size=5))
def test_no_scope_is_kept_that_the_role_may_not(role: Role, scopes: list[str]) -> None:
    try:
        kept = _scopes(tuple(scopes), role)
    except AccountInvalid:
        assert any(not may(role, each) or each in SIGNED_IN_ONLY for each in scopes)
    else:
        assert all(may(role, each) and each not in SIGNED_IN_ONLY for each in kept)
        assert set(kept) == set(scopes)


async def test_a_persons_token_may_what_the_person_may_at_that_moment(plant: Services) -> None:
    user = await somebody(plant, role="engineer")
    made = await machines(plant, role=None, user="ADA")
    who = await resolve(plant, made.secret)
    assert who is not None
    assert (who.user_id, who.actor().name, who.may("recipe.publish")) == (user.id, "user:ada", True)
    await accounts.change_role(plant, "ada", "viewer")
    demoted = await resolve(plant, made.secret)
    assert demoted is not None
    assert (demoted.role, demoted.may("recipe.publish"), demoted.may("recipe.read")) == (Role.VIEWER, False, True)
    await accounts.disable(plant, "ada")
    assert await resolve(plant, made.secret) is None


async def test_an_admins_token_lets_nobody_in(plant: Services) -> None:
    await somebody(plant, "boss", "admin")
    who = await resolve(plant, (await machines(plant, role=None, user="boss")).secret)
    assert who is not None
    assert {action for action in ACTIONS if not who.may(action)} == SIGNED_IN_ONLY


async def test_it_is_good_until_it_expires(plant: Services, clock: Clock) -> None:
    made = await machines(plant, expires_at=clock.now + timedelta(days=1))
    clock.goes_on(days=1, seconds=-1)
    assert await resolve(plant, made.secret) is not None
    clock.goes_on(seconds=1)
    assert await resolve(plant, made.secret) is None


async def test_one_without_an_end_is_good_for_ever(plant: Services, clock: Clock) -> None:
    made = await machines(plant)
    clock.goes_on(days=10_000)
    assert await resolve(plant, made.secret) is not None


@pytest.mark.parametrize("called", ["AOI-1", "aoi-1"])
async def test_it_is_good_for_nothing_once_it_is_revoked(plant: Services, clock: Clock, called: str) -> None:
    made, other = await machines(plant), await machines(plant, "AOI-2")
    revoked = await revoke(plant, called)
    assert revoked.revoked_at == clock.now
    assert await resolve(plant, made.secret) is None
    assert await resolve(plant, other.secret) is not None
    clock.goes_on(hours=1)
    assert (await revoke(plant, str(made.token.id))).revoked_at == revoked.revoked_at
    with pytest.raises(NotFound):
        await revoke(plant, called)


@pytest.mark.parametrize("reference", ["", "AOI", "AOI%", "A\x00", "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"])
async def test_what_is_not_there_is_not_revoked(plant: Services, reference: str) -> None:
    await machines(plant)
    with pytest.raises(NotFound):
        await revoke(plant, reference)


async def test_somebody_revokes_their_own_and_no_others(plant: Services) -> None:
    await somebody(plant)
    await somebody(plant, "bob")
    await machines(plant, "ada's", role=None, user="ada")
    await machines(plant)
    bob, ada = (await signed_in(plant, "bob")).who, (await signed_in(plant)).who
    for name in ("ada's", "AOI-1"):
        with pytest.raises(NotFound):
            await revoke(plant, name, of=bob)
    assert (await revoke(plant, "ada's", of=ada)).revoked_at is not None


async def test_a_machine_has_none_of_its_own_to_revoke(plant: Services) -> None:
    made = await machines(plant)
    who = await resolve(plant, made.secret)
    with pytest.raises(NotFound):
        await revoke(plant, "AOI-1", of=who)
    assert await resolve(plant, made.secret) == who


async def test_a_name_is_free_again_once_its_token_is_revoked(plant: Services) -> None:
    await machines(plant)
    with pytest.raises(AccountTaken):
        await machines(plant, "aoi-1")
    await revoke(plant, "AOI-1")
    await machines(plant, "aoi-1")


async def test_of_two_of_one_name_at_once_one_is_made(plant: Services) -> None:
    done = await asyncio.gather(*(machines(plant) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(each, AccountTaken) for each in done) == 3


async def test_its_last_use_is_written_once_a_minute_and_leaves_no_entry(plant: Services, clock: Clock) -> None:
    made, began = await machines(plant), clock.now
    for after_s, written_s in ((5, 5), (30, 5), (64, 5), (65, 65), (100, 65), (1000, 1000)):
        clock.now = began + timedelta(seconds=after_s)
        await resolve(plant, made.secret)
        async with plant.database.session() as session:
            used = (await people.token(session, "AOI-1")).last_used_at
        assert used == began + timedelta(seconds=written_s)
    assert len(await trail(plant, "tokens")) == 1


@pytest.mark.parametrize(
    "tampered",
    [
        lambda secret: "",
        lambda secret: secret[:-1],
        lambda secret: secret + " ",
        lambda secret: secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        lambda secret: secret.swapcase(),
        lambda secret: f"Bearer {secret}",
        lambda secret: secret.replace("ms_", "mss_"),
    ],
    ids=["empty", "cut", "a space", "changed", "case", "with its scheme", "a sign-in's"],
)
async def test_what_is_no_token_of_ours_is_nobodys(plant: Services, tampered) -> None:  # type: ignore[no-untyped-def]
    made = await machines(plant)
    assert await resolve(plant, tampered(made.secret)) is None


async def test_no_token_is_taken_for_a_sign_in_nor_the_other_way_round(plant: Services) -> None:
    from workers import signing_in  # noqa: PLC0415  # beside `resolve` of tokens

    await somebody(plant)
    done, made = await signed_in(plant), await machines(plant)
    assert await resolve(plant, done.secret) is None
    assert await signing_in.resolve(plant, made.secret) is None


async def test_tokens_are_listed_of_all_or_of_one(plant: Services) -> None:
    user = await somebody(plant)
    await machines(plant)
    await machines(plant, "mine", role=None, user="ada")
    await revoke(plant, "AOI-1")
    async with plant.database.session() as session:
        listed = (await people.tokens(session)).items
        own = (await people.tokens(session, user_id=user.id)).items
    assert [(each.name, each.user, each.role, each.revoked_at is None) for each in listed] == [
        ("mine", "ada", Role.ENGINEER, True),
        ("AOI-1", None, Role.MACHINE, False),
    ]
    assert [each.name for each in own] == ["mine"]
