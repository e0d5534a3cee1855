"""The database of one process: its connections, sessions to read with, and units of work to write with."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from data.ids import IdMaker
from data.unit_of_work import UnitOfWork
from data.urls import driver_url

POOL_SIZE = 5
POOL_OVERFLOW = 10
CONNECT_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 60.0
"""A server that has vanished without a word closes nothing: whoever asks it would wait for ever."""
IDLE_TRANSACTION_MS = "60000"


class Database:
    """Connections to the database at `url` (`postgresql://`), as one role.

    The engine is made at first use and belongs to the process and event loop that uses it first: a forked child makes
    its own. A connection that the server has closed meanwhile (a restart) is replaced before it is handed out. A
    statement that is not answered within `answer_s` seconds raises TimeoutError.
    """

    def __init__(
        self, url: str, *, name: str = "marksight", pool_size: int = POOL_SIZE, answer_s: float = ANSWER_TIMEOUT_S
    ) -> None:
        self.ids = IdMaker()
        self._url = driver_url(url)
        self._name = name
        self._pool_size = pool_size
        self._answer_s = answer_s
        self._engine: AsyncEngine | None = None
        self._pid = 0

    @property
    def engine(self) -> AsyncEngine:
        """The engine of this process."""
        if self._engine is None or self._pid != os.getpid():
            self._engine = create_async_engine(self._url, **self._options())
            self._pid = os.getpid()
        return self._engine

    def session(self) -> AsyncSession:
        """Return a session for reading: `async with database.session() as session: ...`."""
        return async_sessionmaker(self.engine, expire_on_commit=False)()

    def unit_of_work(self) -> UnitOfWork:
        """Return a unit of work: `async with database.unit_of_work() as work: ...; await work.commit()`."""
        return UnitOfWork(self.session(), self.ids)

    async def close(self) -> None:
        """Close every connection of this process."""
        if self._engine is not None and self._pid == os.getpid():
            await self._engine.dispose()
        self._engine = None

    def _options(self) -> dict[str, Any]:
        server_settings = {
            "application_name": self._name,
            "idle_in_transaction_session_timeout": IDLE_TRANSACTION_MS,
            "timezone": "UTC",
        }
        return {
            "pool_size": self._pool_size,
            "max_overflow": POOL_OVERFLOW,
            "pool_pre_ping": True,
            "connect_args": {
                "timeout": CONNECT_TIMEOUT_S,
                "command_timeout": self._answer_s,
                "server_settings": server_settings,
            },
        }
