"""Doing the same with many things, several of them at once, and hearing of each in its turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
IN_PIECES = 64


async def abreast(things: Iterator[T], work: Callable[[T], Awaitable[R]]) -> AsyncIterator[tuple[T, R]]:
    """Yield each thing with what `work` made of it, in their order; `AT_ONCE` are worked on at a time.

    What `things` yields is taken in a thread, since it may come from a disk. What `work` raises is raised once nobody
    is at work any more.
    """
    places = asyncio.Semaphore(AT_ONCE)

    async def one(thing: T) -> R:
        async with places:
            return await work(thing)

    while some := await asyncio.to_thread(lambda: list(islice(things, IN_PIECES))):
        done = await asyncio.gather(*map(one, some), return_exceptions=True)
        for thing, made in zip(some, done, strict=True):
            if isinstance(made, BaseException):
                raise made
            yield thing, made
