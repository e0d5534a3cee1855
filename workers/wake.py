"""Being woken by the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractContextManager, asynccontextmanager, suppress

from data.listening import Hear, Listener


class Wake:
    """An alarm that notifications set off, and every break of the line; between two waits, many of them are one."""

    def __init__(self, url: str, channels: Collection[str]) -> None:
        self._listener = Listener(lambda: url, channels)
        self._channels = channels
        self._alarm = asyncio.Event()

    async def within(self, seconds: float) -> bool:
        """Wait until the alarm goes off, or for so long; tell whether it did."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._alarm.wait()
        rang = self._alarm.is_set()
        self._alarm.clear()
        return rang

    def telling(self, channel: str, hear: Hear) -> AbstractContextManager[None]:
        """Have `hear` called at each notification on one of the channels, besides the alarm, in the context."""
        return self._listener.follow((channel,), hear)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen while the context lasts, whether the database is there or not."""
        with self._listener.follow(self._channels, lambda _: self._alarm.set()):
            async with self._listener.listening():
                yield
