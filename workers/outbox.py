"""What the relay does with the outbox: batches out, lost work back. Rules: `data.tables.outbox`.

The relay enqueues the id of each batch under that same id, so enqueuing twice is enqueuing once. It takes no more
batches than workers can begin soon (`MAX_UNCLAIMED`): what waits, waits in the database, in order of urgency, and Redis
never holds a long line that a wiped Redis would lose and an urgent part would stand behind.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from data.channels import OUTBOX, RESULTS, RUNS
from data.queries.inspection_view import NOT_JUDGED
from data.queries.queue import run_of, unclaimed_batches
from data.repositories.outbox import Claim
from data.tables import QUEUE_STEPS, RETRYABLE
from data.unit_of_work import UnitOfWork
from workers import metrics
from workers.composition import Services
from workers.counting import one

BATCH_SIZE = 64
MAX_UNCLAIMED = 8
UNCLAIMED_S = 30.0

MOST_REST_S = 60.0
"""The longest that what failed rests before its next attempt."""

WORKER_LOST = "WORKER_LOST"


async def next_batch(services: Services, limit: int = BATCH_SIZE, *, max_unclaimed: int = MAX_UNCLAIMED) -> UUID | None:
    """Put what waits into a batch and return its id, to be enqueued; None when there is nothing, or enough is out.

    A batch that cannot be enqueued is handed back by `hand_back`; one that is lost, by `requeue_expired`.
    """
    async with services.database.unit_of_work() as work:
        if len(await unclaimed_batches(work.session)) >= max_unclaimed:
            return None
        batch_id = work.new_id()
        chosen = await work.outbox.batch(batch_id, limit)
        if not chosen:
            return None
        await work.may_be_lost()  # a batch that is unknown to the database is an order to do nothing
        await work.inspections.move(chosen, QUEUE_STEPS["batch"].state)
        await work.commit()
    return batch_id


async def hand_back(services: Services, batch_id: UUID) -> int:
    """Let the inspections of a batch that no worker has begun wait again; return how many."""
    async with services.database.unit_of_work() as work:
        ids = await work.outbox.unbatch(batch_id)
        await work.inspections.move(ids, QUEUE_STEPS["hand_back"].state)
        await work.commit()
    return len(ids)


async def requeue_expired(services: Services, *, unclaimed_s: float = UNCLAIMED_S, told: Collection[UUID] = ()) -> int:
    """Let wait again what a worker claimed and lost, and batches that none claimed for `unclaimed_s`; return how many.

    The batches in `told` still stand in line for a worker, however long that takes, and are left there. What was begun
    `max_attempts` times and never finished is failed instead: it takes its worker down.
    """
    async with services.database.unit_of_work() as work:
        lost = await work.outbox.take_expired(unclaimed_s=unclaimed_s, told=told)
        woken = await work.outbox.wake_overslept(most_s=2 * MOST_REST_S)
        if not lost and not woken:
            return 0
        most = services.settings.max_attempts
        failed = {claim.inspection_id for claim in lost if claim.attempts >= most and await _fail(work, claim)}
        waiting = [claim.inspection_id for claim in lost if claim.inspection_id not in failed]
        await work.inspections.move(waiting, QUEUE_STEPS["lose"].state)
        counts = {one(metrics.LOST): len(lost), one(metrics.FAILURES, code=WORKER_LOST): len(failed)}
        await work.figures.count(services.counting.process_id, {key: more for key, more in counts.items() if more})
        await work.notify(OUTBOX, {"requeued": len(waiting)})
        await work.commit()
    return len(lost)


async def retry(services: Services, inspection_id: UUID) -> bool:
    """Have a failed inspection tried anew, from the first attempt on; False if it has not failed.

    A run that it belongs to goes on for it; of a cancelled one, nothing is tried anew.
    """
    async with services.database.unit_of_work() as work:
        run_id = await run_of(work.session, inspection_id)
        if run_id is not None and await work.settling.lock(run_id) not in RETRYABLE:
            return False
        moved = await work.inspections.move([inspection_id], QUEUE_STEPS["retry"].state)
        if not moved:
            return False
        await work.outbox.add(inspection_id, moved[inspection_id], run_id=run_id)
        await work.notify(OUTBOX, {"priority": moved[inspection_id]})
        if run_id is not None:
            await work.settling.resume(run_id)
            await work.notify(RUNS, {"run_id": str(run_id)})
        await work.commit()
    return True


async def _fail(work: UnitOfWork, lost: Claim) -> bool:
    """Fail what a worker had begun; False, and nothing done, for what was in no worker's hands."""
    detail = f"The worker ended {lost.attempts} times while it inspected this picture."
    if not await work.inspections.fail(lost.inspection_id, code=WORKER_LOST, detail=detail):
        return False
    await work.outbox.give_up(lost.inspection_id)
    await work.notify(RESULTS, {"inspection_id": str(lost.inspection_id), "verdict": NOT_JUDGED})
    return True
