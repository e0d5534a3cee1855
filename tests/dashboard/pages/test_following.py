from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from dashboard.pages.following import Following, look_on, told_within


class Source:
    """A source of news that tells when it is asked to, and counts how often it was begun and ended."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.tell: Callable[[], None] = lambda: None

    async def __call__(self, tell: Callable[[], None]) -> None:
        self.begun += 1
        self.tell = tell
        try:
            await asyncio.Event().wait()
        finally:
            self.ended += 1


async def test_however_many_follow_there_is_one_source() -> None:
    source = Source()
    following = Following(source)
    one, other = asyncio.Event(), asyncio.Event()
    with following.follow(one), following.follow(other):
        await asyncio.sleep(0)
        assert (source.begun, following.count) == (1, 2)
        source.tell()
        assert one.is_set()
        assert other.is_set()


async def test_who_has_left_is_told_nothing() -> None:
    source = Source()
    following = Following(source)
    stays, leaves = asyncio.Event(), asyncio.Event()
    with following.follow(stays):
        with following.follow(leaves):
            await asyncio.sleep(0)
        source.tell()
    assert stays.is_set()
    assert not leaves.is_set()


async def test_with_the_last_follower_the_source_ends_and_begins_again_with_the_next() -> None:
    source = Source()
    following = Following(source)
    for _ in range(2):
        with following.follow(asyncio.Event()):
            await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert (source.begun, source.ended, following.count) == (2, 2, 0)


async def test_who_follows_while_the_source_is_still_ending_has_one_begun() -> None:
    source = Source()
    following = Following(source)
    with following.follow(asyncio.Event()):
        await asyncio.sleep(0)
    told = asyncio.Event()
    with following.follow(told):  # the first task is cancelled, and has not run since
        await asyncio.sleep(0)
        assert (source.begun, source.ended) == (2, 1)
        source.tell()
        assert told.is_set()


async def test_a_source_that_ended_by_itself_begins_again() -> None:
    begun = []

    async def ends(tell: Callable[[], None]) -> None:
        begun.append(1)

    following = Following(ends)
    with following.follow(asyncio.Event()):
        await asyncio.sleep(0.01)
        with following.follow(asyncio.Event()):
            await asyncio.sleep(0)
    assert len(begun) == 2


async def test_being_told_makes_ready_for_the_next_time() -> None:
    told = asyncio.Event()
    told.set()
    assert await told_within(told, 1.0)
    assert not told.is_set()


async def test_waiting_ends_by_itself() -> None:
    assert not await told_within(asyncio.Event(), 0.001)


async def test_a_source_that_fails_is_said_and_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    begun = []

    async def fails(tell: Callable[[], None]) -> None:
        begun.append(1)
        if len(begun) == 1:
            raise RuntimeError("gone")
        tell()
        await asyncio.Event().wait()

    told = asyncio.Event()
    with Following(fails, again_s=0.0).follow(told):
        assert await told_within(told, 5)
    assert len(begun) == 2
    assert "beginning again" in caplog.text


async def test_a_page_looks_at_once_when_told_and_now_and_then_besides() -> None:
    told, looked = asyncio.Event(), asyncio.Queue[int]()

    async def look() -> None:
        looked.put_nowait(1)

    looking = asyncio.create_task(look_on(look, told, every_s=3600))
    await looked.get()
    for _ in range(2):
        told.set()
        await looked.get()
    await asyncio.sleep(0.02)
    assert looked.empty()
    looking.cancel()
    unasked = asyncio.create_task(look_on(look, told, every_s=0.001))
    for _ in range(3):
        await looked.get()
    assert not told.is_set()
    unasked.cancel()


async def test_what_comes_close_together_is_looked_at_together() -> None:
    told, looks = asyncio.Event(), 0
    settled = asyncio.Event()

    async def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            settled.set()

    looking = asyncio.create_task(look_on(look, told, every_s=3600, settle_s=0.05))
    for _ in range(10):
        told.set()
        await asyncio.sleep(0)
    await settled.wait()
    assert looks == 2
    looking.cancel()
