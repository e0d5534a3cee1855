"""Signing in: who may, for how long it lasts, and what ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text

from core.rights import Role
from data.acting import Actor, acting_as
from data.channels import PEOPLE
from data.database import Database
from data.errors import NotFound
from data.settings import Settings
from data.tables import SignIn, User
from data.urls import app_url, owner_url
from tests.workers.people import (
    ELSEWHERE,
    HERE,
    OTHER,
    PASSWORD,
    Clock,
    signed_in,
    somebody,
    trail,
    with_cheap_hashes,
)
from workers import accounts, signing_in
from workers.composition import Services, compose
from workers.errors import SignInPaused, SignInRefused
from workers.signing_in import MOST_USER_AGENT, SignedIn, Whence, resolve, sign_in
from workers.throttling import BY_NAME


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def plant(emptied: None, postgres: Settings, clock: Clock) -> AsyncIterator[Services]:
    services = with_cheap_hashes(compose(postgres, clock=clock))
    yield services
    await services.close()


@pytest.mark.parametrize("name", ["ada", "ADA", " Ada\n", "\uff41da"])
async def test_the_right_password_lets_in_however_the_name_is_typed(plant: Services, name: str) -> None:
    user = await somebody(plant)
    done = await sign_in(plant, name, PASSWORD, HERE)
    assert (done.who.name, done.who.role, done.who.user_id) == ("ada", Role.ENGINEER, user.id)
    assert await resolve(plant, done.secret) == done.who
    assert done.who.actor("r").name == "user:ada"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", OTHER),
        ("ada", ""),
        ("ada", "x" * 100_000),
        ("ada", "\ud800"),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("ad\x00a", PASSWORD),
        ("\ud800", PASSWORD),
        ("%", PASSWORD),
        ("linked", PASSWORD),
        ("gone", PASSWORD),
    ],
    ids=[
        "wrong", "none", "huge", "half a pair", "nobody", "no name", "NUL", "half a name", "a pattern",
        "no password yet", "disabled",
    ],
)  # fmt: skip
async def test_whatever_is_wrong_the_answer_is_the_same(plant: Services, name: str, password: str) -> None:
    await somebody(plant)
    await somebody(plant, "linked", password=None)
    await somebody(plant, "gone")
    await accounts.disable(plant, "gone")
    with pytest.raises(SignInRefused, match=r"^Name and password do not go together\.$"):
        await sign_in(plant, name, password, HERE)


async def test_an_id_is_no_name(plant: Services) -> None:
    user = await somebody(plant)
    with pytest.raises(SignInRefused):
        await sign_in(plant, str(user.id), PASSWORD, HERE)


class Verifying(PasswordHasher):
    """Keeps the parameters of every hash that is verified."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.seen: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 - argon2's name
        self.seen.append(str(hash))
        return super().verify(hash, password)


@pytest.mark.parametrize("name", ["ada", "nobody", "linked"])
async def test_a_hash_is_verified_whoever_it_is(plant: Services, name: str) -> None:
    await somebody(plant)
    await somebody(plant, "linked", password=None)
    plant.passwords._hasher = hasher = Verifying()
    with pytest.raises(SignInRefused):
        await sign_in(plant, name, OTHER, HERE)
    assert len(hasher.seen) == 1


async def test_only_digests_are_kept(plant: Services) -> None:
    await somebody(plant)
    done = await signed_in(plant)
    async with plant.database.session() as session:
        kept = (await session.execute(text("SELECT s.*, u.* FROM sign_ins s JOIN users u ON true"))).all()
    assert done.secret not in str(kept)
    assert PASSWORD not in str(kept)
    assert done.secret not in repr(done)


async def test_too_many_wrong_ones_pause_even_the_right_one_but_not_elsewhere(plant: Services, clock: Clock) -> None:
    await somebody(plant)
    for _ in range(BY_NAME.free + 1):
        with pytest.raises(SignInRefused):
            await sign_in(plant, "ada", OTHER, HERE)
    with pytest.raises(SignInPaused, match="try again in 1 seconds") as refused:
        await sign_in(plant, "ada", PASSWORD, HERE)
    assert refused.value.retry_s == 1
    assert (await sign_in(plant, "ada", PASSWORD, ELSEWHERE)).who.name == "ada"
    clock.goes_on(seconds=1)
    assert (await sign_in(plant, "ada", PASSWORD, HERE)).who.name == "ada"


async def test_it_is_over_without_use_for_long(plant: Services, clock: Clock) -> None:
    await somebody(plant)
    done = await signed_in(plant)
    for _ in range(3):
        clock.goes_on(seconds=plant.settings.session_idle_s - 1)
        assert await resolve(plant, done.secret) == done.who
    clock.goes_on(seconds=plant.settings.session_idle_s)
    assert await resolve(plant, done.secret) is None


async def test_it_is_over_one_day_however_much_it_is_used(plant: Services, clock: Clock) -> None:
    await somebody(plant)
    done = await signed_in(plant)
    while (left := (done.expires_at - clock.now).total_seconds()) > 1:
        clock.goes_on(seconds=min(left - 1, plant.settings.session_idle_s / 2))
        assert await resolve(plant, done.secret) == done.who
    clock.goes_on(seconds=1)
    assert await resolve(plant, done.secret) is None


async def test_that_somebody_was_seen_is_written_once_a_minute(plant: Services, clock: Clock) -> None:
    await somebody(plant)
    done = await signed_in(plant)
    began = clock.now

    async def seen() -> float:
        async with plant.database.session() as session:
            last = (await session.scalars(select(SignIn.last_seen_at))).one()
        return (last - began).total_seconds()

    for after_s, written_s in ((30, 0), (59, 0), (60, 60), (100, 60), (121, 121)):
        clock.now = began
        clock.goes_on(seconds=after_s)
        await resolve(plant, done.secret)
        assert await seen() == written_s


@pytest.mark.parametrize(
    "tampered",
    ["", "mss_", "x", "mss_" + "A" * 43, "ms_" + "A" * 43],
    ids=["empty", "cut", "no secret", "made up", "a token's"],
)
async def test_what_is_no_secret_of_ours_is_nobodys(plant: Services, tampered: str) -> None:
    await somebody(plant)
    await signed_in(plant)
    assert await resolve(plant, tampered) is None


async def test_a_secret_that_was_cut_or_changed_is_nobodys(plant: Services) -> None:
    await somebody(plant)
    secret = (await signed_in(plant)).secret
    for tampered in (secret[:-1], secret + "A", secret.swapcase(), secret[:-1] + ("A" if secret[-1] != "A" else "B")):
        assert await resolve(plant, tampered) is None


async def test_who_signs_out_is_out_here_and_in_elsewhere(plant: Services) -> None:
    await somebody(plant)
    here, there = await signed_in(plant), await signed_in(plant, whence=ELSEWHERE)
    await signing_in.sign_out(plant, here.who)
    await signing_in.sign_out(plant, here.who)
    assert (await resolve(plant, here.secret), await resolve(plant, there.secret)) == (None, there.who)


async def test_signing_out_everywhere_leaves_one_if_it_is_named(plant: Services) -> None:
    user = await somebody(plant)
    await somebody(plant, "bob")
    bob = await signed_in(plant, "bob")
    done = [await signed_in(plant) for _ in range(3)]
    assert await signing_in.sign_out_everywhere(plant, user.id, but=done[0].who.sign_in_id) == 2
    assert [await resolve(plant, each.secret) for each in done] == [done[0].who, None, None]
    assert await signing_in.sign_out_everywhere(plant, user.id) == 1
    assert [await resolve(plant, each.secret) for each in (*done, bob)] == [None, None, None, bob.who]


async def test_somebodys_sign_ins_are_listed_as_long_as_they_last(plant: Services, clock: Clock) -> None:
    user = await somebody(plant)
    old = await signed_in(plant, whence=Whence("192.0.2.1", "old"))
    clock.goes_on(seconds=plant.settings.session_idle_s)
    ended, here, there = [await signed_in(plant, whence=each) for each in (Whence("192.0.2.2"), HERE, ELSEWHERE)]
    await signing_in.sign_out(plant, ended.who)
    clock.goes_on(minutes=2)
    await resolve(plant, here.secret)
    listed = await signing_in.lasting(plant, user.id)
    assert [each.id for each in listed] == [here.who.sign_in_id, there.who.sign_in_id]
    assert (listed[0].address, listed[0].user_agent) == (HERE.address, HERE.user_agent)
    assert (listed[0].last_seen_at, listed[0].expires_at) == (clock.now, here.expires_at)
    assert old.who.sign_in_id not in {each.id for each in listed}


async def test_one_can_be_ended_by_whoever_it_belongs_to_alone(plant: Services) -> None:
    user, other = await somebody(plant), await somebody(plant, "bob")
    done = await signed_in(plant)
    assert done.who.sign_in_id is not None
    with pytest.raises(NotFound):
        await signing_in.end(plant, other.id, done.who.sign_in_id)
    await signing_in.end(plant, user.id, done.who.sign_in_id)
    with pytest.raises(NotFound):
        await signing_in.end(plant, user.id, done.who.sign_in_id)


async def test_a_new_role_holds_at_the_next_look(plant: Services) -> None:
    await somebody(plant)
    done = await signed_in(plant)
    await accounts.change_role(plant, "ada", "viewer")
    found = await resolve(plant, done.secret)
    assert found is not None
    assert found.role is Role.VIEWER
    await accounts.disable(plant, "ada")
    assert await resolve(plant, done.secret) is None
    await accounts.enable(plant, "ada")
    assert await resolve(plant, done.secret) is None, "what has ended does not begin again"


async def test_who_is_not_active_is_out_whoever_said_so(plant: Services) -> None:
    user = await somebody(plant)
    done = await signed_in(plant)
    owner = Database(owner_url(plant.settings))
    async with owner.unit_of_work() as work:
        await work.session.execute(text("UPDATE users SET active = false WHERE id = :id"), {"id": user.id})
        await work.commit()
    await owner.close()
    assert await resolve(plant, done.secret) is None


async def test_ending_is_told_to_open_pages(plant: Services) -> None:
    user = await somebody(plant)
    done = await signed_in(plant)
    heard: asyncio.Queue[str] = asyncio.Queue()
    connection = await asyncpg.connect(app_url(plant.settings))
    await connection.add_listener(PEOPLE, lambda *told: heard.put_nowait(told[3]))
    await signing_in.sign_out(plant, done.who)
    assert await asyncio.wait_for(heard.get(), 30) == f'{{"user_id": "{user.id}"}}'
    await connection.close()


async def test_where_somebody_comes_from_is_kept_short_and_printable(plant: Services) -> None:
    user = await somebody(plant)
    await signed_in(plant, whence=Whence("192.0.2.7" * 50, "Mo\x00zi\nlla \ud800" + "x" * 10_000))
    [listed] = await signing_in.lasting(plant, user.id)
    assert len(listed.user_agent) == MOST_USER_AGENT
    assert listed.user_agent.startswith("Mo zi lla  x")


async def test_a_hash_of_other_parameters_is_made_anew_at_the_next_sign_in(plant: Services) -> None:
    await somebody(plant)
    plant.passwords._hasher = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    with acting_as(Actor("system:entrance", "r-9")):
        await signed_in(plant)
    async with plant.database.session() as session:
        kept = (await session.scalars(select(User.password_hash))).one()
    assert "m=16,t=2,p=1" in str(kept)
    assert (await signed_in(plant)).who.name == "ada"
    *_, last = await trail(plant, "users")
    assert (last.actor, last.request_id, last.changed) == ("user:ada", "r-9", ("password_hash_sha256",))


async def test_a_sign_in_that_meets_another_password_is_refused(plant: Services, postgres: Settings) -> None:
    """The password is set between the verifying and the keeping, as by somebody else."""
    user = await somebody(plant)
    real = plant.passwords.verify

    async def slow(kept: str | None, password: str) -> bool:
        matches = await real(kept, password)
        await accounts.set_password(plant, str(user.id), OTHER)
        return matches

    plant.passwords.verify = slow  # type: ignore[method-assign]
    with pytest.raises(SignInRefused):
        await signed_in(plant)
    assert await signing_in.lasting(plant, user.id) == ()


async def test_many_may_sign_in_at_once(plant: Services) -> None:
    await somebody(plant)
    done = await asyncio.gather(*(signed_in(plant, whence=Whence(f"192.0.2.{each}")) for each in range(30)))
    assert len({each.secret for each in done}) == len({each.who.sign_in_id for each in done}) == 30
    assert all(isinstance(each, SignedIn) for each in done)


async def test_what_has_long_been_over_is_forgotten(plant: Services, clock: Clock) -> None:
    await somebody(plant)
    ended, _ = await signed_in(plant), await signed_in(plant)
    await signing_in.sign_out(plant, ended.who)
    clock.goes_on(days=31)
    kept = await signed_in(plant)
    assert await signing_in.forget_old(plant) == 1
    clock.goes_on(days=7)
    assert await signing_in.forget_old(plant) == 1
    async with plant.database.session() as session:
        assert [UUID(str(each)) for each in await session.scalars(select(SignIn.id))] == [kept.who.sign_in_id]


async def test_a_row_that_is_held_is_waited_for(plant: Services) -> None:
    user = await somebody(plant)
    owner = Database(owner_url(plant.settings))
    async with owner.unit_of_work() as work:
        await work.session.execute(text("UPDATE users SET active = false WHERE id = :id"), {"id": user.id})
        signing = asyncio.create_task(signed_in(plant))
        await asyncio.sleep(0.2)
        assert not signing.done()
        await work.commit()
    with pytest.raises(SignInRefused):
        await signing
    await owner.close()
