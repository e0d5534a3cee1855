"""Catching up: what was spooled while the database was away is written once it is back.

1. In the order of capture, each under its own id, some in one transaction, or each in its own where one of them fails;
   what is there already is done. So it may be killed anywhere: what was begun is repeated, and makes nothing twice.
2. One process of a state folder catches up at a time (a lock that the kernel lets go of); any of them may. It goes on
   without a pause until nothing is left: what comes in meanwhile, and waits behind, waits no longer than that.
3. What can never be written as it was meant, for want of its recipe or because its lot is closed, becomes an inspection
   that failed for that reason, under the id that was told. So does a request that had come before the outage already.
4. What cannot even be that is moved aside in the spool, and said.
5. A record that fails as if database or store were away, while both answer, rests, longer each time, and its line
   (`workers.spool`) behind it; all others go on. It is blamed once others were written meanwhile, or the store stands:
   after `MOST_AS_MEANT` times it is written as failed, after `MOST_AS_FAILED` moved aside.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import exists, select

from core.errors import MarksightError
from data.acting import acting_as
from data.alongside import alongside
from data.channels import RESULTS
from data.errors import BlobMissing, NotFound, StoreError, StoreFull
from data.outage import AWAY, is_away
from data.queries.inspection_view import NOT_JUDGED
from data.repositories.inspections import NewInspection, Pictured
from data.repositories.verdicts import word_of
from data.tables import Inspection, Lot
from data.trace_parent import traced_under
from data.unit_of_work import UnitOfWork
from workers.catching_up_together import write_together
from workers.composition import Services
from workers.intake import Intended, intended_of, made_before, remember, write_down
from workers.spool import Record

log = logging.getLogger(__name__)

LOOK_S = 1.0
PRUNE_S = 3600.0
FORGET_S = 60.0
TOGETHER = 32
"""Records of one transaction, for as long as none of them fails: one sender could outrun what is written one by one."""

FIRST_REST_S = 1.0
MOST_REST_S = 60.0
MOST_AS_MEANT = 12
MOST_AS_FAILED = 14
"""A record that was blamed so often, some six minutes after the first time, is dealt with in another way."""
MOST_IN_A_ROW = 3
"""When so many records fail one after another, none of them is at fault: the turn ends."""

BEFORE = "CAME_BEFORE"
UNFIT = "SPOOLED_UNFIT"
"""Codes of inspections that failed because they could not be written as they were meant."""


class CatchingUp:
    """Writes what is spooled; `turn` does all that can be done now. `clock` is a monotonic one."""

    def __init__(self, services: Services, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._pruned = self._noted = -math.inf
        self._troubles: dict[UUID, _Trouble] = {}
        self._in_a_row = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Catch up while the context lasts."""
        async with alongside(self.for_ever()):
            yield

    async def for_ever(self) -> None:
        """Catch up whenever there is something, until cancelled."""
        told = False
        while True:
            try:
                await self._forget_notes()
                await self.turn()
                told = False
            except Exception as error:  # a task's boundary: what is spooled stays, and is tried again
                away = isinstance(error, AWAY) and is_away(error)
                if not told:
                    log.log(logging.WARNING, "the spool waits: %s", error, exc_info=None if away else error)
                told = True
            await asyncio.sleep(LOOK_S)

    async def _forget_notes(self) -> None:
        if self._clock() - self._noted >= FORGET_S:
            await asyncio.to_thread(self._services.spool.notes.forget_old)
            self._noted = self._clock()

    async def turn(self) -> int:
        """Write what is spooled, in order, unless another process does; return how many records were done.

        Raises:
            AWAY, StoreError: the database, or the store, is away again; what was not written is still spooled.
        """
        spool = self._services.spool
        if not await asyncio.to_thread(lambda: spool.usage().items):
            return 0
        with spool.catching_up() as ours:
            if not ours:
                return 0
            await self._see_that_all_answer()
            self._in_a_row = 0
            done = await self._write_all()
            if self._clock() - self._pruned >= PRUNE_S:
                await asyncio.to_thread(spool.forget_old_keys)
                self._pruned = self._clock()
        if done:
            log.info("caught up with %d pictures that came in while the database was away", done)
        return done

    async def _write_all(self) -> int:
        """Write what is spooled, and what is spooled meanwhile, until nothing is left that can be written now."""
        done = 0
        while records := await asyncio.to_thread(self._services.spool.waiting):
            behind, written = set[str](), 0
            for place in range(0, len(records), TOGETHER):
                written += await self._write_some(records[place : place + TOGETHER], behind)
            if not written:
                break
            done += written
        return done

    async def _write_some(self, records: Sequence[Record], behind: set[str]) -> int:
        """Write records in their order; those that fail, and what rests, put their lines `behind`."""
        free = [record for record in records if not self._stays_behind(record, behind)]
        if len(free) > 1 and await self._get_done_together(free):
            return len(free)
        done = 0
        for record in free:
            if self._stays_behind(record, behind):
                continue
            if await self._get_done(record):
                done += 1
            elif record.line is not None:
                behind.add(record.line)
        return done

    def _stays_behind(self, record: Record, behind: set[str]) -> bool:
        """Tell whether a record is not to be tried now, and its line then neither."""
        rests = self._troubles.get(record.id, _Trouble()).until > self._clock()
        if not rests and record.line not in behind and self._in_a_row < MOST_IN_A_ROW:
            return False
        if record.line is not None:
            behind.add(record.line)
        return True

    async def _get_done_together(self, records: Sequence[Record]) -> bool:
        """Write records as they were meant in one transaction, in their order; False if any cannot be, and none is."""
        try:
            if not await write_together(self._services, [intended_of(record) for record in records]):
                return False
        except Exception as error:  # noqa: BLE001 - whatever it is, it is met again by the one record that it is about
            log.debug("%d records of the spool could not be written together: %s", len(records), error)
            return False
        for record in records:
            await asyncio.to_thread(self._services.spool.done, record)
        self._in_a_row = 0
        return True

    async def _get_done(self, record: Record) -> bool:
        """Deal with a record; False if it must be tried again.

        Raises:
            AWAY, StoreError: the database or the store does not answer.
        """
        try:
            await self._deal_with(record)
        except Exception as error:  # noqa: BLE001 - a record's boundary: it is tried again, and stands in nobody's way
            trouble = self._troubles.get(record.id, _Trouble())
            self._troubles[record.id] = trouble.resting(self._clock())
            self._in_a_row += 1
            log.warning("record %s of the spool, attempt %d: %s", record.id, trouble.tries + 1, error)
            newest = await self._see_that_all_answer()
            self._troubles[record.id] = self._troubles[record.id].blamed_if(newest, sure=not is_away(error))
            return False
        self._troubles.pop(record.id, None)
        self._in_a_row = 0
        return True

    async def _see_that_all_answer(self) -> UUID | None:
        """See whether it is worth trying; return the newest inspection there is.

        Raises:
            AWAY, StoreError: the database or the store does not answer.
        """
        async with self._services.database.session() as session:
            newest = await session.scalar(select(Inspection.id).order_by(Inspection.id.desc()).limit(1))
        if self._troubles:
            with suppress(StoreFull):  # nothing is put into it here
                await self._services.store.check()
        return newest

    async def _deal_with(self, record: Record) -> None:
        spool, failures = self._services.spool, self._troubles.get(record.id, _Trouble()).blamed
        try:
            intended = intended_of(record)
        except (KeyError, TypeError, ValueError):
            log.exception("record %s of the spool says nothing usable, and is moved aside", record.id)
            await asyncio.to_thread(spool.set_aside, record.id)
            return
        with acting_as(intended.actor), traced_under(intended.trace):
            if failures < MOST_AS_MEANT:
                kept = await self._write(intended)
            else:
                detail = f"It could not be written in {failures} attempts; the server's log says why."
                kept = failures < MOST_AS_FAILED and await self._as_failed(intended, UNFIT, detail)
        if kept:
            await asyncio.to_thread(spool.done, record)
        else:
            log.error("inspection %s, spooled, cannot be written, and is moved aside", record.id)
            await asyncio.to_thread(spool.set_aside, record.id)

    async def _write(self, intended: Intended) -> bool:
        """Write an inspection, whole or failed; False if it can be written in no form."""
        try:
            await self._as_meant(intended)
        except Exception as error:  # a record's boundary: none may stand in the way of the others
            if is_away(error) or _will_pass(error):
                raise
            return await self._as_failed(intended, *_reason(error))
        return True

    async def _as_meant(self, intended: Intended) -> None:
        async with self._services.database.unit_of_work() as work:
            if await _is_there(work, intended):
                return
            first = await made_before(work, intended.particulars, intended.digest)
            if first is None:
                if await write_down(self._services, work, intended, in_force_at=intended.came_at):
                    await work.commit()
                    return
                first = await made_before(work, intended.particulars, intended.digest)
        raise _CameBefore(f"The same request had come before, and made the inspection {first}; look there.")

    async def _as_failed(self, intended: Intended, code: str, detail: str) -> bool:
        log.warning("inspection %s, spooled, failed: %s", intended.id, detail)
        try:
            async with self._services.database.unit_of_work() as work:
                await _fail(work, intended, code, detail)
                if code == UNFIT:
                    await remember(work, intended)
                await work.commit()
        except Exception as error:  # a record's boundary, as above
            if is_away(error):
                raise
            log.exception("inspection %s, spooled, cannot be written as failed either", intended.id)
            return False
        return True


@dataclass(frozen=True)
class _Trouble:
    """How often a record was tried in vain, and was to blame for it; until when (monotonic clock) it rests.

    `newest` was the newest inspection when it failed last: once there is a newer one, the database takes others.
    """

    tries: int = 0
    blamed: int = 0
    until: float = 0.0
    newest: UUID | None = None

    def resting(self, now: float) -> _Trouble:
        """Return what one more failure makes of it."""
        return replace(self, tries=self.tries + 1, until=now + min(FIRST_REST_S * 2.0**self.tries, MOST_REST_S))

    def blamed_if(self, newest: UUID | None, *, sure: bool) -> _Trouble:
        """Return it with one more blame, if it is sure or others were written since it failed last."""
        others = self.tries > 1 and newest != self.newest
        return replace(self, blamed=self.blamed + (sure or others), newest=newest)


class _CameBefore(MarksightError):
    """The same request made another inspection before the outage."""


def _will_pass(error: BaseException) -> bool:
    """Tell whether an error is about the image store, which may be back at the next turn."""
    return isinstance(error, StoreError) and not isinstance(error, BlobMissing)


def _reason(error: BaseException) -> tuple[str, str]:
    if isinstance(error, MarksightError):
        return (BEFORE if isinstance(error, _CameBefore) else UNFIT), str(error)
    log.error("what was spooled cannot be written: %s", error, exc_info=error)
    return UNFIT, "The database refused it as it was sent; the server's log says more."


async def _is_there(work: UnitOfWork, intended: Intended) -> bool:
    return bool(await work.session.scalar(select(exists().where(Inspection.id == intended.id))))


async def _fail(work: UnitOfWork, intended: Intended, code: str, detail: str) -> None:
    """Write an inspection that failed: of a loose part, at its station and of its lot where they are there."""
    particulars = intended.particulars
    if await _is_there(work, intended):
        return
    try:
        station_id = await work.plant.station_id(particulars.station)
    except NotFound:
        station_id = await work.plant.station_id(None)
    lot_id = await work.session.scalar(select(Lot.id).where(Lot.code == particulars.lot)) if particulars.lot else None
    pictures = sorted(intended.pictures, key=lambda each: each[0].address)
    ids = {picture.address: await work.images.add(picture) for picture, _ in pictures}
    first, *others = [Pictured(ids[picture.address], lighting) for picture, lighting in intended.pictures]
    new = NewInspection(
        id=intended.id,
        attempt=await work.parts.begin_attempt(lot_id),
        station_id=station_id,
        image_id=first.image_id,
        lighting=first.lighting,
        others=tuple(others),
        captured_at=particulars.captured_at or intended.came_at,
        priority=particulars.priority,
        lot_id=lot_id,
        file_name=particulars.file_name,
        trigger_number=particulars.trigger_number,
    )
    await work.inspections.add(new)
    for state in ("queued", "running"):
        await work.inspections.move([new.id], state)
    await work.inspections.fail(new.id, code=code, detail=detail)
    await work.notify(RESULTS, word_of(new.id, NOT_JUDGED))
