"""The relay: hands what waits to the workers, and takes back what was lost on the way. One loop does both.

1. The outbox in Postgres is the truth; Redis holds ids of batches, and may lose them all at any time.
2. A batch that could not be enqueued is handed back at once; one that Redis has forgotten, at the next sweep; one whose
   worker is gone, when its lease is over.
3. What somebody waits for is in no batch and in no line: a worker is told at once, before all else.
4. While Postgres or Redis is away the relay waits, longer each time up to a bound, and says so once. Any other
   failure ends it, and is seen: the supervisor starts it anew.
5. The daily chores (`workers.upkeep`) and the anchors of the audit trail (`workers.anchoring`) go on beside the work,
   and hold none of it up when they fail.
6. It may be killed anywhere, and any number may run: each row is in one batch, and each batch is claimed once.
7. While files wait to be opened, one job that opens them is out; what it leaves, the next one takes up. Runs that have
   come to their end without a worker's noticing are settled at the next sweep.
"""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from uuid import UUID

from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus

from data.channels import FILES, OUTBOX, RESULTS
from data.outage import AWAY, is_away
from data.priorities import Priority
from data.queries.opening import files_wait
from data.queries.queue import unclaimed_batches
from data.queries.waiting import overtaking_up_to, waiting_up_to
from data.settings import Settings
from data.urls import app_url
from workers import anchoring, heartbeat, metrics, outbox, runs, upkeep
from workers.composition import Services, compose
from workers.keeping_figures import KeepingFigures
from workers.urgency import priority_of
from workers.wake import Wake

log = logging.getLogger(__name__)

JOB = "workers.jobs.inspect"
URGENT_JOB = "workers.jobs.inspect_urgent"
URGENT = "urgent-"
"""How the ids of jobs begin that tell of something somebody waits for."""
MOST_URGENT = 32
OPENING_JOB = "workers.jobs.open_files"
REOPEN_S = 15.0
"""After so long another job is told to open files: whoever began the last may be dead, and Redis does not know."""

POLL_S = 0.5
GATHER_S = 0.02
"""How long what is told is gathered before a turn: a burst is one turn then, and what was told of goes on meanwhile."""
SWEEP_S = 2.0
PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)
SHARES = 4
"""A long line is cut so that each worker comes back for more this often: none idles while another has a pile."""


def enqueue(queue: Queue, batch_id: UUID) -> None:
    """Tell a worker of a batch; told twice, it claims once. No time-out: the lease is the time-out."""
    name = str(batch_id)
    queue.enqueue_call(JOB, (name,), job_id=name, timeout=-1, result_ttl=0, failure_ttl=60, description=name)


def hurry(queue: Queue, name: UUID) -> None:
    """Tell a worker, before all else, that somebody waits; told too often, there is nothing left to claim."""
    told = f"{URGENT}{name}"
    queue.enqueue_call(
        URGENT_JOB, job_id=told, timeout=-1, result_ttl=0, failure_ttl=60, description=told, at_front=True
    )


def enqueue_opening(queue: Queue, name: str) -> None:
    """Tell a worker that files wait; told too often, it finds none."""
    queue.enqueue_call(OPENING_JOB, (), job_id=name, timeout=-1, result_ttl=0, failure_ttl=60, description=name)


def batch_limit(waiting: int, workers: int) -> int:
    """Return how many inspections go into the next batch, so that every worker gets its share."""
    return max(1, min(outbox.BATCH_SIZE, math.ceil(waiting / (max(workers, 1) * SHARES))))


@dataclass
class Relay:
    """One relay at work; `turn` does everything that is due."""

    services: Services
    workers: int = 1
    done: int = 0
    _swept: float = field(default=-math.inf)
    _opener: tuple[str, float] = ("", -math.inf)

    async def turn(self) -> None:
        """Sweep when it is time, and hand out as much as workers can begin soon."""
        if time.monotonic() - self._swept >= SWEEP_S:
            await self._sweep()
            self._swept = time.monotonic()
        while await self._hand_out():
            self.done += 1
            self.services.counting.count(metrics.BATCHES)
        await self._have_opened()

    async def _have_opened(self) -> None:
        """Have files opened, if any wait and nobody is told yet."""
        async with self.services.database.session(planned_once=True) as session:
            waiting = await files_wait(session, self.services.settings.lease_s)
        if not waiting or await asyncio.to_thread(self._is_told):
            return
        name = f"opening-{self.services.database.ids()}"
        await asyncio.to_thread(enqueue_opening, self.services.queue, name)
        self._opener = (name, time.monotonic())

    def _is_told(self) -> bool:
        """Tell whether a job that opens files waits in Redis, or was begun a moment ago."""
        name, since = self._opener
        if not name:
            return False
        try:
            job = Job.fetch(name, self.services.queue.connection, self.services.queue.serializer)
        except NoSuchJobError:
            return False
        return job.get_status(refresh=False) == JobStatus.QUEUED or time.monotonic() - since < REOPEN_S

    async def _hand_out(self) -> bool:
        async with self.services.database.session(planned_once=True) as session:
            waiting = await waiting_up_to(session, outbox.BATCH_SIZE * SHARES * max(self.workers, 1))
        if not waiting:
            return False
        batch_id = await outbox.next_batch(self.services, batch_limit(waiting, self.workers))
        if batch_id is None:
            return False
        try:
            await asyncio.to_thread(enqueue, self.services.queue, batch_id)
        except BaseException:  # whatever it is, and even when we are told to stop: the batch is in nobody's hands
            await asyncio.shield(outbox.hand_back(self.services, batch_id))
            raise
        return True

    async def hurry(self) -> None:
        """Tell a worker that somebody waits."""
        await asyncio.to_thread(hurry, self.services.queue, self.services.database.ids())

    async def _sweep(self) -> None:
        """Take back what is lost, tell once more of what somebody waits for, and count who is there to work."""
        async with self.services.database.session() as session:
            unclaimed = await unclaimed_batches(session)
            overtaking = await overtaking_up_to(session, MOST_URGENT)
        queue = self.services.queue
        queued = set(await asyncio.to_thread(queue.get_job_ids))
        for _ in range(overtaking - sum(name.startswith(URGENT) for name in queued)):
            await self.hurry()
        told = {batch_id for batch_id in unclaimed if str(batch_id) in queued}
        lost = await outbox.requeue_expired(self.services, told=told)
        for batch_id in unclaimed:
            if batch_id not in told and not await asyncio.to_thread(Job.exists, str(batch_id), queue.connection):
                lost += await outbox.hand_back(self.services, batch_id)
        if lost:
            log.warning("%d inspections were lost on the way to a worker or by one, and wait again", lost)
        await runs.settle(self.services)
        beats = await asyncio.to_thread(heartbeat.living, queue.connection)
        self.workers = sum(each.role == "worker" for each in beats)


async def run(settings: Settings) -> None:
    """Relay until TERM or INT."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  # a coroutine runs in one
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    services = compose(settings)
    wake = Wake(app_url(settings), (OUTBOX, RESULTS, FILES))
    relay = Relay(services, settings.workers)
    urgent = asyncio.Semaphore(0)
    try:
        with wake.telling(
            OUTBOX, lambda payload: urgent.release() if priority_of(payload) == Priority.WAITING else None
        ):
            figures = KeepingFigures(services, "relay")
            async with wake.listening(), figures.running(), asyncio.TaskGroup() as group:
                group.create_task(_hurry(relay, urgent))
                group.create_task(_beat(relay))
                group.create_task(_relay(relay, wake))
                for chore in upkeep.chores():
                    group.create_task(upkeep.for_ever(services, chore))
                group.create_task(anchoring.for_ever(services))
    except asyncio.CancelledError:
        log.info("the relay ends")
    finally:
        await services.close()


async def _relay(relay: Relay, wake: Wake) -> None:
    failures = 0
    while True:
        try:
            await relay.turn()
        except (RedisError, *AWAY) as error:
            if not isinstance(error, RedisError) and not is_away(error):
                raise
            pause = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
            if failures == 0:
                log.warning("waiting for Postgres or Redis to come back: %s", _first_line(error))
            failures += 1
            await asyncio.sleep(pause)
            continue
        if failures:
            log.info("Postgres and Redis are back")
        failures = 0
        if await wake.within(POLL_S):
            await asyncio.sleep(GATHER_S)


async def _hurry(relay: Relay, urgent: asyncio.Semaphore) -> None:
    """Tell of each thing that somebody waits for as soon as it is there; what is missed, the sweep tells."""
    while True:
        await urgent.acquire()
        try:
            await relay.hurry()
        except RedisError as error:
            log.debug("somebody waits, and no worker was told: %s", error)


async def _beat(relay: Relay) -> None:
    connection, own = relay.services.queue.connection, heartbeat.first("relay", "relay")
    try:
        while True:
            try:
                await asyncio.to_thread(heartbeat.beat, connection, replace(own, done=relay.done))
            except RedisError as error:
                log.debug("no heartbeat: %s", error)
            await asyncio.sleep(heartbeat.EVERY_S)
    finally:
        with suppress(RedisError):
            heartbeat.leave(connection, own)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
