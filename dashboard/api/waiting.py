"""Waiting for verdicts: whoever waits is told by the connection that listens for this whole process.

1. A notification may be missed while the connection is made again; so who waits looks at the row soon after it begins
   to wait, when told, and every `LOOK_S` besides. Not at once: what was sent a moment ago is not judged yet, and the
   worker that is to judge it wants the processor now.
2. Nobody waits past the deadline, whatever the database does, nor when the server is asked to stop (`end`); the
   inspection goes on without being waited for.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar
from uuid import UUID

from data.channels import RESULTS
from data.listening import Listener

LOOK_S = 1.0
FIRST_LOOK_S = 0.03

Found = TypeVar("Found")


class ResultFeed:
    """Who waits for which inspection."""

    def __init__(self, listener: Listener, *, look_s: float = LOOK_S) -> None:
        self._listener = listener
        self._look_s = look_s
        self._waiting: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._ended = False

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return sum(len(waiting) for waiting in self._waiting.values())

    @contextmanager
    def following(self) -> Iterator[None]:
        """Pass on what the listener hears while the context lasts."""
        with self._listener.follow((RESULTS,), self._told):
            yield

    async def until(
        self, inspection_id: UUID, look: Callable[[], Awaitable[Found | None]], timeout_s: float
    ) -> Found | None:
        """Return what `look` finds; None when it has not by `timeout_s`, or when waiting has ended for all.

        It looks soon, at each notification about the inspection, and now and then.
        """
        told = asyncio.Event()
        self._waiting[inspection_id].add(told)
        try:
            async with asyncio.timeout(timeout_s):
                await _within(FIRST_LOOK_S, told)
                while (found := await look()) is None:
                    if self._ended:
                        return None
                    await _within(self._look_s, told)
        except TimeoutError:
            return None
        else:
            return found
        finally:
            self._forget(inspection_id, told)

    def end(self) -> None:
        """Let nobody wait any longer."""
        self._ended = True
        for told in self._everyone():
            told.set()

    def _forget(self, inspection_id: UUID, told: asyncio.Event) -> None:
        self._waiting[inspection_id].discard(told)
        if not self._waiting[inspection_id]:
            del self._waiting[inspection_id]

    def _told(self, payload: str | None) -> None:
        for told in self._concerned(payload):
            told.set()

    def _concerned(self, payload: str | None) -> list[asyncio.Event]:
        """Return those who wait for the inspection that a notification names; everybody, if it names none."""
        try:
            return list(self._waiting.get(UUID(json.loads(payload or "")["inspection_id"]), ()))
        except (ValueError, KeyError, TypeError, AttributeError):
            return self._everyone()

    def _everyone(self) -> list[asyncio.Event]:
        return [told for waiting in self._waiting.values() for told in waiting]


async def _within(seconds: float, told: asyncio.Event) -> None:
    """Wait until `told` is set, or for so long; it is not set then."""
    with suppress(TimeoutError):
        await asyncio.wait_for(told.wait(), seconds)
    told.clear()
