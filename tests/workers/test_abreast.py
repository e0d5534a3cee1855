"""Things are worked on several at a time, and told in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from workers.abreast import AT_ONCE, IN_PIECES, abreast


@pytest.mark.parametrize("count", [0, 1, AT_ONCE, IN_PIECES, 2 * IN_PIECES + 1])
async def test_each_comes_in_its_turn_however_long_it_takes(count: int) -> None:
    async def work(number: int) -> int:
        for _ in range(number % 5):
            await asyncio.sleep(0)
        return -number

    assert [pair async for pair in abreast(iter(range(count)), work)] == [(number, -number) for number in range(count)]


async def test_so_many_are_at_work_and_no_more() -> None:
    at_work, most = 0, 0

    async def work(_: int) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1

    assert len([pair async for pair in abreast(iter(range(IN_PIECES)), work)]) == IN_PIECES
    assert most == AT_ONCE


async def test_no_more_is_taken_than_is_worked_on() -> None:
    taken = 0

    def things() -> Iterator[int]:
        nonlocal taken
        for number in range(10 * IN_PIECES):
            taken += 1
            yield number

    async def work(number: int) -> int:
        return number

    async for _ in abreast(things(), work):
        assert taken <= IN_PIECES
        break


async def test_what_goes_wrong_is_raised_once_nobody_is_at_work() -> None:
    ended: list[int] = []

    async def work(number: int) -> None:
        if number == 2:
            raise ValueError("two")
        await asyncio.sleep(0)
        ended.append(number)

    async def see() -> None:
        async for number, _ in abreast(iter(range(AT_ONCE)), work):
            seen.append(number)

    seen: list[int] = []
    with pytest.raises(ValueError, match="two"):
        await see()
    assert seen == [0, 1]
    assert len(ended) == AT_ONCE - 1
