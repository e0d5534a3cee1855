"""Keeps what a process counts and measures in the database. Rules: `data.tables.figures`.

1. What is new is added every `EVERY_S`; with nothing new, the process shows itself every `SHOWN_EVERY_S`.
2. An addition that failed is tried again as it was, under its number, before anything newer: it may have been made, and
   its answer lost.
3. Nothing waits for it, and nothing fails with it: while the database is away, the process counts on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from data.alongside import alongside
from data.database import Database
from data.outage import is_away
from data.repositories.figures import Addition
from data.urls import app_url
from workers import anchor_notes, metrics
from workers.composition import Services

log = logging.getLogger(__name__)

EVERY_S = 5.0
SHOWN_EVERY_S = 15.0
FOLDED_EVERY_S = 60.0
LEAVING_S = 2.0
"""How long a process that ends may take to add what is left."""

Gauge = tuple[str, dict[str, str], float]
Measure = Callable[[Services, str], Sequence[Gauge]]


class KeepingFigures:
    """Keeps the figures of one process, through `database`; all of it on one event loop."""

    def __init__(
        self, services: Services, role: str, *, database: Database | None = None, measure: Measure | None = None
    ) -> None:
        self._services = services
        self._role = role
        self._database = database
        self._measure = measure or measured
        self._kept: dict[tuple[str, str], float] = {}
        self._pending: tuple[Addition, dict[tuple[str, str], float]] | None = None
        self._number = 0
        self._shown = self._folded = -float("inf")
        self._ahead_s: float | None = None
        self._turn = asyncio.Lock()
        services.counting.count(metrics.STARTS, role=role)

    async def keep(self) -> None:
        """Add what is new.

        Raises:
            AWAY, SQLAlchemyError: it could not be, or nobody knows; the next time, it is tried first.
        """
        async with self._turn:
            if self._pending is not None:
                await self._add()
            await self._begin()
            if self._pending is not None:
                await self._add()

    async def for_ever(self) -> None:
        """Add what is new, now and then, and take over what processes that have ended left."""
        while True:
            try:
                await self.keep()
                await self._fold()
            except Exception as error:  # noqa: BLE001 - the task's boundary: nobody ends for want of a figure
                _tell(error)
            await asyncio.sleep(EVERY_S)

    async def leave(self) -> None:
        """Add what is left, at the end of the process, if that takes no time."""
        try:
            async with asyncio.timeout(LEAVING_S):
                await self.keep()
        except Exception as error:  # noqa: BLE001 - the process ends all the same
            _tell(error)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep figures beside what goes on in the context, and what is left at its end."""
        try:
            async with alongside(self.for_ever()):
                yield
        finally:
            await self.leave()

    async def _begin(self) -> None:
        """Put an addition together, if there is anything to say."""
        now = self._services.counting.samples()
        counts = {key: value - self._kept.get(key, 0.0) for key, value in now.items() if value != self._kept.get(key)}
        if not counts and time.monotonic() - self._shown < SHOWN_EVERY_S:
            return
        self._number += 1
        who = (self._services.counting.process_id, self._role, socket.gethostname(), os.getpid())
        self._pending = Addition(*who, self._number, counts, await self._gauges()), now

    async def _add(self) -> None:
        assert self._pending is not None  # noqa: S101  # both callers have looked
        addition, counted = self._pending
        before = self._services.clock()
        async with (self._database or self._services.database).unit_of_work(quiet=True) as work:
            now = await work.figures.add(addition)
            await work.commit()
        if now is not None:
            self._ahead_s = _ahead_s(before, self._services.clock(), now)
        self._kept, self._pending, self._shown = counted, None, time.monotonic()

    async def _gauges(self) -> list[Gauge]:
        host = {"host": socket.gethostname()}
        clock = [] if self._ahead_s is None else [(metrics.CLOCK.name, host, self._ahead_s)]
        return [*await asyncio.to_thread(self._measure, self._services, self._role), *clock]

    async def _fold(self) -> None:
        if time.monotonic() - self._folded < FOLDED_EVERY_S:
            return
        async with (self._database or self._services.database).unit_of_work(quiet=True) as work:
            await work.figures.fold()
            await work.commit()
        self._folded = time.monotonic()


class FiguresThread(threading.Thread):
    """Keeps figures from a thread, over one connection: for a process whose own loop rests between its jobs."""

    def __init__(self, services: Services, role: str) -> None:
        super().__init__(daemon=True, name="figures")
        self._services = services
        self._role = role
        self._asked: Callable[[], object] = lambda: None

    def run(self) -> None:
        """Keep figures until `end`."""
        asyncio.run(self._keep())

    def end(self) -> None:
        """Keep what is left, and end."""
        if self.is_alive():
            self._asked()
            self.join(2 * LEAVING_S)

    async def _keep(self) -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        self._asked = lambda: loop.call_soon_threadsafe(ended.set)
        database = Database(app_url(self._services.settings), pool_size=1)
        async with KeepingFigures(self._services, self._role, database=database).running():
            await ended.wait()
        await database.close()


def _tell(error: Exception) -> None:
    level = logging.DEBUG if is_away(error) else logging.ERROR
    log.log(level, "figures were not kept: %s", error, exc_info=error)


def measured(services: Services, role: str) -> list[Gauge]:
    """Return what a process measures: its connections, and of its machine the spool, the disk and the anchors."""
    host = {"host": socket.gethostname()}
    in_use, idle = services.database.connections()
    found: list[Gauge] = [
        (metrics.CONNECTIONS.name, {"role": role, "state": "in_use"}, float(in_use)),
        (metrics.CONNECTIONS.name, {"role": role, "state": "idle"}, float(idle)),
    ]
    with suppress(OSError):
        disk = shutil.disk_usage(services.settings.home)
        found.append((metrics.DISK_USED.name, host, round(1 - disk.free / disk.total, 4)))
        if role != "worker":  # workers have nothing to do with the spool
            spool = services.spool.usage()
            found.append((metrics.SPOOL.name, host, float(spool.items)))
            found.append((metrics.SPOOL_BYTES.name, host, float(spool.byte_count)))
            found.append((metrics.SPOOL_ASIDE.name, host, float(spool.aside)))
    if role == "relay":
        found.append((metrics.ANCHORS.name, host, _failing_s(services)))
    return found


def _failing_s(services: Services) -> float:
    """Return for how long anchors have failed, as is noted in the state folder by whoever writes them."""
    notes = anchor_notes.read(services.settings.home)
    try:
        since = datetime.fromisoformat(notes.since)
        return max((services.clock() - since).total_seconds(), 1.0) if notes.failure else 0.0
    except (TypeError, ValueError):  # a file that somebody wrote by hand
        return 1.0 if notes.failure else 0.0


def _ahead_s(before: datetime, after: datetime, theirs: datetime) -> float:
    """Return how far our clock is ahead, by the moment in the middle of a question; sure to half its length."""
    return round(((before - theirs) + (after - theirs)).total_seconds() / 2, 3)
