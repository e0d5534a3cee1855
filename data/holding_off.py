"""That a backup is made, said by a lock of PostgreSQL that ends with the process that makes it.

What rows named when it began is copied for as long as it takes; nobody removes anything from the image store meanwhile
(`data.repositories.blobs`), and no other backup of the same database is made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from data.dsn import connected
from data.errors import BackupError

BACKUP_LOCK = 0x6D61726D  # two beside the lock of `data.migrate`
PATIENCE = "10s"
"""Whoever removes bytes holds the lock for a moment; a backup that holds it does so for long."""

_PATIENCE = text(f"SET LOCAL lock_timeout = '{PATIENCE}'")
_HELD = text("SELECT pg_advisory_lock(:lock)").bindparams(lock=BACKUP_LOCK)


@asynccontextmanager
async def removal_held_off(url: str) -> AsyncIterator[None]:
    """Let nobody remove what lies in the image store of the database at `url` while the context lasts.

    Raises:
        MigrationFailed: the database cannot be reached.
        BackupError: another backup of it is being made.
    """
    async with connected(url) as connection:
        try:
            await connection.execute(_PATIENCE)
            await connection.execute(_HELD)
        except DBAPIError as error:
            raise BackupError("Another backup of this database is being made; wait until it has ended.") from error
        await connection.commit()  # the lock is the connection's, no transaction stays open for it
        yield
