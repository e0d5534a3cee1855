"""What is counted is counted at once, by all processes together, and by each alone while Redis is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from redis import asyncio as redis

from dashboard.shared_counts import MOST, WINDOW_S, SharedCounts, Tally, _client
from tests.workers.programs import until

START = 1_700_000_040.0  # a minute begins


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def client(valkey: str) -> AsyncIterator[redis.Redis]:
    found = redis.Redis.from_url(valkey)
    await found.flushall()
    yield found
    await found.aclose()


def counts(clock: Clock, url: str = "", *, most: int = MOST) -> SharedCounts:
    return SharedCounts(lambda: url, clock=clock, most=most)


@pytest.mark.parametrize(
    ("before", "now", "elapsed_s", "used"),
    [
        pytest.param(0, 0, 0, 0, id="nothing"),
        pytest.param(60, 0, 0, 60, id="all of the window before, as this begins"),
        pytest.param(60, 0, 30, 30, id="half of it, half through"),
        pytest.param(60, 5, 45, 20, id="what is left of it, and what came since"),
        pytest.param(60, 5, 59.999, 5.001, id="none of it, at the end"),
    ],
)
def test_a_window_slides(before: int, now: int, elapsed_s: float, used: float) -> None:
    assert Tally(before, now, elapsed_s).used == pytest.approx(used)


@pytest.mark.parametrize("elapsed_s", [0, 1, 29.5, 59])
@pytest.mark.parametrize(
    ("before", "now", "most"), [(0, 0, 1), (0, 9, 10), (0, 10, 10), (10, 0, 10), (10, 4, 10), (3, 0, 1), (0, 500, 10)]
)
def test_after_the_wait_there_is_room_for_one_and_not_before(
    before: int, now: int, most: int, elapsed_s: float
) -> None:
    wait_s = Tally(before, now, elapsed_s).wait_s(most)
    assert (wait_s == 0) is (Tally(before, now, elapsed_s).used + 1 <= most)
    assert later(before, now, elapsed_s + wait_s + 1e-6) + 1 <= most
    if wait_s:
        assert later(before, now, elapsed_s + wait_s - 1e-3) + 1 > most


def later(before: int, now: int, elapsed_s: float) -> float:
    """Return how much counts when so many seconds have passed and nothing came."""
    tally = Tally(before, now, elapsed_s) if elapsed_s < WINDOW_S else Tally(now, 0, elapsed_s - WINDOW_S)
    return tally.used if elapsed_s < 2 * WINDOW_S else 0


def test_what_is_counted_is_counted_at_once_each_by_its_name() -> None:
    clock = Clock()
    counted = counts(clock)
    for _ in range(3):
        counted.count("a")
    assert (counted.tally("a").now, counted.tally("b").now) == (3, 0)


@pytest.mark.parametrize(("windows", "before", "now"), [(0, 0, 4), (1, 4, 0), (2, 0, 0), (-1, 0, 0), (90_000, 0, 0)])
def test_a_window_is_over_with_the_one_after_it_whatever_the_clock_does(windows: int, before: int, now: int) -> None:
    clock = Clock()
    counted = counts(clock)
    for _ in range(4):
        counted.count("a")
    clock.now += windows * WINDOW_S
    assert (counted.tally("a").before, counted.tally("a").now) == (before, now)
    counted.count("a")
    assert counted.tally("a").now == now + 1


def test_no_more_is_remembered_than_may_be() -> None:
    counted = counts(Clock(), most=3)
    for key in ("a", "b", "c", "a", "d"):
        counted.count(key)
    assert [counted.tally(key).now for key in "abcd"] == [2, 0, 1, 1]


async def test_all_count_together(client: redis.Redis) -> None:
    clock = Clock()
    one, two = counts(clock), counts(clock)
    for counted, number in ((one, 5), (two, 7), (one, 0)):
        for _ in range(number):
            counted.count("a")
        counted.count("b")
        await counted.share(client)
        await counted.share(client)  # nothing is told twice
    assert one.tally("b").now == 3
    one.count("a")
    await one.share(client)
    assert one.tally("a").now == 13
    clock.now += WINDOW_S
    two.count("a")
    await two.share(client)
    assert (two.tally("a").before, two.tally("a").now) == (13, 1)


async def test_what_is_shared_is_gone_after_a_while(client: redis.Redis) -> None:
    counted = counts(Clock())
    counted.count("a")
    await counted.share(client)
    keys = await client.keys("marksight:counted:*")
    assert keys
    assert all([0 < await client.ttl(key) <= 3 * WINDOW_S for key in keys])


async def test_while_redis_is_away_each_counts_alone_and_tells_afterwards(client: redis.Redis, valkey: str) -> None:
    clock = Clock()
    counted, away = counts(clock), _client("redis://127.0.0.1:1")
    counted.count("a")
    with pytest.raises((OSError, redis.RedisError)):
        await counted.share(away)
    await away.aclose()
    counted.count("a")
    assert counted.tally("a").now == 2
    await counted.share(client)
    assert await client.hgetall(f"marksight:counted:{int(START // WINDOW_S)}") == {b"a": b"2"}


async def test_the_sharing_goes_on_by_itself_and_says_once_that_redis_is_away(
    client: redis.Redis, valkey: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    url = ["redis://127.0.0.1:1"]

    def where() -> str:
        if not url:
            raise FileNotFoundError
        return url[0]

    counted = SharedCounts(where, clock=Clock())
    counted.count("a")
    async with counted.shared():
        await until(lambda: "Redis is away" in caplog.text)
        counted.count("a")
        assert counted.tally("a").now == 2
        await asyncio.sleep(1.1)
    assert caplog.text.count("Redis is away") == 1
    url[:] = [valkey]
    async with counted.shared():
        await until(lambda: "together again" in caplog.text)
    assert await client.hgetall(f"marksight:counted:{int(START // WINDOW_S)}") == {b"a": b"2"}


async def test_nobody_fails_while_nobody_knows_where_redis_is(caplog: pytest.LogCaptureFixture) -> None:
    def nowhere() -> str:
        raise FileNotFoundError("the embedded server was never set up")

    counted = SharedCounts(nowhere)
    async with counted.shared():
        await until(lambda: "Redis is away" in caplog.text)
    assert "never set up" not in caplog.text
