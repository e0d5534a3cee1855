"""Whether an error says that the database is away, and that trying again makes sense."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError

_CAUSES = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, terminated
    asyncpg.InsufficientResourcesError,  # no connection left, disk full
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
)


def is_away(error: BaseException) -> bool:
    """Tell whether the database is away, or was when a connection was last used.

    SQLAlchemy wraps what asyncpg raises in the middle of something; a failure to connect comes as it is.
    """
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig is not None else None
        return error.connection_invalidated or isinstance(cause, _CAUSES)
    return isinstance(error, _CAUSES)
