"""What keeps a page up to date runs from when it is drawn until its session ends, and no longer."""

from __future__ import annotations

import asyncio

import pytest

from dashboard.pages.life import Life


class Work:
    """Counts how often it was begun and ended; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.begun = self.ended = 0
        self._failures = failures
        self.at_work = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        if self.begun <= self._failures:
            raise RuntimeError("gone")
        self.at_work.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended += 1


async def test_it_runs_until_it_is_ended() -> None:
    work = Work()
    life = Life(work)
    await life.begin()
    await work.at_work.wait()
    life.end()
    await asyncio.sleep(0)
    assert (work.begun, work.ended) == (1, 1)


async def test_drawn_twice_it_runs_once() -> None:
    work = Work()
    life = Life(work)
    await life.begin()
    await life.begin()
    await work.at_work.wait()
    assert work.begun == 1
    life.end()


async def test_a_page_closed_while_it_was_being_drawn_runs_nothing() -> None:
    work = Work()
    life = Life(work)
    life.end()
    await life.begin()
    await asyncio.sleep(0)
    assert work.begun == 0


async def test_what_was_never_begun_can_be_ended() -> None:
    work = Work()
    Life(work).end()
    await asyncio.sleep(0)
    assert (work.begun, work.ended) == (0, 0)


async def test_what_fails_is_said_and_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    work = Work(failures=2)
    life = Life(work, again_s=0.0)
    await life.begin()
    await asyncio.wait_for(work.at_work.wait(), 10)
    life.end()
    assert work.begun == 3
    assert caplog.text.count("beginning again") == 2
