"""Progress of runs as server-sent events: the run as it is, whenever it moves, until it has ended.

1. The process's one listener is told for everyone; a run is looked at once for all who follow it.
2. Who follows gets the newest, and may miss what lay between; looks keep a distance that grows with what they cost.
3. An event's id is made from what it says: who comes again with it (`Last-Event-ID`) gets what is new alone.
4. A notification may be missed, so a run that is followed is looked at every `LOOK_S` besides.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from dashboard.api.run_schemas import RunView
from data.channels import RUNS
from data.listening import Listener
from data.outage import AWAY, is_away

LOOK_S = 5.0
APART_S = 0.2
"""Least time between two looks at a run."""

REST = 4
"""A look that took long is followed by a rest of so many times that."""

HEARTBEAT_S = 15.0
RETRY_MS = 2000

Look = Callable[[UUID], Awaitable[RunView]]


class RunFeed:
    """Who follows which run."""

    def __init__(self, listener: Listener, look: Look, *, look_s: float = LOOK_S) -> None:
        self._listener = listener
        self._look = look
        self._look_s = look_s
        self._watched: dict[UUID, _Watched] = {}
        self._ended = False

    @property
    def followers(self) -> int:
        """How many follow a run now."""
        return sum(watched.followers for watched in self._watched.values())

    @contextmanager
    def following(self) -> Iterator[None]:
        """Pass on what the listener hears while the context lasts."""
        with self._listener.follow((RUNS,), self._told):
            yield

    def end(self) -> None:
        """Let nobody follow any longer."""
        self._ended = True
        for watched in self._watched.values():
            watched.over = True
            watched.moved()

    async def follow(self, run_id: UUID, *, heartbeat_s: float = HEARTBEAT_S) -> AsyncIterator[RunView | None]:
        """Yield a run now, and whenever it has moved, until it has ended; None where nothing moved for a while."""
        watched = self._watch(run_id)
        seen = 0
        try:
            while True:
                if not await watched.beyond(seen, heartbeat_s):
                    yield None
                elif watched.version > seen:
                    seen = watched.version
                    yield watched.view
                if watched.over and watched.version == seen:
                    return
        finally:
            self._leave(run_id, watched)

    def _told(self, payload: str | None) -> None:
        for watched in self._concerned(payload):
            watched.told.set()

    def _concerned(self, payload: str | None) -> list[_Watched]:
        """Return the run that a notification names, if somebody follows it; every run, if it names none."""
        try:
            run_id = UUID(json.loads(payload or "")["run_id"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return list(self._watched.values())
        return [self._watched[run_id]] if run_id in self._watched else []

    def _watch(self, run_id: UUID) -> _Watched:
        watched = self._watched.get(run_id)
        if watched is None or watched.over:
            watched = self._watched[run_id] = _Watched()
            watched.over = self._ended
            watched.task = asyncio.create_task(watched.look_on(lambda: self._look(run_id), self._look_s))
        watched.followers += 1
        return watched

    def _leave(self, run_id: UUID, watched: _Watched) -> None:
        watched.followers -= 1
        if watched.followers == 0:
            if watched.task is not None:
                watched.task.cancel()
            if self._watched.get(run_id) is watched:
                del self._watched[run_id]


class _Watched:
    """A run that somebody follows."""

    def __init__(self) -> None:
        self.followers = 0
        self.version = 0
        self.view: RunView | None = None
        self.over = False
        self.told = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    def moved(self) -> None:
        """Wake everyone who follows."""
        self._news.set()
        self._news = asyncio.Event()

    async def beyond(self, version: int, timeout_s: float) -> bool:
        """Wait until there is a newer version, or none will come; False if nothing happened in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.version == version and not self.over:
                    await self._news.wait()
        return self.version > version or self.over

    async def look_on(self, look: Callable[[], Awaitable[RunView]], look_s: float) -> None:
        """Look whenever told, until the run has ended."""
        try:
            while not self.over:
                self.told.clear()
                begun = time.monotonic()
                await self._look(look)
                await asyncio.sleep(max(APART_S, REST * (time.monotonic() - begun)))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.told.wait(), look_s)
        finally:
            self.over = True
            self.moved()

    async def _look(self, look: Callable[[], Awaitable[RunView]]) -> None:
        try:
            view = await look()
        except AWAY as error:  # it may come back; who follows waits
            if not is_away(error):
                raise
            return
        if view != self.view:
            self.view, self.version = view, self.version + 1
        self.over = self.over or view.has_ended
        if self.version:
            self.moved()


def event_id(view: RunView) -> str:
    """Return what names a run as it is now."""
    return hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:16]


async def events(views: AsyncIterator[RunView | None], last_id: str | None) -> AsyncIterator[bytes]:
    """Yield the text of a stream of events; what `last_id` names is not said again."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    async for view in views:
        if view is None:
            yield b": nothing moved\n\n"
        elif (told := event_id(view)) != last_id:
            last_id = told
            yield f"id: {told}\nevent: run\ndata: {view.model_dump_json()}\n\n".encode()
