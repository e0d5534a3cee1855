"""Inspecting: a batch's id in, verdicts out.

1. A worker claims the rows of its batch that nobody holds, under a lease; what another holds, it leaves alone.
2. A result is written only while the lease stands, in one transaction with the end of its outbox row and the state of
   its inspection, and only if there is none yet. What comes late is refused and forgotten.
3. What fails rests and is tried again, longer each time; after `max_attempts` it is kept as failed, with the reason.
   A failed inspection has no result, so that a retry may still write one.
4. Between two pictures, what is more urgent overtakes (`workers.urgency`).
5. Nothing but the picture, its recipe version and the engines goes into a verdict; times come from the inspection.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import TypeVar
from uuid import UUID

from core.errors import MarksightError, RecipeInvalid
from data.channels import RESULTS
from data.errors import StoreError
from data.outage import is_away
from data.priorities import Priority
from data.queries.inspection_view import NOT_JUDGED
from data.queries.queue import Task, tasks
from data.repositories.outbox import Claim, Lease
from data.repositories.results import NewResult
from data.unit_of_work import UnitOfWork
from workers.composition import Services
from workers.judging import judge_picture
from workers.outbox import MOST_REST_S
from workers.urgency import NothingUrgent, Urgency

log = logging.getLogger(__name__)

FLUSH_S = 0.2
"""Verdicts of a batch are written together, but none is held back longer than this by the next picture."""

FIRST_REST_S = 1.0
RENEWED_AFTER = 1 / 3
"""The share of a lease after which it is renewed, between two pictures."""

AWAY_PAUSE_S = 0.5
"""How long to wait before a write is tried again while the database is away."""

HOPELESS = (RecipeInvalid,)
"""Errors that another attempt would only repeat."""

CODES: tuple[tuple[type[Exception], str], ...] = (
    (RecipeInvalid, "RECIPE_INVALID"),
    (StoreError, "STORE_FAILED"),
    (Exception, "ENGINE_FAILED"),
)
"""What a failed inspection says; the first that fits."""

OVERTAKING = 4
"""How many overtake at once."""

NOTHING_URGENT = NothingUrgent()

Written = TypeVar("Written")
Claiming = Callable[[UnitOfWork, Lease], Awaitable[list[Claim]]]


@dataclass
class Outcome:
    """What became of a batch: the inspections judged, put back for later, failed, and those whose lease was lost."""

    judged: set[UUID] = field(default_factory=set)
    put_back: set[UUID] = field(default_factory=set)
    failed: set[UUID] = field(default_factory=set)
    refused: set[UUID] = field(default_factory=set)

    def add(self, other: Outcome) -> None:
        """Take in what became of others."""
        for each in fields(self):
            getattr(self, each.name).update(getattr(other, each.name))


async def inspect_batch(
    services: Services, batch_id: UUID, *, holder: str = "", urgency: Urgency = NOTHING_URGENT
) -> Outcome:
    """Inspect what nobody holds of a batch; return what became of it. Called twice, it does nothing twice.

    `holder` names the worker on the System page; what `urgency` tells of is inspected before the rest. Raises what the
    database raises when it is away: the claims run out then, and the batch's inspections wait again.
    """
    batch = _Batch(services, Lease(services.database.ids(), services.settings.lease_s, holder))
    for claim, task in await batch.claim(lambda work, lease: work.outbox.claim(batch_id, lease)):
        if urgency.beyond(claim.priority):
            batch.outcome.add(await inspect_urgent(services, than=claim.priority, holder=holder))
        await batch.inspect(claim, task)
    await batch.flush()
    return batch.outcome


async def inspect_urgent(services: Services, *, than: int, holder: str = "") -> Outcome:
    """Inspect all that is more urgent than `than` and nobody has begun, in whatever batch it lies."""
    outcome = Outcome()
    while True:
        batch = _Batch(services, Lease(services.database.ids(), services.settings.lease_s, holder))
        claimed = await batch.claim(
            lambda work, lease: work.outbox.claim_urgent(lease, than=than, limit=OVERTAKING), overtaking=True
        )
        if not claimed:
            return outcome
        for claim, task in claimed:
            await batch.inspect(claim, task)
        await batch.flush()
        outcome.add(batch.outcome)


def rest_s(attempts: int) -> float:
    """Return how long an inspection rests after so many attempts: 1 s, 4 s, 16 s, at most a minute."""
    return min(FIRST_REST_S * 4.0 ** (attempts - 1), MOST_REST_S)


class _Batch:
    """One worker's way through one batch, under one lease."""

    def __init__(self, services: Services, lease: Lease) -> None:
        self.outcome = Outcome()
        self._services = services
        self._lease = lease
        self._held: set[UUID] = set()
        self._ready: list[NewResult] = []
        self._renewed = self._flushed = time.monotonic()

    async def claim(self, claiming: Claiming, *, overtaking: bool = False) -> list[tuple[Claim, Task]]:
        """Claim what `claiming` finds; return it with what is needed to inspect it, the most urgent first.

        What is `overtaking` may be in no batch yet.
        """
        async with self._services.database.unit_of_work() as work:
            claims = await claiming(work, self._lease)
            self._held = {claim.inspection_id for claim in claims}
            if not claims:
                return []
            await work.may_be_lost()  # the lease with it: what this worker brings is refused then
            if overtaking:
                await work.inspections.move(self._held, "queued")
            await work.inspections.move(self._held, "running")
            known = await tasks(work.session, self._held)
            await work.commit()
        return [(claim, known[claim.inspection_id]) for claim in claims]

    async def inspect(self, claim: Claim, task: Task) -> None:
        """Judge one picture, and write what is ready if it is time."""
        await self._renew()
        if claim.inspection_id not in self._held:
            self.outcome.refused.add(claim.inspection_id)
            return
        try:
            self._ready.append(await judge_picture(self._services, task, attempts=claim.attempts))
        except Exception as error:  # noqa: BLE001 - one picture's boundary: it fails alone and takes no other with it
            await self._fail(claim, error)
        if claim.priority == Priority.WAITING or time.monotonic() - self._flushed >= FLUSH_S:
            await self.flush()

    async def flush(self) -> None:
        """Write what is ready, in one transaction, for as far as the lease still stands."""
        ready, self._ready = self._ready, []
        if not ready:
            return
        standing = await self._while_leased(lambda: self._write(ready))
        self.outcome.judged |= standing
        self.outcome.refused |= {result.inspection_id for result in ready} - standing
        self._flushed = time.monotonic()

    async def _write(self, ready: Sequence[NewResult]) -> set[UUID]:
        async with self._services.database.unit_of_work() as work:
            standing = await work.outbox.finish(self._lease.token, [result.inspection_id for result in ready])
            results = [result for result in ready if result.inspection_id in standing]
            await work.results.add(results)
            await work.inspections.move(standing, "done")
            await work.notify_all(RESULTS, [_told(result.inspection_id, result.verdict) for result in results])
            await work.commit()
        return standing

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

    async def _renew(self) -> None:
        now = time.monotonic()
        if now - self._renewed < self._lease.seconds * RENEWED_AFTER:
            return
        self._held = await self._while_leased(self._held_still)
        self._renewed = now

    async def _held_still(self) -> set[UUID]:
        async with self._services.database.unit_of_work() as work:
            held = await work.outbox.renew(self._lease)
            await work.commit()
        return held

    async def _fail(self, claim: Claim, error: Exception) -> None:
        """Put a failed inspection back to rest, or keep it as failed when it was tried often enough."""
        log.warning("inspection %s, attempt %d: %s", claim.inspection_id, claim.attempts, _words(error), exc_info=error)
        last = isinstance(error, HOPELESS) or claim.attempts >= self._services.settings.max_attempts
        stood = await self._while_leased(lambda: (self._give_up if last else self._put_back)(claim, error))
        became = self.outcome.failed if last else self.outcome.put_back
        (became if stood else self.outcome.refused).add(claim.inspection_id)

    async def _give_up(self, claim: Claim, error: Exception) -> bool:
        code = next(code for kind, code in CODES if isinstance(error, kind))
        async with self._services.database.unit_of_work() as work:
            if not await work.outbox.finish(self._lease.token, [claim.inspection_id]):
                return False
            await work.inspections.fail(claim.inspection_id, code=code, detail=_words(error))
            await work.notify(RESULTS, _told(claim.inspection_id, NOT_JUDGED))
            await work.commit()
        return True

    async def _put_back(self, claim: Claim, error: Exception) -> bool:
        rest = rest_s(claim.attempts)
        async with self._services.database.unit_of_work() as work:
            put = work.outbox.put_back(self._lease.token, claim.inspection_id, rest_s=rest, error=_words(error))
            if not await put:
                return False
            await work.inspections.move([claim.inspection_id], "received")
            await work.commit()
        return True


def _told(inspection_id: UUID, verdict: str) -> dict[str, str]:
    return {"inspection_id": str(inspection_id), "verdict": verdict}


def _words(error: Exception) -> str:
    """Return what to tell of an error: ours speak for themselves, others need their name."""
    return str(error) if isinstance(error, MarksightError) else f"{type(error).__name__}: {error}"
