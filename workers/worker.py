"""A worker: an RQ worker on one queue, that keeps its models and connections from job to job.

Measured on two cores with RQ 2.12 and jobs that do nothing: forking a process a job 68 jobs a second, spawning one 5
(and it cannot take a Unix socket's URL), working in the worker's own process 430. A fork would also begin every batch
with new connections, and outlives its killed parent. So `SimpleWorker`; what forking gave is had otherwise:

1. A job that hangs: a watchdog thread ends the process, the supervisor starts another, the lease runs out. The
   watchdog asks nobody: it bites while Redis is frozen too.
2. A job that takes the process down: the same; a picture that was begun before is handed out alone.
3. A process that grows, or has done much: it ends after the job that took it over a bound of the settings.
4. Asked to stop (TERM), it finishes the batch it has, whether Redis is there or not.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from types import FrameType
from uuid import uuid4

from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.queue import Queue
from rq.timeouts import BaseDeathPenalty

from core.engines import Engines
from data.settings import Settings
from workers import heartbeat
from workers.composition import compose
from workers.worker_process import WorkerProcess

log = logging.getLogger(__name__)

STUCK_CODE = 70  # sysexits.h, EX_SOFTWARE
PAUSES_S = (0.2, 0.5, 1.0, 2.0)
WATCH_S = 1.0
TTL_S = 60
"""RQ waits at Redis for a little less at a time: for so long may a connection that broke without a word deceive it."""


class NoTimeOut(BaseDeathPenalty):
    """RQ's time-out by alarm is left out: raised in the middle of an event loop, it would break more than the job."""

    def setup_death_penalty(self) -> None:
        """Set no alarm."""

    def cancel_death_penalty(self) -> None:
        """There is no alarm."""


class InspectionWorker(SimpleWorker):
    """RQ's worker, as it must be here.

    Each has a name of its own: RQ refuses the name of one that was killed until it has forgotten it.
    """

    death_penalty_class = NoTimeOut

    max_connection_wait_time = 2.0  # seconds; RQ's own would let a worker rest a minute after Redis is back
    log_result_lifespan = False
    asked_to_stop = False

    def __init__(self, process: WorkerProcess, *, prepare_for_work: bool = True) -> None:
        queue, name = process.services.queue, f"{process.life.name}-{uuid4().hex[:8]}"
        super().__init__(
            [queue],
            connection=queue.connection,
            name=name,
            serializer=queue.serializer,
            worker_ttl=TTL_S,
            log_job_description=False,
            prepare_for_work=prepare_for_work,
        )
        self._process = process

    def subscribe(self) -> None:
        """Take no orders over Redis: what is cancelled is cancelled in the outbox."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed to."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Finish what is begun, then end."""
        self.asked_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def set_shutdown_requested_date(self) -> None:
        """Tell Redis nothing: it may be away, and this runs in the signal's handler, in the middle of a job."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job, and end after it if the process should be replaced."""
        super().execute_job(job, queue)
        reason = outworn(self._process)
        if reason:
            log.warning("ending, to be replaced: %s", reason)
            self.asked_to_stop = self._stop_requested = True


def outworn(process: WorkerProcess) -> str:
    """Say why the process should be replaced by a new one; nothing while it should not."""
    settings, grown = process.services.settings, heartbeat.resident_mb()
    if grown > settings.worker_max_mb:
        return f"it holds {grown} MB, more than {settings.worker_max_mb}"
    if 0 < settings.worker_max_batches <= process.batches:
        return f"it has done {process.batches} batches"
    return ""


def run(settings: Settings, *, name: str = "", load_engines: Callable[[], Engines] | None = None) -> None:
    """Work until TERM or INT, or until the process should be replaced; with the installed engines, if none are told."""
    process = WorkerProcess(compose(settings, load_engines=load_engines), name)
    process.warm()
    watch(process)
    try:
        _work_on(process)
    except StopRequested:
        log.info("asked to stop while waiting for Redis")
    finally:
        process.close()


def _work_on(process: WorkerProcess) -> None:
    """Work with one RQ worker after another until one was asked to stop."""
    failures = 0
    while True:
        try:
            if _work(process):
                return
            failures = 0
        except RedisError as error:
            if failures == 0:
                log.warning("waiting for Redis to come back: %s", error)
            time.sleep(PAUSES_S[min(failures, len(PAUSES_S) - 1)])
            failures += 1


def _work(process: WorkerProcess) -> bool:
    """Work with one RQ worker until it ends; tell whether it was asked to."""
    worker = InspectionWorker(process)
    try:
        worker.work(logging_level="WARNING")
    except RedisError:
        if not worker.asked_to_stop:  # else it only could not take its leave of Redis
            raise
    return worker.asked_to_stop


def watch(process: WorkerProcess) -> None:
    """Show the process's life, and end the process when its job hangs; each from a thread of its own."""
    for task in (_show_life, _guard):
        threading.Thread(target=task, args=(process,), daemon=True, name=task.__name__.strip("_")).start()


def _show_life(process: WorkerProcess) -> None:
    """Beat for ever."""
    redis = process.services.queue.connection
    while True:
        try:
            heartbeat.beat(redis, process.life)
        except RedisError as error:
            log.debug("no heartbeat: %s", error)
        time.sleep(heartbeat.EVERY_S)


def _guard(process: WorkerProcess) -> None:
    """End the process when its job hangs."""
    longest_s = process.services.settings.worker_stuck_s
    while True:
        began = process.busy_since
        if began is not None and time.monotonic() - began > longest_s:
            log.error("ending: %s has run for more than %g s", process.life.doing, longest_s)
            os._exit(STUCK_CODE)
        time.sleep(min(WATCH_S, longest_s))
