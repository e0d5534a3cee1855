"""Inspecting: a batch's id in, verdicts out.

1. A worker claims the rows of its batch that nobody holds, under a lease; what another holds, it leaves alone.
2. A result is written only while the lease stands, in one transaction with the end of its outbox row and the state of
   its inspection, and only if there is none yet. What comes late is refused and forgotten.
3. What fails rests and is tried again, longer each time; after `max_attempts` it is kept as failed, with the reason.
   A failed inspection has no result, so that a retry may still write one.
4. Nothing but the pictures, the recipe version, the engines and what is stored of the lot goes into a verdict; times
   come from the inspection.
5. A step that does not end in time is left behind in its thread, since nothing in Python ends a thread: the picture
   rests and comes again alone, and is at last not judged (`TIME_OUT`); what was not begun goes to others at once, and
   the process is replaced.
6. Between two pictures, what is more urgent overtakes (`workers.urgency`); a process that is to end hands back what it
   has not begun.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from core.errors import LotTextInvalid, MarksightError, RecipeInvalid
from data.concerning import concerning
from data.errors import StoreError
from data.outage import AWAY, is_away
from data.priorities import Priority
from data.queries.queue import Task
from data.repositories.outbox import Claim, Lease
from workers import metrics
from workers.claiming import Claimed
from workers.composition import Services
from workers.judging import Judged, judge_task, read_pictures, timed_out
from workers.outbox import MOST_REST_S
from workers.pulse import NoProcess, Pulse
from workers.smalls import Smalls
from workers.tracing import Span
from workers.tracing_batches import BatchTrace

log = logging.getLogger(__name__)

FLUSH_S = 0.2
"""Verdicts of a batch are written together, but none is held back longer than this by the next picture."""

OVERTAKING = 4
"""How many overtake at once."""

FIRST_REST_S = 1.0

HOPELESS = (RecipeInvalid, LotTextInvalid)
"""Errors that another attempt would only repeat."""

CODES: tuple[tuple[type[Exception], str], ...] = (
    (RecipeInvalid, "RECIPE_INVALID"),
    (LotTextInvalid, "RECIPE_INVALID"),
    (StoreError, "STORE_FAILED"),
    (Exception, "ENGINE_FAILED"),
)
"""What a failed inspection says; the first that fits."""


@dataclass
class Outcome:
    """What became of a batch: the inspections judged, put back for later, failed, and those whose lease was lost."""

    judged: set[UUID] = field(default_factory=set)
    put_back: set[UUID] = field(default_factory=set)
    failed: set[UUID] = field(default_factory=set)
    refused: set[UUID] = field(default_factory=set)

    def add(self, other: Outcome) -> None:
        """Count what became of another batch too."""
        for name, ids in vars(other).items():
            getattr(self, name).update(ids)


class TimedOut(MarksightError):
    """A step did not end in time; another attempt may."""


class Unwritable(MarksightError):
    """A verdict cannot be written; another attempt may make one that can."""


async def inspect_batch(services: Services, batch_id: UUID, *, holder: str = "", pulse: Pulse | None = None) -> Outcome:
    """Inspect what nobody holds of a batch; return what became of it. Called twice, it does nothing twice.

    `holder` names the worker on the System page; what `pulse` tells of as urgent is inspected before the rest. Raises
    what the database raises when it is away: the claims run out then, and the batch's inspections wait again.
    """
    batch = _Batch(services, holder, pulse or NoProcess())
    with concerning(batch_id=batch_id):
        await batch.inspect_all(await batch.claimed.claim(lambda work, lease: work.outbox.claim(batch_id, lease)))
    return batch.outcome


async def inspect_urgent(services: Services, *, than: int, holder: str = "", pulse: Pulse | None = None) -> Outcome:
    """Inspect all that is more urgent than `than` and nobody has begun, in whatever batch it lies."""
    outcome, process, more = Outcome(), pulse or NoProcess(), True
    while more and not process.stopping:
        batch = _Batch(services, holder, process)
        claims = await batch.claimed.claim(
            lambda work, lease: work.outbox.claim_urgent(lease, than=than, limit=OVERTAKING)
        )
        await batch.inspect_all(claims)
        outcome.add(batch.outcome)
        more = len(claims) == OVERTAKING  # who came since is told of by a job of its own
    return outcome


def rest_s(attempts: int) -> float:
    """Return how long an inspection rests after so many attempts: 1 s, 4 s, 16 s, at most a minute."""
    return min(FIRST_REST_S * 4.0 ** (attempts - 1), MOST_REST_S)


def step_limit_s(services: Services) -> float:
    """Return how long one step may take: never so long that the lease could run out meanwhile."""
    return min(services.settings.step_timeout_s, services.settings.lease_s / 2)


class _Batch:
    """One worker's way through one batch, under one lease."""

    def __init__(self, services: Services, holder: str, pulse: Pulse) -> None:
        self.outcome = Outcome()
        self.claimed = Claimed(services, Lease(services.database.ids(), services.settings.lease_s, holder))
        self._services = services
        self._holder = holder
        self._pulse = pulse
        self._ready: list[Judged] = []
        self._smalls = Smalls(services)
        self._flushed = time.monotonic()
        self._trace = BatchTrace(services.tracing)

    async def inspect_all(self, claims: Sequence[tuple[Claim, Task]]) -> None:
        """Inspect what was claimed; hand back what was not begun when the process is to end."""
        with self._trace.batch([claim for claim, _ in claims]):
            await self._inspect_each(claims)
            await self._flush()
            await self._smalls.keep()

    async def _inspect_each(self, claims: Sequence[tuple[Claim, Task]]) -> None:
        for place, (claim, task) in enumerate(claims):
            if self._pulse.stopping:
                await self.claimed.release([each.inspection_id for each, _ in claims[place:]])
                break
            await self._overtaken(claim.priority)
            with (
                concerning(inspection_id=task.inspection_id, run_id=task.run_id),
                self._trace.inspection(claim, task) as span,
            ):
                await self._inspect(claim, task, span)

    async def _overtaken(self, priority: int) -> None:
        """Let what is more urgent go first."""
        if priority == Priority.WAITING or not self._pulse.urgent_beyond(priority):
            return
        try:
            first = await inspect_urgent(self._services, than=priority, holder=self._holder, pulse=self._pulse)
        except AWAY as error:  # nobody overtakes then, and what is in hand is not lost for it
            if not is_away(error):
                raise
            return
        self.outcome.add(first)

    async def _inspect(self, claim: Claim, task: Task, span: Span) -> None:
        """Judge one unit, and write what is ready if it is time."""
        await self.claimed.renew()
        if claim.inspection_id not in self.claimed.held:
            self.outcome.refused.add(claim.inspection_id)
            return
        try:
            self._ready.append(await self._judge(claim, task))
            log.debug("judged: %s", self._ready[-1].inspection.verdict)
            self._trace.judged(self._ready[-1], span)
        except Exception as error:  # noqa: BLE001 - one picture's boundary: it fails alone and takes no other with it
            span.failed(type(error).__name__)
            await self._fail(claim, task, error)
        if claim.priority == Priority.WAITING or time.monotonic() - self._flushed >= FLUSH_S:
            await self._flush()

    async def _judge(self, claim: Claim, task: Task) -> Judged:
        """Judge one unit; each step within its time."""
        limit = step_limit_s(self._services)
        self._pulse.beat(2 * limit)
        try:
            async with asyncio.timeout(limit):
                data = await read_pictures(self._services, task)
        except TimeoutError:
            raise TimedOut(f"The picture was not read from the store within {limit:g} s.") from None
        await self.claimed.renew()  # both steps together may take as long as the lease
        try:
            async with asyncio.timeout(limit):
                decoded = partial(self._smalls.make, hurry=claim.priority == Priority.WAITING)
                return await judge_task(self._services, task, data, attempts=claim.attempts, decoded=decoded)
        except TimeoutError:
            self._pulse.stuck(f"inspection {task.inspection_id}")
        if claim.attempts < self._services.settings.max_attempts:
            raise TimedOut(f"The picture was not judged within {limit:g} s.")
        return timed_out(task, attempts=claim.attempts)

    async def _flush(self) -> None:
        """Write what is ready, in one transaction, for as far as the lease still stands."""
        ready, self._ready = self._ready, []
        if ready:
            await self._write(ready)

    async def _write(self, ready: list[Judged]) -> None:
        """Write verdicts together; if that fails, one by one, so that the one at fault fails alone."""
        began_ns = self._trace.now_ns()
        try:
            standing = await self.claimed.write(ready)
        except Exception as error:
            if is_away(error):
                raise
            if len(ready) > 1:
                for one in ready:
                    await self._write([one])
                return
            log.exception("the verdict of %s cannot be written", ready[0].task.inspection_id)
            task, refused = ready[0].task, Unwritable("The database refused the verdict; the worker's log says why.")
            await self._fail(Claim(task.inspection_id, ready[0].attempts, Priority.BATCH), task, refused)
            return
        self._trace.written(ready, standing, began_ns)
        self.outcome.judged |= standing
        self._observe(ready)
        self.outcome.refused |= {one.task.inspection_id for one in ready} - standing
        self._flushed = time.monotonic()

    def _observe(self, written: Sequence[Judged]) -> None:
        """Count how long the stages took."""
        for judged in written:
            for stage, seconds in judged.inspection.seconds:
                self._services.counting.observe(metrics.STAGE_SECONDS, seconds, stage=stage)

    async def _fail(self, claim: Claim, task: Task, error: Exception) -> None:
        """Put a failed inspection back to rest, or keep it as failed when it was tried often enough."""
        log.warning("inspection %s, attempt %d: %s", claim.inspection_id, claim.attempts, _words(error), exc_info=error)
        if isinstance(error, HOPELESS) or claim.attempts >= self._services.settings.max_attempts:
            code = next(code for kind, code in CODES if isinstance(error, kind))
            became, stood = self.outcome.failed, self.claimed.give_up(claim, task, code=code, detail=_words(error))
        else:
            rest = rest_s(claim.attempts)
            became = self.outcome.put_back
            stood = self.claimed.put_back(claim, rest_s=rest, error=_words(error))
        (became if await stood else self.outcome.refused).add(claim.inspection_id)


def _words(error: Exception) -> str:
    """Return what to tell of an error: ours speak for themselves, others need their name."""
    return str(error) if isinstance(error, MarksightError) else f"{type(error).__name__}: {error}"
