"""A worker: an RQ worker on one queue, that keeps its models and connections from job to job.

Measured on two cores with RQ 2.12 and jobs that do nothing: forking a process a job 68 jobs a second, spawning one 5
(and it cannot take a Unix socket's URL), working in the worker's own process 430. A fork would also begin every batch
with new connections, and outlives its killed parent. So `SimpleWorker`; what forking gave is had otherwise:

1. A picture that hangs: its thread is left behind, the rest of its batch handed back, and the process replaced
   (`workers.inspecting`). Where the whole process hangs, a watchdog thread ends it, which asks nobody and bites while
   Redis is frozen too; where not even that can run, because native code holds Python's lock, the watchdog of
   `faulthandler`, which needs none. The supervisor starts another, the lease runs out.
2. A job that takes the process down: the same; a picture that was begun before is handed out alone.
3. A process that grows, or has done much: it ends before memory is short (`workers.memory`) or over a bound of the
   settings, and hands back what it has not begun.
4. Asked to stop (TERM), it finishes the picture it has, whether Redis is there or not, and hands back the rest of its
   batch.
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
from workers.worker_process import WAIT_S, WorkerProcess

log = logging.getLogger(__name__)

STUCK_CODE = 70  # sysexits.h, EX_SOFTWARE
LEFT_BEHIND_CODE = 75  # sysexits.h, EX_TEMPFAIL
PAUSES_S = (0.2, 0.5, 1.0, 2.0)
WATCH_S = 1.0


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
        queue, name = process.queue, f"{process.life.name}-{uuid4().hex[:8]}"
        super().__init__(
            [queue],
            connection=queue.connection,
            name=name,
            serializer=queue.serializer,
            worker_ttl=WAIT_S,
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
        self._process.asked_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def set_shutdown_requested_date(self) -> None:
        """Tell Redis nothing: it may be away, and this runs in the signal's handler, in the middle of a job."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job, and end after it if the process should be replaced."""
        super().execute_job(job, queue)
        reason = self._process.outworn()
        if reason is not None:
            log.warning("ending, to be replaced: %s", reason)
            self.asked_to_stop = self._stop_requested = True


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
        _end(process)


def _end(process: WorkerProcess) -> None:
    """Close everything; what was left behind in a thread would be waited for, so then the process just ends."""
    if process.left_behind is not None:
        logging.shutdown()
        os._exit(LEFT_BEHIND_CODE)
    process.figures.end()
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
    """Show the process's life, keep its figures, and end it when its job hangs; each from a thread of its own."""
    process.watched = True
    process.figures.start()
    for task in (_show_life, _guard):
        name = task.__name__.strip("_")
        threading.Thread(target=_for_life, args=(task, process, name), daemon=True, name=name).start()


def _for_life(task: Callable[[WorkerProcess], None], process: WorkerProcess, name: str) -> None:
    """Do what the process must not be without: if it fails, the process ends, and is replaced."""
    try:
        task(process)
    except Exception:  # a thread's boundary
        if process.over.is_set():  # its connections have just been closed: it ends anyway
            return
        log.exception("ending: the thread %s has failed", name)
        logging.shutdown()
        os._exit(STUCK_CODE)


def _show_life(process: WorkerProcess) -> None:
    """Beat until the process is over."""
    redis = process.services.queue.connection
    while not process.over.is_set():
        try:
            heartbeat.beat(redis, process.life)
        except RedisError as error:
            log.debug("no heartbeat: %s", error)
        process.over.wait(heartbeat.EVERY_S)


def _guard(process: WorkerProcess) -> None:
    """End the process when what it does is over its time."""
    while not process.over.wait(WATCH_S):
        if time.monotonic() > process.due:
            log.error("ending: %s did not end when it was due", process.life.doing)
            logging.shutdown()
            os._exit(STUCK_CODE)
