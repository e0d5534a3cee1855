"""Seeing that somebody waits for a lock."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from data.database import Database

_WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = current_user")


async def waited_for(database: Database) -> None:
    """Return once somebody waits for a lock.

    Raises:
        TimeoutError: nobody does.
    """
    async with asyncio.timeout(30), database.session() as session:
        while not await session.scalar(_WAITS):  # noqa: ASYNC110 - locks have no signal
            await asyncio.sleep(0.01)
