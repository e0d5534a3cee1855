"""Being woken by the database: one connection listens, and is made again for as long as it takes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import asyncpg

log = logging.getLogger(__name__)

CONNECT_S = 10.0
LOOK_S = 5.0
"""How often the connection is tried: a server that has vanished without a word closes nothing."""
PAUSES_S = (0.2, 0.5, 1.0, 2.0)


class Wake:
    """An alarm that notifications set off; between two waits, many of them are one."""

    def __init__(self, url: str, channels: Sequence[str]) -> None:
        self._url = url.replace("postgresql+asyncpg:", "postgresql:", 1)
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

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen while the context lasts, whether the database is there or not."""
        task = asyncio.create_task(self._listen_for_ever())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen_for_ever(self) -> None:
        failures = 0
        while True:
            try:
                connection = await asyncpg.connect(self._url, timeout=CONNECT_S)
                failures = 0
                await self._listen(connection)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.debug("listening stopped: %s", error)
            await asyncio.sleep(PAUSES_S[min(failures, len(PAUSES_S) - 1)])
            failures += 1

    async def _listen(self, connection: asyncpg.Connection) -> None:
        """Listen until the connection is lost; what was missed before it stood is made good by one alarm."""
        try:
            for channel in self._channels:
                await connection.add_listener(channel, lambda *_: self._alarm.set())
            self._alarm.set()
            while True:
                await asyncio.sleep(LOOK_S)
                await connection.execute("SELECT 1", timeout=CONNECT_S)
        finally:
            connection.terminate()
