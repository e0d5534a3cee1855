"""Whoever guesses is slowed down, and holds up nobody who comes from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from data.settings import Settings
from data.tables import SignInFailure
from tests.workers.people import ELSEWHERE, HERE, Clock, signed_in, somebody, with_cheap_hashes
from workers import throttling
from workers.composition import Services, compose
from workers.errors import SignInPaused
from workers.throttling import BY_ADDRESS, BY_NAME, Rule, place_of


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def plant(emptied: None, postgres: Settings, clock: Clock) -> AsyncIterator[Services]:
    services = with_cheap_hashes(compose(postgres, clock=clock))
    yield services
    await services.close()


async def fails(services: Services, times: int, name: str = "ada", address: str = HERE.address) -> None:
    for _ in range(times):
        await throttling.begin(services, name, address)


async def paused(services: Services, name: str = "ada", address: str = HERE.address) -> int:
    """Return for how many seconds a try would be refused; it begins none that is not."""
    try:
        begun = await throttling.begin(services, name, address)
    except SignInPaused as error:
        return error.retry_s
    await throttling.forgive(services, begun)
    return 0


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (1, 0), (5, 0), (6, 1), (7, 2), (8, 4), (15, 512), (16, 900), (1000, 900), (10**9, 900)],
)
def test_pauses_double_up_to_the_longest(failures: int, seconds: int) -> None:
    assert BY_NAME.pause(failures).total_seconds() == seconds


@given(st.integers(0, 100), st.integers(1, 10_000), st.integers(0, 10**6))
def test_a_pause_never_gets_shorter_nor_longer_than_the_longest(free: int, longest_s: int, failures: int) -> None:
    rule = Rule(free, longest_s)
    assert 0 <= rule.pause(failures).total_seconds() <= rule.pause(failures + 1).total_seconds() <= longest_s
    assert (rule.pause(failures).total_seconds() == 0) == (failures <= free)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
        ("x" * 100, "x" * 64),
    ],
    ids=["IPv4", "IPv4 in IPv6", "IPv6", "its neighbour", "another network", "with a zone", "none", "a socket", "long"],
)
def test_of_an_address_the_network_counts(address: str, place: str) -> None:
    assert place_of(address) == place


async def test_a_few_tries_are_free_then_pauses_follow(plant: Services, clock: Clock) -> None:
    await fails(plant, BY_NAME.free)
    assert await paused(plant) == 0
    await fails(plant, BY_NAME.free)  # what succeeded in between has forgotten those before
    for pause_s in (1, 2, 4, 8):
        await fails(plant, 1)
        assert await paused(plant) == pause_s
        clock.goes_on(seconds=pause_s - 0.5)
        assert await paused(plant) == 1
        clock.goes_on(seconds=0.5)


async def test_a_try_in_a_pause_is_not_counted(plant: Services, clock: Clock) -> None:
    await fails(plant, BY_NAME.free + 1)
    for _ in range(20):
        assert await paused(plant) == 1
    clock.goes_on(seconds=1)
    await fails(plant, 1)
    assert await paused(plant) == 2


async def test_who_fails_elsewhere_holds_up_nobody_here(plant: Services) -> None:
    for address in ("198.51.100.1", "198.51.100.2", "2001:db8::1"):
        await fails(plant, BY_NAME.free + 1, address=address)
        assert await paused(plant, address=address) == 1
    assert await paused(plant) == 0


async def test_who_fails_under_another_name_holds_up_nobody_until_the_address_has_failed_often(
    plant: Services, clock: Clock
) -> None:
    await fails(plant, BY_NAME.free + 1, name="bob")
    assert (await paused(plant, "bob"), await paused(plant, "ada")) == (1, 0)
    for number in range(BY_ADDRESS.free - BY_NAME.free):
        await fails(plant, 1, name=f"guess{number}")
    assert await paused(plant, "eve") == 1
    assert await paused(plant, "eve", ELSEWHERE.address) == 0


async def test_who_has_signed_in_from_there_before_is_not_held_up_by_the_address(plant: Services, clock: Clock) -> None:
    await somebody(plant)
    await signed_in(plant)
    for number in range(BY_ADDRESS.free + 1):
        await fails(plant, 1, name=f"guess{number}")
    assert (await paused(plant, "eve"), await paused(plant, "ADA ")) == (1, 0)
    await fails(plant, BY_NAME.free + 1)
    assert await paused(plant) == 1


async def test_a_longest_pause_of_an_address_is_a_minute(plant: Services, clock: Clock) -> None:
    for number in range(BY_ADDRESS.free):
        await fails(plant, 1, name=f"guess{number}")
    for number in range(12):
        await fails(plant, 1, name=f"more{number}")
        clock.goes_on(seconds=60)
    await fails(plant, 1, name="last")
    assert await paused(plant, "eve") == 60


async def test_success_forgets_the_name_but_not_the_address(plant: Services) -> None:
    for number in range(BY_ADDRESS.free):
        await fails(plant, 1, name=f"guess{number}")
    begun = await throttling.begin(plant, "eve", ELSEWHERE.address)
    await throttling.forgive(plant, begun)
    assert await paused(plant, "mallory") == 0
    await fails(plant, 1, name="last")
    assert await paused(plant, "mallory") == 1


async def test_success_does_not_end_a_pause_that_another_has_brought_about_since(plant: Services, clock: Clock) -> None:
    for number in range(BY_ADDRESS.free):
        await fails(plant, 1, name=f"guess{number}")
    clock.goes_on(seconds=5)
    begun = await throttling.begin(plant, "eve", HERE.address)
    clock.goes_on(seconds=1)
    await fails(plant, 1, name="guesser")
    await throttling.forgive(plant, begun)
    assert await paused(plant, "mallory") == 2


async def test_after_a_day_it_is_forgotten(plant: Services, clock: Clock) -> None:
    await fails(plant, BY_NAME.free + 1)
    clock.goes_on(hours=24, seconds=1)
    await fails(plant, BY_NAME.free)
    assert await paused(plant) == 0


async def test_a_clock_that_was_wrong_locks_nobody_out(plant: Services, clock: Clock) -> None:
    clock.goes_on(days=400)
    for _ in range(BY_NAME.free + 8):
        await fails(plant, 1)
        clock.goes_on(minutes=5)
    assert await paused(plant) == 0
    await fails(plant, 1)
    clock.goes_on(days=-400)
    assert await paused(plant) == 0


async def test_tries_at_once_do_not_get_round_the_count(plant: Services) -> None:
    tries = [throttling.begin(plant, "ada", HERE.address) for _ in range(40)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    refused = [each for each in done if isinstance(each, SignInPaused)]
    assert len(done) - len(refused) == BY_NAME.free + 1


@pytest.mark.parametrize(
    "name", ["", "\x00", "\ud800", "x" * 100_000, "ada'; --", "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"]
)
async def test_any_name_at_all_is_counted(plant: Services, name: str) -> None:
    await fails(plant, BY_NAME.free + 1, name=name)
    assert await paused(plant, name) == 1


async def test_a_name_is_kept_by_its_digest_however_it_is_typed(plant: Services) -> None:
    for typed in ("ada", "ADA", " Ada", "\uff41da"):
        await throttling.begin(plant, typed, HERE.address)
    async with plant.database.session() as session:
        assert await session.scalar(select(func.count()).select_from(SignInFailure)) == 2
        assert await session.scalar(select(func.max(SignInFailure.failures))) == 4


async def test_old_failures_are_swept_and_young_ones_kept(plant: Services, clock: Clock) -> None:
    await fails(plant, 1)
    clock.goes_on(hours=23)
    await fails(plant, 1, address=ELSEWHERE.address)
    clock.goes_on(hours=2)
    assert await throttling.forget_old(plant) == 2
    assert await throttling.forget_old(plant) == 0
