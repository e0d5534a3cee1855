"""That an installation is being set up, said by a lock of PostgreSQL that ends with the process that does it.

The schema is there a moment before the recipes that come with the program. A server is not ready in between, or a
request that names one of them would be refused.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from data.dsn import connected

LOCK = 0x6D61726C  # one beside the lock of `data.migrate`

_HELD = text("SELECT pg_advisory_lock(:lock)").bindparams(lock=LOCK)
_FREE = text("SELECT pg_try_advisory_xact_lock_shared(:lock)").bindparams(lock=LOCK)


@asynccontextmanager
async def setting_up(url: str) -> AsyncIterator[None]:
    """Say so while the context lasts, to every server on the database at `url`; of several at once the others wait.

    Raises:
        MigrationFailed: the database cannot be reached.
    """
    async with connected(url) as connection:
        await connection.execute(_HELD)
        await connection.commit()  # the lock is the connection's, no transaction stays open for it
        yield


async def is_being_set_up(session: AsyncSession) -> bool:
    """Return whether somebody is at it."""
    return not await session.scalar(_FREE)
