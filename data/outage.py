"""Whether an error says that the database is away, and that trying again makes sense.

The one answer for workers, API and pages: `except AWAY as error`, and on with it only where `is_away(error)`.
"""

from __future__ import annotations

import asyncpg
from sqlalchemy import exc

_CAUSES = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, terminated
    asyncpg.InsufficientResourcesError,  # no connection left, disk full
    asyncpg.ReadOnlySQLTransactionError,  # a standby that is about to be promoted, a full disk of a hosted database
    asyncpg.InterfaceError,  # the connection was closed under us
    OSError,
    TimeoutError,
)
"""What asyncpg raises when the database goes away in the middle of something, or has no room."""

_UNMADE = (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError, asyncpg.InvalidSchemaNameError)
"""What it raises before the first migration has run."""

PATIENCE_S = 5.0
"""How long who takes parts in, or answers their senders, waits for the database: it may be away without a word."""

AWAY = (exc.DBAPIError, exc.TimeoutError, *_CAUSES)
"""All that may be raised while the database is away; asyncpg raises bare OSErrors for want of a socket."""


def is_away(error: BaseException) -> bool:
    """Tell whether the database is away, or was when a connection was last used, or has no tables yet.

    SQLAlchemy wraps what asyncpg raises in the middle of something; a failure to connect comes as it is. An OSError
    that names a file is about that file.
    """
    if isinstance(error, exc.DBAPIError):
        return error.connection_invalidated or isinstance(_cause(error), (*_CAUSES, *_UNMADE))
    if isinstance(error, OSError) and error.filename is not None:
        return False
    return isinstance(error, AWAY)


def is_unmade(error: BaseException) -> bool:
    """Tell whether the database is there and its tables are not: it is being set up, or waits to be migrated."""
    return isinstance(error, exc.DBAPIError) and isinstance(_cause(error), _UNMADE)


def _cause(error: exc.DBAPIError) -> BaseException | None:
    return error.orig.__cause__ if error.orig is not None else None
