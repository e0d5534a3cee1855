"""The database of one process: its connections, sessions to read with, and units of work to write with."""

from __future__ import annotations

import os
from typing import Any, Protocol

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.pool import QueuePool

from data.dsn import dsn, engine_at
from data.ids import IdMaker
from data.unit_of_work import UnitOfWork

POOL_SIZE = 5
POOL_OVERFLOW = 5
"""Of each of the two pools of a process."""
CONNECT_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 60.0
"""A server that has vanished without a word closes nothing: whoever asks it would wait for ever."""
IDLE_TRANSACTION_MS = "60000"
PLANNED_ONCE, PLANNED_FOR_VALUES = "force_generic_plan", "auto"
_UNSYNCED = {"synchronize_session": False}
"""Objects that were read are not brought in line with what statements write: who reads one again, reads it anew."""


class Database:
    """Connections to the database at `url` (`postgresql://`), as one role.

    The statements that every part goes through find rows by their keys, in tables of many partitions, and took longer
    to plan than to run: who has such asks for them to be planned once a connection (`planned_once`). All others are
    planned for the values that are sought. So there are two pools. Each is made at first use and belongs to the process
    and event loop that uses it first: a forked child makes its own.

    A connection that the server has closed meanwhile (a restart) is replaced before it is handed out, as soon as the
    event loop has heard of it: nothing is sent to find out, since that took three round trips before each use.
    A statement that is not answered within `answer_s` seconds raises TimeoutError.
    """

    def __init__(
        self, url: str, *, name: str = "marksight", pool_size: int = POOL_SIZE, answer_s: float = ANSWER_TIMEOUT_S
    ) -> None:
        self.ids = IdMaker()
        self._url = dsn(url)  # said now if it makes no sense, not at the first use
        self._name = name
        self._pool_size = pool_size
        self._answer_s = answer_s
        self._engines: dict[str, AsyncEngine] = {}
        self._pid = 0

    @property
    def engine(self) -> AsyncEngine:
        """The engine of this process whose statements are planned for their values."""
        return self._engine(PLANNED_FOR_VALUES)

    def _engine(self, plans: str) -> AsyncEngine:
        if self._pid != os.getpid():
            self._engines, self._pid = {}, os.getpid()
        if plans not in self._engines:
            made = self._engines[plans] = engine_at(self._url, **self._options(plans))
            event.listen(made.sync_engine, "checkout", _see_that_it_is_open)
        return self._engines[plans]

    def session(self, *, planned_once: bool = False) -> AsyncSession:
        """Return a session for reading: `async with database.session() as session: ...`.

        Each of its statements is a transaction of its own and sees what is committed by then, as it would in one
        transaction at this level of isolation; beginning and ending one would be two more round trips.
        """
        engine = self._engine(PLANNED_ONCE if planned_once else PLANNED_FOR_VALUES)
        return AsyncSession(engine.execution_options(isolation_level="AUTOCOMMIT"), expire_on_commit=False)

    def snapshot(self) -> AsyncSession:
        """Return a session whose statements all see one moment, for reading what must fit together."""
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return AsyncSession(self.engine.execution_options(**options), expire_on_commit=False)

    def unit_of_work(self, *, planned_once: bool = False, quiet: bool = False) -> UnitOfWork:
        """Return a unit of work: `async with database.unit_of_work() as work: ...; await work.commit()`."""
        engine = self._engine(PLANNED_ONCE if planned_once else PLANNED_FOR_VALUES)
        return UnitOfWork(
            AsyncSession(engine, expire_on_commit=False, execution_options=_UNSYNCED), self.ids, quiet=quiet
        )

    def connections(self) -> tuple[int, int]:
        """Return how many connections of this process are in use, and how many rest."""
        pools = [each.pool for each in self._engines.values() if self._pid == os.getpid()]
        queues = [pool for pool in pools if isinstance(pool, QueuePool)]
        return sum(pool.checkedout() for pool in queues), sum(pool.checkedin() for pool in queues)

    async def close(self) -> None:
        """Close every connection of this process."""
        engines, self._engines = self._engines, {}
        if self._pid == os.getpid():
            for each in engines.values():
                await each.dispose()

    def _options(self, plans: str) -> dict[str, Any]:
        server_settings = {
            "application_name": self._name,
            "idle_in_transaction_session_timeout": IDLE_TRANSACTION_MS,
            "plan_cache_mode": plans,
            "timezone": "UTC",
        }
        return {
            "pool_size": self._pool_size,
            "max_overflow": POOL_OVERFLOW,
            "connect_args": {
                "timeout": CONNECT_TIMEOUT_S,
                "command_timeout": self._answer_s,
                "server_settings": server_settings,
            },
        }


class _Adapted(Protocol):
    """A connection as SQLAlchemy adapts it: `driver_connection` is asyncpg's own."""

    driver_connection: Any


def _see_that_it_is_open(connection: _Adapted, record: object, proxy: object) -> None:
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server has closed this connection")
