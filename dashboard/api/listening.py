"""One connection to the database that is told of what happens, for everyone in this process who waits for it.

A notification may be missed while the connection is made again; so everyone is woken once it stands, and looks.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import asyncpg

CONNECT_S = 10.0
BACK_OFF_S = (0.1, 0.5, 2.0)

log = logging.getLogger(__name__)

Url = Callable[[], str]


class Listener:
    """Listens on one channel; `told` hears of each id in its notifications (member `subject`), `told_all` of gaps."""

    channel: str
    subject: str

    def __init__(self, url: Url) -> None:
        self._url = url
        self.connected = asyncio.Event()

    def told(self, subject_id: UUID) -> None:
        """Hear that something has happened to what has this id."""
        raise NotImplementedError

    def told_all(self) -> None:
        """Hear that anything may have happened, to anything."""
        raise NotImplementedError

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen while the context lasts."""
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
                await self._listen()
                failures = 0
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.log(logging.DEBUG if failures else logging.WARNING, "not told of %s: %s", self.channel, error)
                failures += 1
            self.connected.clear()
            await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])

    async def _listen(self) -> None:
        """Listen until the connection is lost."""
        lost = asyncio.Event()
        connection = await asyncpg.connect(self._url(), timeout=CONNECT_S)
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(self.channel, self._heard)
            self.connected.set()
            self.told_all()
            await lost.wait()
        finally:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await connection.close(timeout=1.0)

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self.told(UUID(json.loads(str(payload))[self.subject]))
