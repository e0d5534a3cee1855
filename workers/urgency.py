"""Being told, in the middle of a batch, that something more urgent has come.

The worker's own loop rests between its jobs, so a thread of its own listens: a notification that nobody reads would be
kept by the database for ever. Nothing is asked of anybody; to look costs a comparison.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Protocol

from data.channels import OUTBOX
from data.listening import Listener

ANY = -1
NOTHING = 1 << 15
"""Priorities beyond those that there are: something may have been missed, and nothing was told."""


class Urgency(Protocol):
    """Whether something more urgent waits."""

    def beyond(self, priority: int) -> bool:
        """Tell whether something more urgent than `priority` has come since this was asked and answered yes."""
        ...


class NothingUrgent:
    """Nothing ever is: for batches that nobody may overtake."""

    def beyond(self, priority: int) -> bool:
        """Say no."""
        return False


class Told:
    """What notifications have told: the least, most urgent priority; `hear` may be called from any thread."""

    def __init__(self) -> None:
        self._least = NOTHING
        self._lock = threading.Lock()

    def hear(self, payload: str | None) -> None:
        """Take in a notification on `OUTBOX`; None: some may have been missed."""
        priority = priority_of(payload)
        with self._lock:
            self._least = min(self._least, priority)

    def beyond(self, priority: int) -> bool:
        """Tell whether something more urgent was told of, once."""
        with self._lock:
            told, self._least = self._least < priority, NOTHING if self._least < priority else self._least
        return told


def priority_of(payload: str | None) -> int:
    """Return the priority of what has come to wait, `ANY` when a notification does not say it."""
    try:
        return int(json.loads(payload or "")["priority"])
    except (ValueError, KeyError, TypeError):
        return ANY


def listen(url: str) -> Told:
    """Return what is told from now on, by a thread that lives as long as the process."""
    told = Told()
    threading.Thread(target=lambda: asyncio.run(_listen(lambda: url, told)), daemon=True, name="urgency").start()
    return told


async def _listen(url: Callable[[], str], told: Told) -> None:
    listener = Listener(url, (OUTBOX,))
    with listener.follow((OUTBOX,), told.hear):
        async with listener.listening():
            await asyncio.Event().wait()
