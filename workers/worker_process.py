"""What one worker process holds from job to job: its services, its one event loop, and what it is doing.

1. Everything dear is made once, in the process that uses it: models, connections, the loop they belong to.
2. While the database is away a batch is begun again and again, not given up: what was not claimed is still ours to do.
3. It knows by when what it does must have ended (`due`); `workers.worker` ends a process that is over it.
4. It ends when it is asked to, when something was left behind in a thread, when it has done as many batches as it
   may, or when memory is short and it has grown; what it has claimed and not begun is handed back first.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import math
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from redis.exceptions import RedisError

from data.outage import AWAY, is_away
from data.priorities import Priority
from data.urls import app_url
from workers import heartbeat, memory, urgency
from workers.composition import Services
from workers.heartbeat import Heartbeat
from workers.inspecting import Outcome, inspect_batch, inspect_urgent
from workers.keeping_figures import FiguresThread
from workers.opening import open_files
from workers.urgency import NothingUrgent, Urgency

if TYPE_CHECKING:
    from rq import Queue

log = logging.getLogger(__name__)

WAIT_S = 60
"""RQ waits at Redis for a little less at a time: for so long may a connection that broke without a word deceive it."""

PATIENCE_S = 120.0
PAUSE_S = 1.0

STUCK_S = 300.0
"""How long a job may take to its first piece of work: the database may be away for `PATIENCE_S` of it."""

GRACE_S = 60.0
"""How much longer than it said a piece of work may take; writing may wait as long for the database."""

STDERR = 2
DEAF_S = 10.0
"""After so much more, the process ends even if no thread of it can run: something holds Python's lock."""

ARMED_S = 5.0
"""How much later than that at most, so that the watchdog is not set anew for every picture: it costs a thread."""

LOOK_S = 0.5
"""How long what was seen of the memory holds; at the beginning of a job, what was seen at the end of the last one does.

It is looked at in the end, since who waits for a verdict waits for the look too; a process that does nothing grows by
nothing.
"""

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
        self.due = math.inf
        self.watched = False
        self.over = threading.Event()
        self.asked_to_stop = False
        self.left_behind: str | None = None
        self.batches = 0
        self.urgency: Urgency = NothingUrgent()
        self._first_mb: int | None = None
        self._why_to_end: str | None = None
        self._look_again = -math.inf
        self._armed_until = -math.inf
        self._runner = asyncio.Runner()
        self.figures = FiguresThread(services, "worker")
        _current.set(self)

    @cached_property
    def queue(self) -> Queue:
        """The queue, to wait at."""
        return self.services.queue_to_wait_at(WAIT_S)

    def warm(self) -> None:
        """Load the engines and make the first connections, so that the first part does not wait for them."""
        self.services.tracing.begin("worker")
        _ = self.services.engines
        self.urgency = urgency.listen(app_url(self.services.settings))
        self.why_to_end()

    def inspect(self, batch_id: UUID) -> None:
        """Inspect a batch on this process's loop; count what came of it."""
        self._do(
            f"batch {batch_id}",
            lambda: self._patiently(
                lambda: inspect_batch(self.services, batch_id, holder=self.life.name, pulse=self),
            ),
        )

    def inspect_urgent(self) -> None:
        """Inspect what somebody waits for; count what came of it."""
        urgent = Priority.WAITING + 1
        self._do(
            "what is waited for",
            lambda: self._patiently(
                lambda: inspect_urgent(self.services, than=urgent, holder=self.life.name, pulse=self),
            ),
        )

    def urgent_beyond(self, priority: int) -> bool:
        """Tell whether something more urgent has come since this was asked and answered yes."""
        return self.urgency.beyond(priority)

    def open(self) -> None:
        """Open stored files for a while."""
        self._do("opening files", self._open)

    @property
    def stopping(self) -> bool:
        """Whether the process is to end as soon as it can."""
        return self.asked_to_stop or self.left_behind is not None or self.why_to_end() is not None

    def why_to_end(self) -> str | None:
        """Return why the process should give back its memory, or None; true a moment ago."""
        now = time.monotonic()
        if now >= self._look_again:
            self._look_again, self._why_to_end = now + LOOK_S, self._look()
        return self._why_to_end

    def _look(self) -> str | None:
        resident_mb = heartbeat.resident_mb()
        if self._first_mb is None:
            self._first_mb = resident_mb
        return memory.why_to_end(resident_mb, self._first_mb, memory.room(), self.services.settings.worker_max_mb)

    def outworn(self) -> str | None:
        """Return why the process should be replaced by a new one after its job, or None."""
        most = self.services.settings.worker_max_batches
        if 0 < most <= self.batches:
            return f"it has done {self.batches} batches"
        if self.left_behind is not None:
            return f"{self.left_behind} was left behind in its thread"
        return self.why_to_end()

    def beat(self, seconds: float) -> None:
        """Note that a piece of work begins, which ends within so many seconds."""
        self.busy_since = time.monotonic()
        self.due = self.busy_since + seconds + GRACE_S
        if self.watched:
            self._arm(self.due + DEAF_S)

    def _arm(self, end: float) -> None:
        """Let the process end soon after `end` whatever it does, by the watchdog of C: it needs no lock of Python's."""
        if not end <= self._armed_until <= end + ARMED_S:
            self._armed_until = end + ARMED_S
            faulthandler.dump_traceback_later(self._armed_until - time.monotonic(), exit=True, file=STDERR)

    def stuck(self, what: str) -> None:
        """Note that a piece of work was left behind in its thread."""
        self.left_behind = what

    def close(self) -> None:
        """Be forgotten as a living process; close connections and loop."""
        self.over.set()
        with suppress(RedisError):
            heartbeat.leave(self.services.queue.connection, self.life)
        if "queue" in self.__dict__:
            self.queue.connection.close()
        self._runner.run(self.services.close())
        self._runner.close()

    def _do(self, doing: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        self.beat(STUCK_S)
        if self._first_mb is not None:
            self._look_again = max(self._look_again, time.monotonic() + LOOK_S)
        self.life = replace(self.life, doing=doing)
        try:
            self._runner.run(work())
        finally:
            self.life = replace(self.life, doing="idle")
            self.busy_since, self.due = None, math.inf
            self.batches += 1
            if self.watched:
                faulthandler.cancel_dump_traceback_later()
                self._armed_until = -math.inf

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

    async def _open(self) -> None:
        await open_files(self.services, holder=self.life.name, pulse=self)
