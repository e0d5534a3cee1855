"""Who asks is looked up once in a while, anew as soon as something was taken from them, and remembered in an outage."""

from __future__ import annotations

import asyncio

import pytest

from core.rights import Role
from dashboard.identity import (
    COOKIE,
    FRESH_S,
    KEPT_S,
    LOCAL,
    SECURE_COOKIE,
    Credentials,
    Identities,
    NotForOthers,
    check_single_user,
)
from data.channels import CHANNELS
from data.listening import Listener
from data.outage import AWAY
from data.settings import Settings
from data.urls import app_url
from tests.gate import Gate
from tests.workers.conftest import Behind, behind, database  # noqa: F401 - fixtures
from workers import tokens
from workers.composition import Services
from workers.tokens import NewToken


class Clock:
    """A monotonic clock that is set forward."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def many(services: Services) -> Services:
    """Services that let nobody in unasked."""
    services.settings = services.settings.model_copy(update={"single_user": False})
    return services


async def token_of(services: Services, name: str = "line 1") -> Credentials:
    return Credentials(token=(await tokens.add(services, NewToken(name, role="machine"))).secret)


@pytest.mark.parametrize(
    ("cookies", "authorization", "shown"),
    [
        pytest.param({}, "", Credentials(), id="nothing"),
        pytest.param({COOKIE: "a"}, "", Credentials("a"), id="a cookie"),
        pytest.param({COOKIE: "a", SECURE_COOKIE: "b"}, "", Credentials("b"), id="the one that came over TLS"),
        pytest.param({}, "Bearer t", Credentials(token="t"), id="a token"),
        pytest.param({}, "bearer  t ", Credentials(token="t"), id="a token, written otherwise"),
        pytest.param({}, "Basic dTpw", Credentials(), id="another scheme"),
        pytest.param({}, "Bearer", Credentials(token=""), id="no token"),
        pytest.param({"user": "admin"}, "", Credentials(), id="a cookie of something else"),
    ],
)
def test_what_a_request_shows(cookies: dict[str, str], authorization: str, shown: Credentials) -> None:
    assert Credentials.of(cookies, authorization) == shown


def test_what_is_shown_is_never_printed() -> None:
    assert "hunter2" not in repr(Credentials("hunter2", "hunter2"))


async def test_a_token_is_whom_it_stands_for_and_anything_else_nobody(many: Services, clock: Clock) -> None:
    identities = Identities(many, clock=clock)
    who = await identities.who(await token_of(many))
    assert who is not None
    assert (who.name, who.role, who.actor("r").name) == ("line 1", Role.MACHINE, "machine:line 1")
    for shown in (Credentials(), Credentials(token="ms_" + "A" * 43), Credentials(session="x")):
        assert await identities.who(shown) is None


async def test_whoever_reaches_a_server_of_one_user_is_that_user(services: Services) -> None:
    assert await Identities(services).who(Credentials()) == LOCAL
    assert LOCAL.actor().name == "user:local"


async def test_what_is_taken_away_is_gone_within_seconds(many: Services, clock: Clock) -> None:
    identities, shown = Identities(many, clock=clock), await token_of(many)
    assert await identities.who(shown) is not None
    await tokens.revoke(many, "line 1")
    clock.now += FRESH_S
    assert await identities.who(shown) is None


async def test_and_at_once_where_it_is_told(many: Services, clock: Clock) -> None:
    identities, shown = Identities(many, clock=clock), await token_of(many)
    listener = Listener(lambda: app_url(many.settings), CHANNELS)
    with identities.following(listener):
        async with listener.listening():
            await asyncio.wait_for(listener.connected.wait(), 20)
            assert await identities.who(shown) is not None
            await tokens.revoke(many, "line 1")
            async with asyncio.timeout(20):
                while await identities.who(shown) is not None:  # noqa: ASYNC110 - the clock stands
                    await asyncio.sleep(0.01)


async def test_in_an_outage_whoever_was_known_is_known_for_a_while_and_nobody_else(
    behind: Behind,  # noqa: F811
    database: Gate,  # noqa: F811
    clock: Clock,
) -> None:
    services = behind()
    services.settings = services.settings.model_copy(update={"single_user": False})
    identities = Identities(services, clock=clock)
    known, unknown = await token_of(services), await token_of(services, "line 2")
    assert await identities.who(known) is not None
    await database.close()
    clock.now += KEPT_S - 1
    who = await identities.who(known)
    assert who is not None
    assert who.name == "line 1"
    with pytest.raises(AWAY):
        await identities.who(unknown)
    clock.now += 1
    with pytest.raises(AWAY):
        await identities.who(known)
    await database.open()
    assert await identities.who(known) is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_server_of_one_user_is_for_its_own_machine(host: str) -> None:
    check_single_user(Settings(single_user=True, host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.168.1.7", "bench.plant"])  # noqa: S104 - refused
def test_and_for_no_other(host: str) -> None:
    check_single_user(Settings(single_user=False, host=host))
    with pytest.raises(NotForOthers, match="MARKSIGHT_SINGLE_USER"):
        check_single_user(Settings(single_user=True, host=host))
