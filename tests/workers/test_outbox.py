"""Batches out and lost work back: what the relay relies on."""

from __future__ import annotations

import asyncio
from uuid import UUID

from sqlalchemy import select, text, update

from core.errors import ReaderFailed
from data.priorities import Priority
from data.queries import inspections
from data.repositories.outbox import Lease
from data.tables import OutboxItem
from tests.workers.conftest import Composed
from tests.workers.fakes import Fails
from tests.workers.queue_probe import picture, states, take_in, waiting
from workers.composition import Services
from workers.inspecting import inspect_batch
from workers.intake import Particulars, accept
from workers.outbox import BATCH_SIZE, WORKER_LOST, hand_back, next_batch, requeue_expired, retry


async def batched(services: Services) -> UUID:
    batch_id = await next_batch(services)
    assert batch_id is not None
    return batch_id


async def lose(services: Services, batch_id: UUID) -> None:
    """Claim a batch, and die."""
    async with services.database.unit_of_work() as work:
        lease = Lease(work.new_id(), 60)
        claims = await work.outbox.claim(batch_id, lease)
        await work.inspections.move([claim.inspection_id for claim in claims], "running")
        gone = update(OutboxItem).where(OutboxItem.lease_token == lease.token)
        await work.session.execute(gone.values(lease_until=text("now() - interval '1 minute'")))
        await work.commit()


async def members(services: Services, batch_id: UUID) -> set[UUID]:
    async with services.database.session() as session:
        return set(await session.scalars(select(OutboxItem.inspection_id).where(OutboxItem.batch_id == batch_id)))


async def test_nothing_waiting_is_no_batch(services: Services) -> None:
    assert await next_batch(services) is None


async def test_a_batch_is_bounded(services: Services) -> None:
    ids = await take_in(services, BATCH_SIZE + 3)
    first, second = await batched(services), await batched(services)
    assert (len(await members(services, first)), len(await members(services, second))) == (BATCH_SIZE, 3)
    assert await members(services, first) | await members(services, second) == ids
    assert await states(services) == {"queued": BATCH_SIZE + 3}


async def test_no_more_batches_are_out_than_workers_begin_soon(services: Services) -> None:
    await take_in(services, 4)
    out = [await next_batch(services, 1, max_unclaimed=2) for _ in range(4)]
    assert [batch_id is not None for batch_id in out] == [True, True, False, False]
    assert out[0] is not None
    await lose(services, out[0])
    assert await next_batch(services, 1, max_unclaimed=2) is not None, "one was begun"


async def test_what_comes_in_late_and_urgent_overtakes(services: Services) -> None:
    await take_in(services, 3)
    urgent = await accept(services, picture(), Particulars(priority=Priority.LIVE))
    batch_id = await next_batch(services, 1)
    assert batch_id is not None
    assert await members(services, batch_id) == {urgent}


async def test_a_batch_handed_back_waits_again(services: Services) -> None:
    ids = await take_in(services, 2)
    batch_id = await batched(services)
    assert await hand_back(services, batch_id) == 2
    assert await hand_back(services, batch_id) == 0
    assert await states(services) == {"received": 2}
    assert await members(services, await batched(services)) == ids


async def test_what_a_worker_has_begun_is_not_handed_back(services: Services) -> None:
    await take_in(services, 2)
    batch_id = await batched(services)
    await lose(services, batch_id)
    assert await hand_back(services, batch_id) == 0
    assert await states(services) == {"running": 2}


async def test_what_a_worker_lost_waits_again(services: Services) -> None:
    await take_in(services, 2)
    await lose(services, await batched(services))
    assert await requeue_expired(services) == 2
    assert await requeue_expired(services) == 0
    assert await states(services) == {"received": 2}


async def test_what_a_worker_lost_comes_again_alone(services: Services) -> None:
    """One of them may have killed it; it shall not take the others along again."""
    ids = await take_in(services, 3)
    await lose(services, await batched(services))
    await requeue_expired(services)
    alone = [await members(services, await batched(services)) for _ in ids]
    assert sorted(len(each) for each in alone) == [1, 1, 1]
    assert set().union(*alone) == ids


async def test_what_took_its_worker_down_too_often_is_failed(composed: Composed) -> None:
    services = composed(max_attempts=2)
    [id_] = await take_in(services, 1)
    for _ in range(2):
        await lose(services, await batched(services))
        assert await requeue_expired(services) == 1
    assert await next_batch(services) is None
    assert await waiting(services) == 0
    async with services.database.session() as session:
        found = await inspections.summary(session, id_)
    assert found.error is not None
    assert (found.state, found.verdict, found.error.code) == ("failed", "not_judged", WORKER_LOST)
    assert found.error.detail == "The worker ended 2 times while it inspected this picture."


async def test_a_batch_that_redis_lost_waits_again(services: Services) -> None:
    await take_in(services, 2)
    await batched(services)
    assert await requeue_expired(services) == 0, "it may be on its way"
    assert await requeue_expired(services, unclaimed_s=-1) == 2
    assert await states(services) == {"received": 2}


async def test_a_batch_that_still_stands_in_line_is_not_lost(services: Services) -> None:
    await take_in(services, 2)
    batch_id = await batched(services)
    assert await requeue_expired(services, unclaimed_s=-1, told={batch_id}) == 0
    await lose(services, batch_id)
    assert await requeue_expired(services, unclaimed_s=-1, told={batch_id}) == 2, "a worker had begun it"


async def test_what_was_in_no_workers_hands_is_never_failed(composed: Composed) -> None:
    """Its attempts may reach the bound when somebody lowers that meanwhile."""
    services, stricter = composed(max_attempts=3), composed(max_attempts=1)
    [id_] = await take_in(services, 1)
    await lose(services, await batched(services))
    await requeue_expired(services)
    batch_id = await batched(services)
    assert await requeue_expired(stricter, unclaimed_s=-1) == 1
    assert await states(services) == {"received": 1}
    assert await members(services, await batched(services)) == {id_}
    assert await members(services, batch_id) == set()


async def test_sweepers_at_work_together_take_each_row_once(services: Services) -> None:
    await take_in(services, 10)
    await lose(services, await batched(services))
    assert sum(await asyncio.gather(*(requeue_expired(services) for _ in range(4)))) == 10


async def test_a_failed_inspection_is_retried_from_the_first_attempt(composed: Composed) -> None:
    broken, mended = composed(Fails(ReaderFailed("dim lamp")), max_attempts=1), composed()
    [id_] = await take_in(broken, 1)
    await inspect_batch(broken, await batched(broken))
    assert await states(broken) == {"failed": 1}
    assert await retry(mended, id_)
    assert not await retry(mended, id_), "it waits already"
    assert (await inspect_batch(mended, await batched(mended))).judged == {id_}
    assert not await retry(mended, id_), "it has its result"
    async with mended.database.session() as session:
        assert (await inspections.summary(session, id_)).error is None


async def test_what_waits_from_before_the_clock_was_set_back_waits_no_longer(services: Services) -> None:
    await take_in(services, 2)
    async with services.database.unit_of_work() as work:
        await work.session.execute(update(OutboxItem).values(available_at=text("now() + interval '1 day'")))
        await work.commit()
    assert await next_batch(services) is None
    await requeue_expired(services)
    assert len(await members(services, await batched(services))) == 2
