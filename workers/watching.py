"""The process that watches: every watched folder of the database, followed as they are named, paused and removed.

1. It idles on one connection that listens, with no folder named. While the database is away the folders it knows are
   watched on, and what they bring is spooled.
2. Several of it on the same folders do no harm: a file is inspected once.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from redis.exceptions import RedisError

from data.alongside import end
from data.channels import WATCHED
from data.outage import is_away
from data.queries.watched import Watch, watches
from data.settings import Settings
from data.urls import app_url
from workers import heartbeat
from workers.catching_up import CatchingUp
from workers.composition import Services, compose
from workers.folder_watch import FolderWatch
from workers.keeping_figures import KeepingFigures
from workers.wake import Wake

log = logging.getLogger(__name__)

POLL_S = 15.0
PAUSE_S = 2.0
IN_FLIGHT = 4


class Watching:
    """Watches what the database names; `follow` brings what is watched up to date."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._gate = asyncio.Semaphore(IN_FLIGHT)
        self._running: dict[UUID, tuple[FolderWatch, asyncio.Task[None]]] = {}

    @property
    def folders(self) -> tuple[FolderWatch, ...]:
        """The folders that are watched now, by station."""
        return tuple(sorted((each for each, _ in self._running.values()), key=lambda each: each.watch.station))

    async def follow(self) -> None:
        """Watch what the database names now, and nothing else.

        Raises:
            AWAY: the database is away; what was watched is watched on.
        """
        async with self.services.database.session(planned_once=True) as session:
            wanted = {each.station_id: each for each in await watches(session) if each.drop.active}
        for station_id, (folder, _) in list(self._running.items()):
            if wanted.get(station_id) != folder.watch:
                await self._end(station_id)
        for station_id, watch in wanted.items():
            if station_id not in self._running:
                self._begin(watch)

    async def end(self) -> None:
        """Watch nothing any more."""
        for station_id in list(self._running):
            await self._end(station_id)

    def _begin(self, watch: Watch) -> None:
        folder = FolderWatch(self.services, watch, gate=self._gate)
        self._running[watch.station_id] = folder, asyncio.create_task(folder.for_ever())
        log.info("watching %s for station %s", watch.drop.path, watch.station)

    async def _end(self, station_id: UUID) -> None:
        folder, task = self._running.pop(station_id)
        await end(task)
        log.info("no longer watching %s", folder.watch.drop.path)


async def run(settings: Settings) -> None:
    """Watch until TERM or INT."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  # a coroutine runs in one
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    services = compose(settings)
    watching = Watching(services)
    wake = Wake(app_url(settings), (WATCHED,))
    try:
        services.tracing.begin("watch")
        figures = KeepingFigures(services, "watcher")
        async with wake.listening(), CatchingUp(services).running(), figures.running(), asyncio.TaskGroup() as group:
            group.create_task(_beat(watching))
            group.create_task(_follow(watching, wake))
    except asyncio.CancelledError:
        log.info("watching ends")
    finally:
        await watching.end()
        await services.close()


async def _follow(watching: Watching, wake: Wake) -> None:
    told = False
    while True:
        try:
            await watching.follow()
        except Exception as error:
            if not is_away(error):
                raise
            if not told:
                log.warning("waiting for Postgres to come back: %s", error)
            told = True
            await asyncio.sleep(PAUSE_S)
            continue
        told = False
        await wake.within(POLL_S)


async def _beat(watching: Watching) -> None:
    own = heartbeat.first("watcher", "watch")
    while True:
        with suppress(RedisError, OSError):
            fresh = replace(own, doing=doing(watching.folders), done=sum(each.state.taken for each in watching.folders))
            await asyncio.to_thread(heartbeat.beat, watching.services.queue.connection, fresh)
        await asyncio.sleep(heartbeat.EVERY_S)


def doing(folders: tuple[FolderWatch, ...]) -> str:
    """Say how the folders stand, in a line: what is wrong with any comes first."""
    troubles = [f"{each.watch.station}: {each.state.trouble}" for each in folders if each.state.trouble]
    if troubles:
        return f"{TROUBLE}{'; '.join(troubles)}"
    if not folders:
        return "no folder is watched"
    waiting = sum(each.state.waiting for each in folders)
    return f"{len(folders)} watched, {waiting:,} files wait"


TROUBLE = "waits: "
"""How the line begins that says what is wrong."""
