"""What a worker writes of the inspections it has claimed. All of it under its lease; what comes late is refused.

Rows are locked in the order that `data.tables.run` says; what concerns runs comes in a transaction of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar
from uuid import UUID

from data.channels import OUTBOX, RESULTS, RUNS
from data.outage import is_away
from data.queries.inspection_view import NOT_JUDGED
from data.queries.opening import runs_to_begin, runs_waiting
from data.queries.queue import Task, tasks
from data.repositories.figures import Counts
from data.repositories.outbox import Claim, Lease
from data.repositories.verdicts import word_of
from data.tables import QUEUE_STEPS
from data.unit_of_work import UnitOfWork
from workers import metrics
from workers.composition import Services
from workers.counting import one
from workers.judging import Judged
from workers.lot_marking import marked

RENEWED_AFTER = 1 / 3
"""The share of a lease after which it is renewed, between two pictures."""

AWAY_PAUSE_S = 0.5
"""How long to wait before a write is tried again while the database is away."""

Written = TypeVar("Written")
Claiming = Callable[[UnitOfWork, Lease], Awaitable[list[Claim]]]


class Claimed:
    """The inspections that a worker holds under one lease; `held` are those it still held when it last looked."""

    def __init__(self, services: Services, lease: Lease) -> None:
        self.held: set[UUID] = set()
        self._services = services
        self._lease = lease
        self._renewed = time.monotonic()

    async def claim(self, claiming: Claiming) -> list[tuple[Claim, Task]]:
        """Claim what `claiming` finds; return it with what is needed to inspect it, the most urgent first."""
        async with self._services.database.unit_of_work(planned_once=True, quiet=True) as work:
            claims = await claiming(work, self._lease)
            if not claims:
                return []
            await work.may_be_lost()  # the lease with it: what this worker brings is refused then
            self.held = {claim.inspection_id for claim in claims}
            await work.inspections.move(self.held, QUEUE_STEPS["claim"].state)
            known = await tasks(work.session, self.held)
            runs = {task.run_id for task in known.values() if task.run_id is not None}
            fresh = await runs_to_begin(work.session, runs) if runs else set()
            await work.commit()
        await self._begin_runs(fresh)
        return [(claim, known[claim.inspection_id]) for claim in claims]

    async def write(self, ready: Sequence[Judged]) -> set[UUID]:
        """Write verdicts; return the inspections for which the lease still stood."""
        standing = await self._while_leased(lambda: self._write(ready))
        runs = {one.task.run_id for one in ready if one.task.run_id is not None}
        if runs:
            await self._settle(runs)
        return standing

    async def give_up(self, claim: Claim, task: Task, *, code: str, detail: str) -> bool:
        """Keep an inspection as failed; False if the lease stood no more."""
        stood = await self._while_leased(lambda: self._give_up(claim, task, code, detail))
        if task.run_id is not None:
            await self._settle({task.run_id})
        return stood

    async def put_back(self, claim: Claim, *, rest_s: float, error: str) -> bool:
        """Let an inspection rest and wait again; False if the lease stood no more."""
        return await self._while_leased(lambda: self._put_back(claim, rest_s, error))

    async def release(self, ids: Collection[UUID]) -> None:
        """Let inspections that were not begun wait again, at once and as if they had not been claimed."""
        async with self._services.database.unit_of_work() as work:
            released = await work.outbox.release(self._lease.token, ids)
            if released:
                await work.inspections.move(released, QUEUE_STEPS["release"].state)
                await work.notify(OUTBOX, {"released": len(released)})
                await work.commit()

    async def renew(self) -> None:
        """Hold on, if it is time."""
        now = time.monotonic()
        if now - self._renewed < self._lease.seconds * RENEWED_AFTER:
            return
        self.held = await self._while_leased(self._renew)
        self._renewed = now

    async def _renew(self) -> set[UUID]:
        async with self._services.database.unit_of_work(planned_once=True, quiet=True) as work:
            held = await work.outbox.renew(self._lease)
            await work.commit()
        return held

    async def _write(self, ready: Sequence[Judged]) -> set[UUID]:
        async with self._services.database.unit_of_work(planned_once=True, quiet=True) as work:
            standing = await work.outbox.finish(self._lease.token, [one.task.inspection_id for one in ready])
            judged = await marked(work, [one for one in ready if one.task.inspection_id in standing])
            await work.figures.count(self._services.counting.process_id, verdict_counts(judged))
            await work.verdicts.keep([one.result() for one in judged])
            await _tell_runs(work, [one.task for one in judged])
            await work.commit()
        return standing

    async def _give_up(self, claim: Claim, task: Task, code: str, detail: str) -> bool:
        async with self._services.database.unit_of_work() as work:
            if not await work.outbox.finish(self._lease.token, [claim.inspection_id]):
                return False
            await work.figures.count(self._services.counting.process_id, {one(metrics.FAILURES, code=code): 1})
            await work.inspections.fail(claim.inspection_id, code=code, detail=detail)
            await work.notify(RESULTS, word_of(claim.inspection_id, NOT_JUDGED))
            await _tell_runs(work, [task])
            await work.commit()
        return True

    async def _put_back(self, claim: Claim, rest_s: float, error: str) -> bool:
        async with self._services.database.unit_of_work() as work:
            if not await work.outbox.put_back(self._lease.token, claim.inspection_id, rest_s=rest_s, error=error):
                return False
            await work.inspections.move([claim.inspection_id], QUEUE_STEPS["put_back"].state)
            await work.figures.count(self._services.counting.process_id, {one(metrics.RETRIES): 1})
            await work.commit()
        return True

    async def _begin_runs(self, run_ids: Collection[UUID]) -> None:
        """Note that inspections of runs have begun: in a unit of its own, since no run is locked behind the outbox."""
        if not run_ids:
            return
        async with self._services.database.unit_of_work() as work:
            begun = await work.settling.settle(run_ids)
            await work.notify_all(RUNS, [{"run_id": str(run_id)} for run_id in begun])
            await work.commit()

    async def _settle(self, run_ids: set[UUID]) -> None:
        """Bring those runs to their end that wait for nothing more; what is missed, the relay's sweep finds."""
        async with self._services.database.unit_of_work() as work:
            over = run_ids - await runs_waiting(work.session, run_ids)
            if not over:
                return
            ended = await work.settling.settle(over)
            await work.notify_all(RUNS, [{"run_id": str(run_id)} for run_id in ended])
            await work.commit()

    async def _while_leased(self, write: Callable[[], Awaitable[Written]]) -> Written:
        """Write, and while the database is away try again for as long as the lease can stand.

        Should a commit's answer be lost on the way, the second try finds the rows gone and says they were refused.
        """
        end = self._renewed + self._lease.seconds
        while True:
            try:
                return await write()
            except Exception as error:
                if not is_away(error) or time.monotonic() >= end:
                    raise
            await asyncio.sleep(AWAY_PAUSE_S)


def verdict_counts(judged: Sequence[Judged]) -> Counts:
    """Return what is counted of verdicts, by the ids of their stations: names may change."""
    return Counter(
        one(metrics.VERDICTS, verdict=each.inspection.verdict, station=str(each.task.station_id or ""))
        for each in judged
    )


async def _tell_runs(work: UnitOfWork, done: Sequence[Task]) -> None:
    runs = sorted({str(task.run_id) for task in done if task.run_id is not None})
    if runs:
        await work.notify_all(RUNS, [{"run_id": run_id} for run_id in runs])
