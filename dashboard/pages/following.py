"""One task for all open pages: it runs while anybody follows, and tells every follower when something has happened.

1. However many pages are open, there is one task a source.
2. Who follows is an `asyncio.Event`; a page that is closed leaves, and with the last one the task ends.
3. Being told means "look again": what has happened is asked of the database by whoever is told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

log = logging.getLogger(__name__)

REST = 4
Work = Callable[[], Awaitable[None]]


class Following:
    """The followers of one source of news.

    `source` runs until cancelled and calls `tell` as things happen; one that fails begins again after `again_s`.
    """

    def __init__(self, source: Callable[[Callable[[], None]], Awaitable[None]], *, again_s: float = 1.0) -> None:
        self._source = source
        self._again_s = again_s
        self._followers: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        """How many follow."""
        return len(self._followers)

    @contextmanager
    def follow(self, told: asyncio.Event) -> Iterator[None]:
        """Set `told` whenever there is news, while the context lasts; call it inside the running event loop."""
        self._followers.add(told)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._followers.discard(told)
            if not self._followers and self._task is not None:
                self._task.cancel()
                self._task = None  # whoever follows while it is still ending has a task begun for him

    def tell(self) -> None:
        """Tell every follower."""
        for told in self._followers:
            told.set()

    async def _run(self) -> None:
        while True:
            try:
                return await self._source(self.tell)
            except Exception:  # the boundary of a task that all pages hang on: said, and begun again
                log.exception("what pages follow has failed; beginning again")
            await asyncio.sleep(self._again_s)


async def look_on(look: Work, told: asyncio.Event, *, every_s: float, settle_s: float = 0.0) -> NoReturn:
    """Look now, whenever told and every `every_s` besides, until cancelled.

    News may be missed while the listener connects again, so nobody waits for it alone. What comes within `settle_s` is
    looked at together, and a look that took long is followed by a rest of `REST` times that.
    """
    while True:
        begun = time.monotonic()
        await look()
        spent_s = time.monotonic() - begun
        await told_within(told, every_s)
        await asyncio.sleep(max(settle_s, REST * spent_s))


async def told_within(told: asyncio.Event, seconds: float) -> bool:
    """Wait until told, at most `seconds`; return whether it was told, and make ready for the next time."""
    try:
        async with asyncio.timeout(seconds):
            await told.wait()
    except TimeoutError:
        return False
    told.clear()
    return True
