"""Waiting for verdicts: one connection listens to the database for all who wait in this process.

1. A notification may be missed while the connection is made again; so who waits looks at the row when it begins to
   wait, when told, and every `LOOK_S` besides.
2. Nobody waits past the deadline, whatever the database does, nor when the server is asked to stop (`end`); the
   inspection goes on without being waited for.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

from dashboard.api.listening import Listener, Url
from data.channels import RESULTS

LOOK_S = 1.0


class ResultFeed(Listener):
    """Who waits for which inspection, and the connection that tells them."""

    channel = RESULTS
    subject = "inspection_id"

    def __init__(self, url: Url, *, look_s: float = LOOK_S) -> None:
        super().__init__(url)
        self._look_s = look_s
        self._waiting: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._ended = False

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return sum(len(waiting) for waiting in self._waiting.values())

    def told(self, subject_id: UUID) -> None:
        """Wake those who wait for an inspection."""
        for told in self._waiting.get(subject_id, ()):
            told.set()

    def told_all(self) -> None:
        """Wake everyone."""
        for told in self._everyone():
            told.set()

    async def until(self, inspection_id: UUID, done: Callable[[], Awaitable[bool]], timeout_s: float) -> bool:
        """Wait until `done` says so; False when it has not by `timeout_s`, or when waiting has ended for all.

        `done` is asked at once, at each notification about the inspection, and now and then.
        """
        told = asyncio.Event()
        self._waiting[inspection_id].add(told)
        try:
            async with asyncio.timeout(timeout_s):
                while not await done():
                    if self._ended:
                        return False
                    with suppress(TimeoutError):
                        await asyncio.wait_for(told.wait(), self._look_s)
                    told.clear()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            self._forget(inspection_id, told)

    def end(self) -> None:
        """Let nobody wait any longer."""
        self._ended = True
        self.told_all()

    def _forget(self, inspection_id: UUID, told: asyncio.Event) -> None:
        self._waiting[inspection_id].discard(told)
        if not self._waiting[inspection_id]:
            del self._waiting[inspection_id]

    def _everyone(self) -> list[asyncio.Event]:
        return [told for waiting in self._waiting.values() for told in waiting]
