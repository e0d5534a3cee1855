"""Which errors are the user's to mend, and how each is said in one line.

The classes are named, not imported: a command that never touches the database shall not load its driver to fail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ERROR_CODE = 4

Line = Callable[[BaseException], str]


def in_one_line(error: BaseException) -> str | None:
    """Return what to tell the user, or None for an error that is ours to mend."""
    for kind in type(error).__mro__:
        line = _LINES.get(f"{kind.__module__}.{kind.__qualname__}")
        if line is not None:
            return line(error)
    return None


def _as_it_says(error: BaseException) -> str:
    return str(error)


def _file(error: BaseException) -> str:
    if not isinstance(error, OSError) or error.filename is None:
        return str(error)
    return f"{error.filename}: {(error.strerror or 'cannot be used').lower()}"


def _settings(error: BaseException) -> str:
    """Name each wrong setting by its variable; never print the value, it may be a password."""
    faults: list[dict[str, Any]] = getattr(error, "errors", list)()
    named = (f"MARKSIGHT_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}" for fault in faults)
    return "; ".join(named)


def _database(error: BaseException) -> str:
    return f"the database does not answer ({_first_line(error)}); see: marksight doctor"


def _redis(error: BaseException) -> str:
    return f"Redis does not answer ({_first_line(error)}); see: marksight doctor"


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


_LINES: dict[str, Line] = {
    "core.errors.MarksightError": _as_it_says,
    "pydantic_core._pydantic_core.ValidationError": _settings,
    "sqlalchemy.exc.OperationalError": _database,
    "sqlalchemy.exc.InterfaceError": _database,
    "asyncpg.exceptions.CannotConnectNowError": _database,
    "asyncpg.exceptions.InvalidAuthorizationSpecificationError": _database,
    "asyncpg.exceptions.InvalidCatalogNameError": _database,
    "asyncpg.exceptions.PostgresConnectionError": _database,
    "redis.exceptions.ConnectionError": _redis,
    "redis.exceptions.TimeoutError": _redis,
    "alembic.util.exc.CommandError": _as_it_says,
    "ssl.SSLError": _database,  # of Redis it comes wrapped
    "builtins.ConnectionRefusedError": _database,  # asyncpg's own, for want of a socket; Redis' is not of this tree
    "builtins.OSError": _file,
}
