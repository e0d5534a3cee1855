"""Being told by the database: one connection listens for everybody in this process.

1. A notification may be missed while there is no connection. So as soon as one stands, and each time it stands again,
   everybody is told to look, whatever was missed; and who begins to follow looks by itself first.
2. A connection that is lost, or that answers no more, is made again for as long as it takes, after a growing pause.
3. When listening ends, the connection is closed and nobody is told any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

import asyncpg

from data.alongside import alongside
from data.dsn import connect

CONNECT_S = 10.0
LOOK_S = 5.0
"""How often the connection is tried: a server that has vanished without a word closes nothing."""
PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0)
CLOSE_S = 1.0

log = logging.getLogger(__name__)

Hear = Callable[[str | None], object]
"""Is handed the payload of a notification, or None: something may have been missed, look again."""


@dataclass(frozen=True, eq=False)
class _Follower:
    channels: frozenset[str]
    hear: Hear


class Listener:
    """The connection, and who follows which of its `channels`.

    `url` is asked anew before each connection: the embedded server has none before it was set up.
    """

    def __init__(self, url: Callable[[], str], channels: Collection[str]) -> None:
        self._url = url
        self._channels = frozenset(channels)
        self._followers: set[_Follower] = set()
        self.connected = asyncio.Event()

    @property
    def count(self) -> int:
        """How many follow."""
        return len(self._followers)

    @contextmanager
    def follow(self, channels: Collection[str], hear: Hear) -> Iterator[None]:
        """Have `hear` called at each notification on `channels`, and when some may have been missed.

        Raises:
            ValueError: one of them is not listened to.
        """
        follower = _Follower(frozenset(channels), hear)
        if unknown := follower.channels - self._channels:
            raise ValueError(f"expected some of {sorted(self._channels)}, got {sorted(unknown)}")
        self._followers.add(follower)
        try:
            yield
        finally:
            self._followers.discard(follower)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen while the context lasts, whether the database is there or not."""
        async with alongside(self._listen_for_ever()):
            yield

    async def _listen_for_ever(self) -> None:
        failed = 0
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001  # whatever breaks the line all hang on, it is made again
                log.log(logging.DEBUG if failed else logging.WARNING, "the database tells us nothing: %s", error)
            failed = 1 if self.connected.is_set() else failed + 1
            self.connected.clear()
            await asyncio.sleep(PAUSES_S[min(failed, len(PAUSES_S)) - 1])

    async def _listen(self) -> None:
        """Listen until the connection is lost."""
        lost = asyncio.Event()
        connection = await connect(self._url(), timeout=CONNECT_S)
        try:
            connection.add_termination_listener(lambda _: lost.set())
            for channel in self._channels:
                await connection.add_listener(channel, self._heard)
            self.connected.set()
            self._tell_all()
            while not await _within(lost, LOOK_S):
                await connection.execute("SELECT 1", timeout=CONNECT_S)
        finally:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=CLOSE_S)

    def _heard(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        for follower in [one for one in self._followers if channel in one.channels]:
            follower.hear(str(payload))

    def _tell_all(self) -> None:
        for follower in list(self._followers):
            follower.hear(None)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
