"""Catching up: what was spooled while the database was away is written once it is back.

1. In the order of capture, each under its own id, in one transaction; what is there already is done. So it may be
   killed anywhere: what was begun is repeated, and makes nothing twice.
2. One process of a state folder catches up at a time (a lock that the kernel lets go of); any of them may.
3. What can never be written as it was meant, for want of its recipe or because its lot is closed, becomes an inspection
   that failed for that reason, under the id that was told. So does a request that had come before the outage already.
4. What cannot even be that is moved aside in the spool, and said.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import exists, select

from core.errors import MarksightError
from data.alongside import alongside
from data.channels import RESULTS
from data.errors import BlobMissing, NotFound, StoreError
from data.outage import AWAY, is_away
from data.queries.inspection_view import NOT_JUDGED
from data.repositories.inspections import NewInspection, Pictured
from data.tables import Inspection, Lot
from data.unit_of_work import UnitOfWork
from workers.composition import Services
from workers.intake import Intended, intended_of, made_before, remember, write_down
from workers.spool import Record

log = logging.getLogger(__name__)

LOOK_S = 1.0
PRUNE_S = 3600.0

BEFORE = "CAME_BEFORE"
UNFIT = "SPOOLED_UNFIT"
"""Codes of inspections that failed because they could not be written as they were meant."""


class CatchingUp:
    """Writes what is spooled; `turn` does all that can be done now."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pruned = -PRUNE_S

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
                await self.turn()
                told = False
            except Exception as error:  # a task's boundary: what is spooled stays, and is tried again
                away = isinstance(error, AWAY) and is_away(error)
                if not told:
                    log.log(logging.WARNING, "the spool waits: %s", error, exc_info=None if away else error)
                told = True
            await asyncio.sleep(LOOK_S)

    async def turn(self) -> int:
        """Write what is spooled, in order, unless another process does; return how many records were done.

        Raises:
            AWAY: the database is away again; what was not written is still spooled.
        """
        spool = self._services.spool
        if not await asyncio.to_thread(lambda: spool.usage().items):
            return 0
        with spool.catching_up() as ours:
            if not ours:
                return 0
            records = await asyncio.to_thread(spool.waiting)
            for record in records:
                await self._catch_up(record)
            if time.monotonic() - self._pruned >= PRUNE_S:
                await asyncio.to_thread(spool.forget_old_keys)
                self._pruned = time.monotonic()
        if records:
            log.info("caught up with %d pictures that came in while the database was away", len(records))
        return len(records)

    async def _catch_up(self, record: Record) -> None:
        try:
            intended = intended_of(record)
        except (KeyError, TypeError, ValueError):
            log.exception("record %s of the spool says nothing usable, and is moved aside", record.id)
            await asyncio.to_thread(self._services.spool.set_aside, record.id)
            return
        if await self._write(intended):
            await asyncio.to_thread(self._services.spool.done, record)

    async def _write(self, intended: Intended) -> bool:
        """Write an inspection, whole or failed; False if it was moved aside."""
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
        except AWAY as error:
            if is_away(error):
                raise
            log.exception("inspection %s, spooled, cannot be written, and is moved aside", intended.id)
            await asyncio.to_thread(self._services.spool.set_aside, intended.id)
            return False
        return True


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
    await work.notify(RESULTS, {"inspection_id": str(new.id), "verdict": NOT_JUDGED})
