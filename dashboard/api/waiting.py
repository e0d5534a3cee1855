"""Waiting for verdicts: one connection listens to the database for all who wait in this process.

1. A notification may be missed while the connection is made again; so who waits looks at the row when it begins to
   wait, when told, and every `LOOK_S` besides.
2. Nobody waits past the deadline, whatever the database does, nor when the server is asked to stop (`end`); the
   inspection goes on without being waited for.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import asyncpg

from data.channels import RESULTS

LOOK_S = 1.0
CONNECT_S = 10.0
BACK_OFF_S = (0.1, 0.5, 2.0)

log = logging.getLogger(__name__)

Url = Callable[[], str]


class ResultFeed:
    """Who waits for which inspection, and the connection that tells them."""

    def __init__(self, url: Url, *, look_s: float = LOOK_S) -> None:
        self._url = url
        self._look_s = look_s
        self._waiting: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._ended = False
        self.connected = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return sum(len(waiting) for waiting in self._waiting.values())

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

    async def until(self, inspection_id: UUID, done: Callable[[], Awaitable[bool]], timeout_s: float) -> bool:
        """Wait until `done` says so; False when it has not by `timeout_s`, or when waiting has ended for all.

        `done` is asked at once, at each notification about the inspection, and now and then.
        """
        told = asyncio.Event()
        self._waiting[inspection_id].add(told)
        try:
            async with asyncio.timeout(timeout_s):
                while not await done():
                    if self._ended:
                        return False
                    with suppress(TimeoutError):
                        await asyncio.wait_for(told.wait(), self._look_s)
                    told.clear()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            self._forget(inspection_id, told)

    def end(self) -> None:
        """Let nobody wait any longer."""
        self._ended = True
        for told in self._everyone():
            told.set()

    def _forget(self, inspection_id: UUID, told: asyncio.Event) -> None:
        self._waiting[inspection_id].discard(told)
        if not self._waiting[inspection_id]:
            del self._waiting[inspection_id]

    async def _listen_for_ever(self) -> None:
        failures = 0
        while True:
            try:
                await self._listen()
                failures = 0
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.log(logging.DEBUG if failures else logging.WARNING, "not told of results: %s", error)
                failures += 1
            self.connected.clear()
            await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])

    async def _listen(self) -> None:
        """Listen until the connection is lost."""
        lost = asyncio.Event()
        connection = await asyncpg.connect(self._url(), timeout=CONNECT_S)
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(RESULTS, self._told)
            self.connected.set()
            for told in self._everyone():
                told.set()
            await lost.wait()
        finally:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await connection.close(timeout=1.0)

    def _told(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        for told in self._waiting.get(UUID(json.loads(str(payload))["inspection_id"]), ()):
            told.set()

    def _everyone(self) -> list[asyncio.Event]:
        return [told for waiting in self._waiting.values() for told in waiting]
