"""A worker judges what it is told of, once, and ends when it should."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextvars import Context
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from redis import Redis
from rq.worker import WorkerStatus

from data import embedded_urls
from data.priorities import Priority
from data.settings import Settings
from tests.workers import queue_probe, run_probe
from tests.workers.programs import until
from workers import heartbeat, worker, worker_process
from workers.child import Child, Program
from workers.composition import Services, compose
from workers.embedded import home as state_folder
from workers.embedded import valkey as embedded_valkey
from workers.embedded.service_user import service_user
from workers.intake import Particulars, accept
from workers.relay import Relay
from workers.worker import InspectionWorker
from workers.worker_process import WorkerProcess


async def _in_thread(services: Services, work: Callable[[WorkerProcess], Any], **changes: Any) -> Any:
    """Run `work` on a worker process of its own thread and loop, as a process would have them."""
    settings = services.settings.model_copy(update=changes)

    def body() -> Any:
        process = WorkerProcess(compose(settings, load_engines=queue_probe.engines), "probe")
        try:
            return work(process)
        finally:
            process.close()

    return await asyncio.to_thread(body)


def _burst(process: WorkerProcess) -> InspectionWorker:
    """Do all that is queued; signals are for main threads."""
    made = InspectionWorker(process)
    made._install_signal_handlers = lambda: None
    made.work(burst=True, logging_level="WARNING")
    return made


async def test_it_waits_longer_at_redis_than_redis_lets_it_wait(services: Services) -> None:
    """Else what is handed out at that moment is lost, whoever has used Redis in this process before."""

    def waits(process: WorkerProcess) -> tuple[float, int]:
        heartbeat.beat(process.services.queue.connection, process.life)
        made = InspectionWorker(process)
        made.connection.ping()
        return made.connection.connection_pool.get_connection().socket_timeout, made.dequeue_timeout

    patience_s, dequeue_s = await _in_thread(services, waits)
    assert patience_s > dequeue_s


async def test_what_was_handed_out_is_judged(services: Services) -> None:
    ids = await queue_probe.take_in(services, 5)
    await Relay(services).turn()
    done = await _in_thread(services, lambda process: (_burst(process), process.life.done)[1])
    assert done == 5
    assert await queue_probe.results(services) == ids
    assert await queue_probe.waiting(services) == 0
    assert await queue_probe.states(services) == {"done": 5}


async def test_redis_keeps_nothing_of_what_is_done(services: Services) -> None:
    await queue_probe.take_in(services, 2)
    await Relay(services).turn()
    await _in_thread(services, _burst)
    left = services.queue.connection.keys("rq:job:*")
    assert left == []


async def test_a_batch_told_twice_is_judged_once(services: Services) -> None:
    ids = await queue_probe.take_in(services, 1)
    await Relay(services).turn()
    batch_id = UUID(services.queue.job_ids[0])

    def twice(process: WorkerProcess) -> int:
        process.inspect(batch_id)
        process.inspect(batch_id)
        return process.life.done

    assert await _in_thread(services, twice) == 1
    assert await queue_probe.results(services) == ids


async def test_an_unknown_batch_is_no_error(services: Services) -> None:
    await queue_probe.take_in(services, 1)
    await Relay(services).turn()
    await _in_thread(services, lambda process: process.inspect(uuid4()))
    assert await queue_probe.states(services) == {"queued": 1}
    assert await queue_probe.waiting(services) == 1
    assert await queue_probe.results(services) == set()


async def test_while_a_batch_runs_the_process_says_so(services: Services) -> None:
    def look(process: WorkerProcess) -> tuple[bool, str]:
        seen: list[tuple[bool, str]] = []

        async def probe(*_: object, **__: object) -> Any:
            seen.append((process.busy_since is not None, process.life.doing))
            return worker_process.inspect_batch.__globals__["Outcome"]()

        process._patiently = probe  # type: ignore[method-assign]
        process.inspect(UUID(int=1))
        assert process.busy_since is None
        assert process.life.doing == "idle"
        return seen[0]

    busy, doing = await _in_thread(services, look)
    assert busy
    assert str(UUID(int=1)) in doing


@pytest.mark.parametrize(
    ("bound", "left"),
    [
        pytest.param({"worker_max_mb": 1}, 2, id="memory"),
        pytest.param({"worker_max_batches": 2}, 1, id="batches"),
        pytest.param({"worker_max_batches": 0}, 0, id="none"),
    ],
)
async def test_a_process_over_its_bound_ends_after_its_job(
    services: Services, bound: dict[str, int], left: int
) -> None:
    await queue_probe.take_in(services, 3)
    await Relay(services, workers=100, _swept=float("inf")).turn()
    assert len(services.queue) == 3
    ended = await _in_thread(services, _burst, **bound)
    assert ended.asked_to_stop == (left > 0)
    assert len(services.queue) == left


async def test_a_stop_in_the_middle_of_a_batch_asks_nothing_of_redis(services: Services) -> None:
    nowhere = services.settings.model_copy(update={"redis_url": SecretStr("unix:///nowhere.sock")})

    def body() -> bool:
        process = WorkerProcess(compose(nowhere, load_engines=queue_probe.engines), "probe")
        busy = InspectionWorker(process, prepare_for_work=False)
        busy._state = WorkerStatus.BUSY
        busy._shutdown()
        process.close()
        return bool(busy._stop_requested)

    assert await asyncio.to_thread(body)


def test_outside_a_worker_a_job_has_nothing_to_run_in() -> None:
    with pytest.raises(LookupError, match="worker process"):
        Context().run(worker_process.current)


def _variables(settings: Settings) -> dict[str, str]:
    return {
        "MARKSIGHT_HOME": str(settings.home),
        "MARKSIGHT_DATABASE_URL": settings.database_url.get_secret_value(),  # type: ignore[union-attr]
        "MARKSIGHT_REDIS_URL": settings.redis_url.get_secret_value(),  # type: ignore[union-attr]
    }


def _python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-P", *arguments)


@pytest.fixture
async def running(services: Services, postgres: Settings) -> AsyncIterator[Child]:
    """A worker as it runs in life, models and all."""
    argv = _python("-m", "dashboard.cli", "worker", "--name", "probe")
    child = Child(Program("worker", argv, Path("/"), environment=_variables(postgres)), print)
    await child.start()
    connection = services.queue.connection
    await until(lambda: heartbeat.living(connection) or child.returncode is not None)
    yield child
    await child.stop()


async def test_a_real_worker_shows_its_life_judges_and_ends_cleanly(services: Services, running: Child) -> None:
    ids = await queue_probe.take_in(services, 3)
    await Relay(services).turn()
    await queue_probe.until_judged(services, ids)
    (seen,) = heartbeat.living(services.queue.connection)
    assert (seen.role, seen.name, seen.pid) == ("worker", "probe", running.pid)
    assert running.pid is not None
    os.kill(running.pid, signal.SIGTERM)
    assert await running.wait() == 0


async def test_a_worker_outlives_a_wiped_redis(services: Services, running: Child) -> None:
    services.queue.connection.flushall()
    ids = await queue_probe.take_in(services, 2)
    await Relay(services).turn()
    await queue_probe.until_judged(services, ids)
    assert running.returncode is None


@pytest.fixture
async def own_valkey(home: Path) -> AsyncIterator[Child]:
    """A server that a test may freeze or kill."""
    folder = home / "own"
    state_folder.prepare(folder, service_user())
    embedded_valkey.prepare(folder, service_user())
    child = Child(embedded_valkey.program(folder, service_user()))
    await child.start()
    await child.until_ready()
    yield child
    child.hurry()
    await child.stop()


def _own(valkey: Child) -> dict[str, str]:
    return {"MARKSIGHT_REDIS_URL": embedded_urls.redis_url(valkey.program.cwd)}


HANGS = """
import time
from data.priorities import Priority
from data.acting import Actor, act_as
from data.settings import Settings
from workers import worker
from workers.composition import compose
from workers.worker_process import WorkerProcess
act_as(Actor("system:worker"))
process = WorkerProcess(compose(Settings()), "probe")
process.due = time.monotonic() + 0.2
worker.watch(process)
print("hangs", flush=True)
time.sleep(600)
"""


async def _ends(script: str, services: Services, own_valkey: Child) -> list[str]:
    """Return what the process said that runs the script, once it has ended itself as one that is stuck."""
    lines: list[str] = []
    variables = {**_variables(services.settings), **_own(own_valkey)}
    child = Child(Program("worker", _python("-c", script), Path("/"), environment=variables), lines.append)
    await child.start()
    async with asyncio.timeout(60):
        assert await child.wait() == worker.STUCK_CODE
    return lines


@pytest.mark.parametrize("redis_is", ["there", "frozen"])
async def test_a_job_that_hangs_takes_its_process_along(services: Services, own_valkey: Child, redis_is: str) -> None:
    if redis_is == "frozen":
        os.kill(own_valkey.pid or 0, signal.SIGSTOP)
    assert any("did not end when it was due" in line for line in await _ends(HANGS, services, own_valkey))


FAILS = HANGS.replace("process.due = time.monotonic() + 0.2", "worker.heartbeat.beat = None")


async def test_a_worker_that_shows_its_life_no_more_ends(services: Services, own_valkey: Child) -> None:
    assert any("the thread show_life has failed" in line for line in await _ends(FAILS, services, own_valkey))


async def test_a_worker_asked_to_stop_while_redis_is_away_ends_cleanly(services: Services, own_valkey: Child) -> None:
    lines: list[str] = []
    variables = {**_variables(services.settings), **_own(own_valkey)}
    argv = _python("-m", "dashboard.cli", "worker", "--name", "probe")
    child = Child(Program("worker", argv, Path("/"), environment=variables), lines.append)
    await child.start()
    connection = Redis.from_url(variables["MARKSIGHT_REDIS_URL"])
    await until(lambda: any(connection.hget(key, "state") == b"idle" for key in connection.keys("rq:worker:*")))
    connection.close()
    own_valkey.hurry()
    await until(lambda: any("Redis" in line for line in lines))
    os.kill(child.pid or 0, signal.SIGTERM)
    try:
        async with asyncio.timeout(30):
            assert await child.wait() == 0
    finally:
        await child.stop()


async def test_a_stored_run_is_opened_and_judged_by_way_of_redis(services: Services) -> None:
    run_id = await run_probe.stored_run(services, {"lot.zip": run_probe.zipped(run_probe.pictures(5)), "b": b"words"})
    relay = Relay(services)
    for _ in range(3):
        await relay.turn()
        await _in_thread(services, _burst)
    found = await run_probe.shown(services, run_id)
    assert (found.state, found.counts.judged, found.counts.files_refused) == ("done", 5, 1)
    assert services.queue.connection.keys("rq:job:*") == []


async def test_files_are_told_of_once_while_redis_knows_it_and_again_when_it_has_forgotten(services: Services) -> None:
    await run_probe.stored_run(services)
    relay = Relay(services)
    await relay.turn()
    await relay.turn()
    assert len(services.queue) == 1
    services.queue.connection.flushall()
    await relay.turn()
    assert len(services.queue) == 1


async def test_a_worker_asked_to_stop_hands_back_what_it_has_not_begun(services: Services) -> None:
    ids = await queue_probe.take_in(services, 4)
    await Relay(services, workers=1, _swept=float("inf")).turn()

    def stopped(process: WorkerProcess) -> None:
        process.asked_to_stop = True
        _burst(process)

    await _in_thread(services, stopped)
    assert await queue_probe.states(services) == {"received": len(ids)}
    assert {row.attempts for row in await run_probe.outbox(services)} == {0}


async def test_what_somebody_waits_for_is_judged_by_an_idle_worker_that_is_told(services: Services) -> None:
    id_ = await accept(services, queue_probe.picture(), Particulars(priority=Priority.WAITING))
    await Relay(services).hurry()
    await _in_thread(services, _burst)
    assert await queue_probe.results(services) == {id_}
