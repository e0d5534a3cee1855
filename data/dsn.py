"""Database URLs as psql takes them, and every connection that is made by one: engines of SQLAlchemy, and bare ones.

1. There is one reader of such a URL, the driver's: what it says of TLS, of several hosts, of time-outs holds for every
   connection alike. Of SQLAlchemy's own reading only the name of the driver is used.
2. Files that it names (the CA's certificate, ...) must be there: what the system says of one that is not names none.
3. No message, and no printed engine, shows a URL: it may hold a password.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from data.errors import DataError, MigrationFailed

DRIVER = "postgresql+asyncpg://"
SCHEMES = {"postgresql", "postgres"}
ALIASES = {"ssl": "sslmode"}
"""Words that others have for what psql calls otherwise."""

FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile")


def dsn(url: str) -> str:
    """Return `url` (`postgresql://`, or with a driver's name behind that) as the driver takes it.

    Raises:
        DataError: it is not a PostgreSQL URL, or names a file that is not there; the message does not show it.
    """
    parts = _split(url)
    query = [(ALIASES.get(name, name), value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    for name, value in query:
        if name in FILES and not Path(value).expanduser().is_file():
            raise DataError(f"{name} in the URL of the database names {value}, and there is no such file.")
    # `urlunsplit` would leave out the slashes of a URL without a host, which names a socket's folder behind them.
    return f"postgresql://{parts.netloc}{parts.path}{'?' if query else ''}{urlencode(query)}"


def user_of(url: str) -> str | None:
    """Return the role that `url` connects as, or None if it does not say.

    Raises:
        DataError: it is not a PostgreSQL URL.
    """
    parts = _split(url)
    named = dict(parse_qsl(parts.query)).get("user")
    return unquote(parts.username) if parts.username else named


def engine_at(url: str, **options: Any) -> AsyncEngine:
    """Return an engine of SQLAlchemy on the database at `url`; `options` are those of `create_async_engine`.

    Raises:
        DataError: `url` cannot be used.
    """
    arguments = {**options.pop("connect_args", {}), "dsn": dsn(url)}
    return create_async_engine(DRIVER, connect_args=arguments, **options)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    """Connect to the database at `url`, without a pool.

    Raises:
        MigrationFailed: it cannot be reached.
    """
    engine = engine_at(url, poolclass=NullPool)
    connection = engine.connect()
    try:
        await connection.start()
    except (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        raise MigrationFailed(f"The database cannot be reached as {user_of(url)}: {cause}.") from error
    try:
        yield connection
    finally:
        await connection.close()
        await engine.dispose()


async def connect(url: str, **options: Any) -> asyncpg.Connection:
    """Connect to the database at `url` without an engine; `options` are those of `asyncpg.connect`.

    Raises:
        DataError: `url` cannot be used.
    """
    return await asyncpg.connect(dsn(url), **options)


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    if "://" not in url:
        raise DataError("A database URL is postgresql://user:password@host/database; the one set is none.")
    if parts.scheme.partition("+")[0] not in SCHEMES:
        raise DataError(f"Only PostgreSQL keeps Marksight's data; the URL begins with {parts.scheme}://.")
    return parts
