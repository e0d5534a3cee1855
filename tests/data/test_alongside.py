from __future__ import annotations

import asyncio

import pytest

from data import alongside as module
from data.alongside import alongside


async def test_work_is_done_while_the_context_lasts_and_has_ended_when_it_is_left() -> None:
    told: list[str] = []

    async def work() -> None:
        told.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            told.append("ended")

    async with alongside(work()):
        await asyncio.sleep(0)
        assert told == ["begun"]
    assert told == ["begun", "ended"]


async def test_what_work_failed_with_is_raised() -> None:
    async def breaks() -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        async with alongside(breaks()):
            await asyncio.sleep(0)


async def test_work_that_was_done_before_is_no_fault() -> None:
    before, done = asyncio.all_tasks(), asyncio.Event()

    async def work() -> None:
        done.set()

    async with alongside(work()):
        await done.wait()
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_whoever_is_cancelled_while_work_ends_learns_of_it() -> None:
    ending = asyncio.Event()

    async def ends_slowly() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            await asyncio.sleep(0.01)

    async def user() -> None:
        async with alongside(ends_slowly()):
            await asyncio.sleep(0)

    task = asyncio.create_task(user())
    await ending.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_work_that_loses_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    begun, lost = asyncio.Event(), 0

    async def loses_two() -> None:
        nonlocal lost
        begun.set()
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                lost += 1
                if lost == 3:
                    raise

    async with alongside(loses_two()):
        await begun.wait()
    assert lost == 3
