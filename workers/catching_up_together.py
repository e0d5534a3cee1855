"""Writing many of those who were spooled in one transaction, at the cost of little more than one.

1. The rules are those of `workers.intake`, and so are the rows. All of them are written, or none.
2. Whoever is there already, came before, or does not fit is left to be written by itself, which says why; and so then
   are all others with it.
3. They are written in the name of their one sender; of several senders, each is written by itself. The ids of their
   requests are kept of those alone that are written by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import exists, select

from data.acting import Actor, acting_as
from data.channels import OUTBOX
from data.repositories.idempotency import Bound, Made
from data.tables import Inspection
from data.unit_of_work import UnitOfWork
from workers.capture import Capture, capture
from workers.composition import Services
from workers.intake import Intended, inspection_of
from workers.intake_together import Said, sought_by
from workers.keeping import write


async def write_together(services: Services, intended: Sequence[Intended]) -> bool:
    """Write inspections that are to be, in their order, in one transaction; False, and none is, if any is not fresh.

    Raises:
        MarksightError: as `workers.capture` and `workers.keeping.write` say; none is written.
    """
    senders = {each.actor.name for each in intended}
    if len(senders) > 1:
        return False
    with acting_as(Actor(senders.pop())):
        return await _written(services, intended)


async def _written(services: Services, intended: Sequence[Intended]) -> bool:
    async with services.database.unit_of_work() as work:
        if not await _are_fresh(work, intended):
            return False
        captures = await _captures(work, intended)
        if captures is None:
            return False
        ids = await write(services, work, [picture for each in intended for picture, _ in each.pictures])
        attempts = await work.parts.begin_attempts(
            [sought_by(each.particulars, taken_over) for each, taken_over in zip(intended, captures, strict=True)]
        )
        told = zip(intended, captures, attempts, strict=True)
        await work.inspections.add_all([inspection_of(*each, ids) for each in told])
        traces = {each.id: each.trace for each in intended}
        for priority, some in _by_priority(intended):
            await work.outbox.add_all(some, priority, traces=traces)
            await work.notify(OUTBOX, {"priority": priority})
        if not await _remember(work, intended):
            return False
        await work.commit()
    return True


async def _are_fresh(work: UnitOfWork, intended: Sequence[Intended]) -> bool:
    """Tell whether none is there, and none of their keys came before."""
    there = exists().where(Inspection.id.in_([each.id for each in intended]))
    if await work.session.scalar(select(there)):
        return False
    for caller, keys in _keys(intended).items():
        if await work.idempotency.among(caller, [each.key for each in keys]):
            return False
    return True


async def _captures(work: UnitOfWork, intended: Sequence[Intended]) -> list[Capture] | None:
    """Return what each takes over; None if those who say the same may take over different things.

    Lots are begun in the one order of their codes. Recipe versions only follow one another, and lots only close: what
    the first and the last of them take over, all between them do.
    """
    times: dict[Said, list[tuple[datetime, datetime]]] = {}
    for each in intended:
        times.setdefault(Said.by(each.particulars), []).append(
            (each.particulars.captured_at or each.came_at, each.came_at)
        )
    taken_over: dict[Said, Capture] = {}
    for said in sorted(times, key=lambda each: each.lot):
        captured, came = zip(*times[said], strict=True)
        ends = (min(captured), min(came)), (max(captured), max(came))
        first, last = [await capture(work, **vars(said), captured_at=at, in_force_at=then) for at, then in ends]
        if first != last:
            return None
        taken_over[said] = first
    return [taken_over[Said.by(each.particulars)] for each in intended]


async def _remember(work: UnitOfWork, intended: Sequence[Intended]) -> bool:
    return all([await work.idempotency.remember_all(caller, keys) for caller, keys in sorted(_keys(intended).items())])


def _keys(intended: Sequence[Intended]) -> dict[str, list[Bound]]:
    """Return the keys to be bound, by their callers."""
    keys: dict[str, list[Bound]] = {}
    for each in intended:
        told = each.particulars
        if told.idempotency_key is not None:
            keys.setdefault(told.caller, []).append(Bound(told.idempotency_key, each.digest, Made(each.id)))
    return keys


def _by_priority(intended: Sequence[Intended]) -> list[tuple[int, list[UUID]]]:
    told = sorted(((int(each.particulars.priority), each.id) for each in intended), key=lambda one: one[0])
    return [(priority, [id_ for _, id_ in some]) for priority, some in groupby(told, key=lambda one: one[0])]
