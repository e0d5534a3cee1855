"""News of inspections for pages: the database tells one listener a process, which tells the pages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

from data.channels import OUTBOX, RECIPES, RESULTS
from data.urls import app_url
from workers.composition import Services

AGAIN_S = 1.0
CONNECT_S = 10.0
HEARD = (OUTBOX, RESULTS, RECIPES)

log = logging.getLogger(__name__)

Tell = Callable[[], None]


def news(services: Services) -> Callable[[Tell], Awaitable[None]]:
    """Return the source of news of `services`: it listens until cancelled, and connects again when it must."""

    async def listen(tell: Tell) -> None:
        while True:
            try:
                await _listen(app_url(services.settings), tell)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.debug("pages are not told of results: %s", error)
            await asyncio.sleep(AGAIN_S)

    return listen


async def _listen(url: str, tell: Tell) -> None:
    """Listen until the connection is lost."""
    lost = asyncio.Event()
    connection = await asyncpg.connect(url, timeout=CONNECT_S)
    try:
        connection.add_termination_listener(lambda _: lost.set())
        for channel in HEARD:
            await connection.add_listener(channel, lambda *_: tell())
        tell()  # something may have happened before
        await lost.wait()
    finally:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            await connection.close(timeout=1.0)
