"""Runs as a person or time ends them: cancelled, retried, settled, given up. Rules: `data.tables.run`."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from data.channels import OUTBOX, RUNS
from data.errors import NotFound
from data.queries.abandoned import abandoned_runs, still_receiving
from data.tables import ENDED_RUNS, RETRYABLE
from workers.composition import Services
from workers.receiving import give_up
from workers.seen_twice import Agrees, at_once

log = logging.getLogger(__name__)

UPLOAD_ABANDONED = "UPLOAD_ABANDONED"


async def cancel(services: Services, run_id: UUID) -> bool:
    """End a run now: what waits is not begun, and what a worker has begun is refused when it comes. All at once.

    False if it has ended before. Results that it has stay.

    Raises:
        NotFound: there is no such run.
    """
    async with services.database.unit_of_work() as work:
        state = await work.settling.lock(run_id)
        if state is None:
            raise NotFound("run", run_id)
        if state in ENDED_RUNS:
            return False
        taken = await work.settling.cancel(run_id)
        await work.notify(RUNS, {"run_id": str(run_id)})
        await work.commit()
    log.info("run %s was cancelled with %d inspections", run_id, taken)
    return True


async def retry(services: Services, run_id: UUID) -> int:
    """Have the failed inspections of a run tried anew, from the first attempt on; return how many.

    None of a run that was cancelled.

    Raises:
        NotFound: there is no such run.
    """
    async with services.database.unit_of_work() as work:
        state = await work.settling.lock(run_id)
        if state is None:
            raise NotFound("run", run_id)
        if state not in RETRYABLE:
            return 0
        again = await work.settling.retry(run_id)
        if again:
            await work.notify(OUTBOX, {"retried": again})
            await work.notify(RUNS, {"run_id": str(run_id)})
            await work.commit()
    return again


async def settle(services: Services, run_ids: Collection[UUID] | None = None) -> int:
    """Bring these runs, or all, to where their rows say they are; return how many moved. Harmless at any time."""
    async with services.database.unit_of_work() as work:
        moved = await work.settling.settle(run_ids)
        if moved:
            await work.notify_all(RUNS, [{"run_id": str(run_id)} for run_id in moved])
            await work.commit()
    return len(moved)


async def give_up_abandoned(services: Services, agrees: Agrees = at_once) -> int:
    """End the runs whose uploads were begun and left, and remove what came of files nobody waits for; return how many.

    Files that have come whole stay in the image store: they are named. Runs to which `agrees` says no go on.
    """
    kept_s = services.settings.upload_kept_s
    async with services.database.session() as session:
        left = [run_id for run_id in await abandoned_runs(session, kept_s) if agrees(run_id, None)]
    for run_id in left:
        detail = f"Nothing came of it for {kept_s / 3600:g} hours; send its files again in a new run."
        await give_up(services, run_id, code=UPLOAD_ABANDONED, detail=detail)
    await remove_strays(services)
    return len(left)


async def remove_strays(services: Services) -> None:
    """Remove incoming files of this machine that no row waits for.

    A crash came between the row and the file, or the upload went on at another machine or was given up there.
    """
    old = services.clock() - timedelta(seconds=services.settings.upload_kept_s)
    strays = [entry.file_id for entry in await services.incoming.entries() if entry.modified < old]
    async with services.database.session() as session:
        wanted = await still_receiving(session, strays)
    for file_id in strays:
        if file_id not in wanted:
            await services.incoming.remove(file_id)
