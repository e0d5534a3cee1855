"""The relay hands out what waits, and loses nothing on the way."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from math import inf
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from redis.exceptions import RedisError
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from data.priorities import Priority
from data.repositories.outbox import Lease
from data.tables import OutboxItem
from data.urls import app_url
from tests.workers.programs import until
from tests.workers.queue_probe import picture, states, take_in, waiting
from workers import heartbeat, outbox, relay
from workers.composition import Services, compose
from workers.intake import Particulars, accept
from workers.relay import Relay, batch_limit, enqueue
from workers.wake import Wake


def _queued(services: Services) -> list[UUID]:
    return [UUID(name) for name in services.queue.job_ids]


async def test_with_nothing_waiting_nothing_is_handed_out(services: Services) -> None:
    await Relay(services).turn()
    assert _queued(services) == []


async def test_all_that_waits_is_handed_out_in_shares(services: Services) -> None:
    await take_in(services, 10)
    await Relay(services, workers=2).turn()
    assert len(_queued(services)) > 1
    assert await states(services) == {"queued": 10}


async def test_a_second_turn_hands_nothing_out_twice(services: Services) -> None:
    await take_in(services, 3)
    own = Relay(services)
    await own.turn()
    before = _queued(services)
    await own.turn()
    assert _queued(services) == before


async def test_two_relays_share_the_work(services: Services) -> None:
    await take_in(services, 6)
    await asyncio.gather(Relay(services).turn(), Relay(services).turn())
    assert len(set(_queued(services))) == len(_queued(services))
    assert await states(services) == {"queued": 6}


async def test_no_more_is_out_than_workers_can_begin_soon(services: Services) -> None:
    await take_in(services, outbox.MAX_UNCLAIMED + 5)
    await Relay(services, workers=100, _swept=inf).turn()
    assert len(_queued(services)) == outbox.MAX_UNCLAIMED
    assert (await states(services))["received"] == 5


async def test_with_redis_away_everything_waits_on(services: Services) -> None:
    await take_in(services, 3)
    nowhere = compose(services.settings.model_copy(update={"redis_url": SecretStr("unix:///nowhere.sock")}))
    with pytest.raises(RedisError):
        await Relay(nowhere, _swept=inf).turn()
    await nowhere.close()
    assert await states(services) == {"received": 3}
    await Relay(services).turn()
    assert await states(services) == {"queued": 3}


async def test_what_redis_has_forgotten_is_handed_out_anew(services: Services) -> None:
    await take_in(services, 3)
    await Relay(services).turn()
    forgotten = set(_queued(services))
    services.queue.connection.flushall()
    await Relay(services).turn()
    again = set(_queued(services))
    assert again
    assert not again & forgotten
    assert await states(services) == {"queued": 3}


async def test_what_still_stands_in_line_for_a_worker_is_left_there(services: Services) -> None:
    await take_in(services, 2)
    await Relay(services).turn()
    before = _queued(services)
    async with services.database.unit_of_work() as work:
        long_ago = text("now() - interval '1 hour'")
        await work.session.execute(update(OutboxItem).values(batched_at=long_ago))
        await work.commit()
    await Relay(services).turn()
    assert _queued(services) == before


class Turns(Relay):
    """Raises what it was given, one a turn, and then says that it is through."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.through = asyncio.Event()

    async def turn(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.through.set()


@pytest.mark.parametrize(
    "error", [RedisError("no socket"), ConnectionRefusedError("no socket")], ids=["redis", "postgres"]
)
async def test_what_is_away_is_waited_for_and_said_once(
    services: Services, error: Exception, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "PAUSES_S", (0.0,))
    turns = Turns(error, error, error)
    with caplog.at_level(logging.INFO, relay.log.name):
        task = asyncio.create_task(relay._relay(turns, Wake(app_url(services.settings), ())))
        async with asyncio.timeout(30):
            await turns.through.wait()
        await asyncio.sleep(0)
    assert turns.errors == []
    assert [record.getMessage() for record in caplog.records if record.name == relay.log.name] == [
        "waiting for Postgres or Redis to come back: no socket",
        "Postgres and Redis are back",
    ]
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_away_is_waited_for_longer_each_time_up_to_a_bound(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    turns = Turns(*[RedisError("no socket")] * (len(relay.PAUSES_S) + 2))
    task = asyncio.create_task(relay._relay(turns, Wake(app_url(services.settings), ())))
    with monkeypatch.context() as patched:
        patched.setattr(relay.asyncio, "sleep", sleep)
        async with asyncio.timeout(30):
            await turns.through.wait()
    assert pauses == [*relay.PAUSES_S, relay.PAUSES_S[-1], relay.PAUSES_S[-1]]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_any_other_failure_ends_the_relay(services: Services) -> None:
    broken = DBAPIError("SELECT 1", {}, ValueError("a column that is not there"))
    async with asyncio.timeout(30):
        with pytest.raises(DBAPIError):
            await relay._relay(Turns(broken), Wake(app_url(services.settings), ()))


async def test_what_a_worker_claimed_and_lost_is_handed_out_anew(services: Services) -> None:
    await take_in(services, 1)
    await Relay(services).turn()
    (batch_id,) = _queued(services)
    async with services.database.unit_of_work() as work:
        claims = await work.outbox.claim(batch_id, Lease(services.database.ids(), 0.01, "lost"))
        await work.inspections.move({claim.inspection_id for claim in claims}, "running")
        await work.commit()
    await asyncio.sleep(0.05)
    await Relay(services).turn()
    assert len(_queued(services)) == 2
    assert await waiting(services) == 1


async def test_the_sweep_counts_the_workers_that_live(services: Services) -> None:
    connection = services.queue.connection
    heartbeat.beat(connection, heartbeat.first("worker", "a"))
    heartbeat.beat(connection, replace(heartbeat.first("worker", "b"), pid=1))
    heartbeat.beat(connection, heartbeat.first("relay", "relay"))
    own = Relay(services, workers=7)
    await own.turn()
    assert own.workers == 2


async def test_told_twice_of_a_batch_redis_holds_one_job(services: Services) -> None:
    batch_id = uuid4()
    enqueue(services.queue, batch_id)
    enqueue(services.queue, batch_id)
    job = services.queue.fetch_job(str(batch_id))
    assert job is not None
    assert (job.func_name, job.args, job.timeout, job.result_ttl) == (relay.JOB, [str(batch_id)], -1, 0)


@pytest.mark.parametrize(
    ("waiting", "workers", "expected"),
    [(1, 1, 1), (10, 2, 2), (4, 1, 1), (5, 1, 2), (1000, 2, outbox.BATCH_SIZE), (0, 0, 1), (7, 0, 2)],
)
def test_a_batch_is_a_share(waiting: int, workers: int, expected: int) -> None:
    assert batch_limit(waiting, workers) == expected


async def test_what_somebody_waits_for_is_told_before_all_else_however_much_is_out(services: Services) -> None:
    await take_in(services, outbox.MAX_UNCLAIMED + 5)
    own = Relay(services, workers=100, _swept=inf)
    await own.turn()
    await own.hurry()
    first, *rest = services.queue.job_ids
    assert first.startswith(relay.URGENT)
    assert len(rest) == outbox.MAX_UNCLAIMED
    job = services.queue.fetch_job(first)
    assert job is not None
    assert (job.func_name, job.args, job.timeout, job.result_ttl) == (relay.URGENT_JOB, [], -1, 0)


async def test_the_sweep_tells_once_more_of_what_somebody_still_waits_for(services: Services) -> None:
    for _ in range(2):
        await accept(services, picture(), Particulars(priority=Priority.WAITING))
    for _ in range(2):  # the second time they are still told of
        await Relay(services).turn()
        assert [name[: len(relay.URGENT)] for name in services.queue.job_ids] == [relay.URGENT] * 2
    services.queue.connection.flushall()
    await Relay(services).turn()
    assert len(services.queue.job_ids) == 2
    assert await states(services) == {"received": 2}


class Hurried:
    """Counts how often it was told to hurry, and fails the first time."""

    def __init__(self) -> None:
        self.times = 0

    async def hurry(self) -> None:
        self.times += 1
        if self.times == 1:
            raise RedisError("away")


async def test_redis_away_keeps_nobody_from_being_told_later(caplog: pytest.LogCaptureFixture) -> None:
    hurried, urgent = Hurried(), asyncio.Semaphore(2)
    with caplog.at_level(logging.DEBUG, relay.log.name):
        task = asyncio.create_task(relay._hurry(hurried, urgent))  # type: ignore[arg-type]
        await until(lambda: hurried.times == 2)
    assert urgent.locked()  # both were taken, and nobody is told without somebody who waits
    assert [record.getMessage() for record in caplog.records] == ["somebody waits, and no worker was told: away"]
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
