"""What counts as the database being away, and what as a failure of our own."""

from __future__ import annotations

import asyncpg
import pytest
from sqlalchemy import exc, text

from data import embedded_urls
from data.dsn import engine_at
from data.outage import AWAY, is_away, is_unmade
from data.settings import Settings


class DriverError(Exception):
    """Stands where SQLAlchemy's adapter of asyncpg stands: the real cause is behind it."""


def wrapped(cause: BaseException | None, *, invalidated: bool = False) -> exc.DBAPIError:
    own = DriverError("driver")
    own.__cause__ = cause
    return exc.DBAPIError("SELECT 1", {}, own, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError("no socket"),
        FileNotFoundError(2, "No such file or directory"),
        TimeoutError(),
        exc.TimeoutError("pool"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.TooManyConnectionsError("full"),
        asyncpg.InterfaceError("connection is closed"),
        wrapped(asyncpg.AdminShutdownError("terminating")),
        wrapped(asyncpg.ConnectionDoesNotExistError("closed in the middle")),
        wrapped(asyncpg.InterfaceError("connection is closed")),
        wrapped(asyncpg.DiskFullError("no space")),
        wrapped(asyncpg.ReadOnlySQLTransactionError("a standby")),
        wrapped(asyncpg.UndefinedTableError("no table yet")),
        wrapped(None, invalidated=True),
    ],
    ids=lambda error: (
        f"{type(error).__name__}-{type(getattr(getattr(error, 'orig', None), '__cause__', None)).__name__}"
    ),
)
def test_the_database_is_away(error: Exception) -> None:
    assert isinstance(error, AWAY)
    assert is_away(error)


@pytest.mark.parametrize(
    "error",
    [
        wrapped(asyncpg.UniqueViolationError("twice")),
        wrapped(asyncpg.InsufficientPrivilegeError("may not")),
        wrapped(None),
        PermissionError(13, "Permission denied", "picture.jpg"),
        ValueError("ours"),
        KeyError("ours"),
    ],
    ids=["constraint", "rights", "no cause", "a file of ours", "value", "key"],
)
def test_the_failure_is_our_own(error: Exception) -> None:
    assert not is_away(error)


async def test_a_database_without_tables_is_told_apart(postgres: Settings) -> None:
    engine = engine_at(embedded_urls.database_url(postgres.home))
    try:
        async with engine.connect() as connection:
            with pytest.raises(exc.DBAPIError) as caught:
                await connection.execute(text("SELECT 1 FROM not_yet_made"))
    finally:
        await engine.dispose()
    assert is_unmade(caught.value)
    assert is_away(caught.value)
    assert not is_unmade(wrapped(asyncpg.AdminShutdownError("terminating")))
