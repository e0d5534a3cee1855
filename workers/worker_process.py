"""What one worker process holds from job to job: its services, its one event loop, and what it is doing.

1. Everything dear is made once, in the process that uses it: models, connections, the loop they belong to.
2. While the database is away a batch is begun again and again, not given up: what was not claimed is still ours to do.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace
from uuid import UUID

from redis.exceptions import RedisError

from data.outage import AWAY, is_away
from data.priorities import Priority
from data.urls import app_url
from workers import heartbeat, urgency
from workers.composition import Services
from workers.heartbeat import Heartbeat
from workers.inspecting import Outcome, inspect_batch, inspect_urgent
from workers.urgency import NothingUrgent, Urgency

log = logging.getLogger(__name__)

PATIENCE_S = 120.0
PAUSE_S = 1.0

_current: ContextVar[WorkerProcess] = ContextVar("worker process")


def current() -> WorkerProcess:
    """Return the process that a job runs in.

    Raises:
        LookupError: no worker runs here.
    """
    return _current.get()


class WorkerProcess:
    """The services and the loop of one worker."""

    def __init__(self, services: Services, name: str) -> None:
        self.services = services
        self.life: Heartbeat = heartbeat.first("worker", name)
        self.busy_since: float | None = None
        self.batches = 0
        self.urgency: Urgency = NothingUrgent()
        self._runner = asyncio.Runner()
        _current.set(self)

    def warm(self) -> None:
        """Load the engines and make the first connections, so that the first part does not wait for them."""
        _ = self.services.engines
        self.urgency = urgency.listen(app_url(self.services.settings))

    def inspect(self, batch_id: UUID) -> None:
        """Inspect a batch on this process's loop; count what came of it."""
        self._work(
            f"batch {batch_id}",
            lambda: inspect_batch(self.services, batch_id, holder=self.life.name, urgency=self.urgency),
        )

    def inspect_urgent(self) -> None:
        """Inspect what somebody waits for; count what came of it."""
        self._work(
            "what is waited for",
            lambda: inspect_urgent(self.services, than=Priority.WAITING + 1, holder=self.life.name),
        )

    def _work(self, doing: str, work: Callable[[], Awaitable[Outcome]]) -> None:
        """Do a piece of work on this process's loop."""
        self.busy_since = time.monotonic()
        self.life = replace(self.life, doing=doing)
        try:
            self._runner.run(self._patiently(work))
        finally:
            self.life = replace(self.life, doing="idle")
            self.busy_since = None
            self.batches += 1

    def close(self) -> None:
        """Be forgotten as a living process; close connections and loop."""
        with suppress(RedisError):
            heartbeat.leave(self.services.queue.connection, self.life)
        self._runner.run(self.services.close())
        self._runner.close()

    async def _patiently(self, work: Callable[[], Awaitable[Outcome]]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                outcome = await work()
            except AWAY as error:
                if not is_away(error) or time.monotonic() > deadline:
                    raise
                log.warning("waiting for the database to come back: %s", str(error).splitlines()[0])
                await asyncio.sleep(PAUSE_S)
            else:
                self.life = replace(self.life, done=self.life.done + len(outcome.judged))
                if outcome.refused:  # frozen, or far too slow: somebody else has them, or has done them
                    log.warning("%d results came after their lease had ended and were refused", len(outcome.refused))
                return
