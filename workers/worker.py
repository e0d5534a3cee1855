"""A worker: an RQ worker on one queue, that keeps its models and connections from job to job.

Measured on two cores with RQ 2.12 and jobs that do nothing: forking a process a job 68 jobs a second, spawning one 5
(and it cannot take a Unix socket's URL), working in the worker's own process 430. A fork would also begin every batch
with new connections, and outlives its killed parent. So `SimpleWorker`; what forking gave is had otherwise:

1. A picture that hangs: its thread is left behind, the rest of its batch handed back, and the process replaced
   (`workers.inspecting`). Where the whole process hangs, a watchdog thread ends it; where not even that can run,
   because native code holds Python's lock, the watchdog of `faulthandler`, which needs none. The supervisor starts
   another, the lease runs out.
2. A job that takes the process down: the same; a picture that was begun before is handed out alone.
3. A process that grows: it ends before memory is short (`workers.memory`), and hands back what it has not begun.
4. Asked to stop (TERM), it finishes the picture it has, and hands back the rest of its batch.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from types import FrameType
from uuid import uuid4

from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.job import Job
from rq.queue import Queue
from rq.timeouts import BaseDeathPenalty

from data.settings import Settings
from workers import heartbeat
from workers.composition import compose
from workers.worker_process import WorkerProcess, current

log = logging.getLogger(__name__)

STUCK_CODE = 70  # sysexits.h, EX_SOFTWARE
LEFT_BEHIND_CODE = 75  # sysexits.h, EX_TEMPFAIL
PAUSES_S = (0.2, 0.5, 1.0, 2.0)


class NoTimeOut(BaseDeathPenalty):
    """RQ's time-out by alarm is left out: raised in the middle of an event loop, it would break more than the job."""

    def setup_death_penalty(self) -> None:
        """Set no alarm."""

    def cancel_death_penalty(self) -> None:
        """There is no alarm."""


class InspectionWorker(SimpleWorker):
    """RQ's worker, as it must be here."""

    death_penalty_class = NoTimeOut

    max_connection_wait_time = 2.0  # seconds; RQ's own would let a worker rest a minute after Redis is back
    log_result_lifespan = False
    asked_to_stop = False
    process: WorkerProcess | None = None

    def subscribe(self) -> None:
        """Take no orders over Redis: what is cancelled is cancelled in the outbox."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed to."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Finish what is begun, then end."""
        self.asked_to_stop = True
        if self.process is not None:
            self.process.asked_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job, and end after it if the process should be replaced."""
        super().execute_job(job, queue)
        process = current()
        reason = process.why_to_end()
        if reason is not None:
            log.warning("ending to give back memory: %s", reason)
        if process.left_behind is not None:
            log.warning("ending: %s was left behind in its thread", process.left_behind)
        if reason is not None or process.left_behind is not None:
            self.asked_to_stop = self._stop_requested = True


def run(settings: Settings, *, name: str = "") -> None:
    """Work until TERM or INT, or until the process should be replaced."""
    process = WorkerProcess(compose(settings), name)
    process.warm()
    watch(process)
    failures = 0
    try:
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
    finally:
        _end(process)


def _end(process: WorkerProcess) -> None:
    """Close everything; what was left behind in a thread would be waited for, so then the process just ends."""
    if process.left_behind is not None:
        logging.shutdown()
        os._exit(LEFT_BEHIND_CODE)
    process.close()


def _work(process: WorkerProcess) -> bool:
    """Work with one RQ worker until it ends; tell whether it was asked to.

    Each has a name of its own: RQ refuses the name of one that was killed until it has forgotten it.
    """
    queue = process.services.queue
    name = f"{process.life.name}-{uuid4().hex[:8]}"
    worker = InspectionWorker([queue], connection=queue.connection, name=name, serializer=queue.serializer)
    worker.log_job_description = False
    worker.process = process
    worker.work(logging_level="WARNING")
    return worker.asked_to_stop


def watch(process: WorkerProcess) -> None:
    """Show the process's life from a thread of its own, and end the process when its job hangs."""
    process.watched = True
    threading.Thread(target=_show_life, args=(process,), daemon=True, name="heartbeat").start()


def _show_life(process: WorkerProcess) -> None:
    """Beat for ever; end the process when its job hangs."""
    redis = process.services.queue.connection
    while True:
        try:
            heartbeat.beat(redis, process.life)
        except RedisError as error:
            log.debug("no heartbeat: %s", error)
        if time.monotonic() > process.due:
            log.error("ending: %s did not end when it was due", process.life.doing)
            os._exit(STUCK_CODE)
        time.sleep(heartbeat.EVERY_S)
