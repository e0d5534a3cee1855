"""Intake of several pictures in one transaction: what `workers.intake` does for one, at the cost of little more.

1. The rules are those of `workers.intake`, and so are the rows. All of the pictures are kept, or none of them.
2. Only what goes in by itself goes in together. A picture that came before, waits in the spool, or does not fit its
   recipe, station or lot is left for `workers.intake.accept`, which says why.
3. A commit that nobody acknowledged is spooled under the same ids, as there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.errors import MarksightError
from core.image import probe
from data.acting import acting
from data.channels import OUTBOX
from data.outage import AWAY, is_away
from data.repositories.idempotency import Bound, Made
from data.repositories.images import Picture
from data.repositories.parts import Sought
from data.store import address_of
from data.trace_parent import trace_parent
from data.unit_of_work import UnitOfWork
from workers.capture import Capture, capture
from workers.composition import Services
from workers.intake import Intended, Particulars, inspection_of, line_of, must_wait, note, record_of
from workers.keeping import write
from workers.opening_bytes import Putting
from workers.spool import Key


@dataclass(frozen=True)
class Arrival:
    """A picture that was looked at, and the inspection that it is to be."""

    data: bytes
    intended: Intended


@dataclass(frozen=True)
class Said:
    """What a picture is captured by; many say the same."""

    lot: str
    recipe: str | None
    part_number: str | None
    station: str | None

    @classmethod
    def by(cls, particulars: Particulars) -> Said:
        """Return what a picture says of itself."""
        return cls(particulars.lot or "", particulars.recipe, particulars.part_number, particulars.station)


def arrival(services: Services, data: bytes, particulars: Particulars) -> Arrival | None:
    """Look at a picture that comes under an idempotency key; None: it waits in the spool already.

    Raises:
        ImageRefused: it breaks a rule.
        IdempotencyMismatch: it waits in the spool with another request.
    """
    if particulars.idempotency_key is None or particulars.captured_at is not None:
        raise ValueError("expected an idempotency key, and a picture that is taken as it comes in")
    facts = probe(data, services.image_limits)
    address = address_of(data)
    digest = particulars.request_digest([(address, particulars.lighting)])
    if services.spool.waits_under(Key(particulars.caller, particulars.idempotency_key, digest.hex())) is not None:
        return None
    picture = Picture(address, facts.media_type, facts.width_px, facts.height_px, len(data))
    pictures = ((picture, particulars.lighting),)
    return Arrival(data, Intended(services.database.ids(), services.clock(), particulars, digest, pictures, acting()))


async def accept_together(services: Services, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Have those pictures inspected that go in by themselves; return them. All are of one caller and one priority.

    Raises:
        AWAY: the database is away, or refuses them together; none is kept.
        StoreError: a picture cannot be kept; none is.
        SpoolFull: the database went away in the middle; what was spooled will be found under its key.
    """
    with services.tracing.span("intake", {"marksight.pictures": len(arrivals)}, root=True):
        return await _accept_together(services, arrivals)


async def _accept_together(services: Services, arrivals: Sequence[Arrival]) -> list[Arrival]:
    fit = await _fit(services, arrivals)
    if not fit:
        return []
    putting = Putting(services.store)
    for each in fit:
        await putting.put(each.data)
    await putting.all_there()
    intended = [each.intended for each in fit]
    await note(services, {each.id: each for each in intended})
    try:
        return fit if await _write_down(services, intended) else []
    except AWAY as error:
        if not is_away(error):
            raise
    for one in intended:
        await asyncio.to_thread(services.spool.add, record_of(replace(one, trace=trace_parent())))
    return fit


async def _fit(services: Services, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Return those that did not come before and that can be captured; what this makes is not kept."""
    if not arrivals:
        return []
    async with services.database.unit_of_work() as work:
        first = arrivals[0].intended.particulars
        keys = {each.intended.particulars.idempotency_key or "" for each in arrivals}
        known = await work.idempotency.among(first.caller, keys)
        fresh = [each for each in arrivals if each.intended.particulars.idempotency_key not in known]
        unfit = await _unfit(work, {Said.by(each.intended.particulars) for each in fresh})
        fit = [each for each in fresh if Said.by(each.intended.particulars) not in unfit]
    lines = {line_of(each.intended.particulars): each.intended.particulars for each in fit}
    held = {line for line, told in lines.items() if await must_wait(services, told)}  # asked once: all of it, or none
    return [each for each in fit if line_of(each.intended.particulars) not in held]


async def _unfit(work: UnitOfWork, said: Iterable[Said]) -> set[Said]:
    unfit = set()
    for each in said:
        try:
            await capture(work, **vars(each))
        except MarksightError:
            unfit.add(each)
    return unfit


async def _write_down(services: Services, intended: Sequence[Intended]) -> bool:
    """Write the rows, in the order of `workers.intake.write_down`; False if another has bound one of the keys."""
    first = intended[0].particulars
    async with services.database.unit_of_work() as work:
        captures = await _captures(work, intended)
        ids = await write(services, work, [picture for each in intended for picture, _ in each.pictures])
        sought = [sought_by(each.particulars, taken_over) for each, taken_over in zip(intended, captures, strict=True)]
        told = zip(intended, captures, await work.parts.begin_attempts(sought), strict=True)
        await work.inspections.add_all([inspection_of(*each, ids) for each in told])
        await work.outbox.add_all([each.id for each in intended], first.priority)
        await work.notify(OUTBOX, {"priority": int(first.priority)})
        bound = [Bound(each.particulars.idempotency_key or "", each.digest, Made(each.id)) for each in intended]
        if not await work.idempotency.remember_all(first.caller, bound):
            return False
        await work.commit()
        return True


async def _captures(work: UnitOfWork, intended: Sequence[Intended]) -> list[Capture]:
    """Return what each takes over, its lot begun where it has to be, lots in the one order of their codes."""
    said = [Said.by(each.particulars) for each in intended]
    taken_over = {each: await capture(work, **vars(each)) for each in sorted(set(said), key=lambda each: each.lot)}
    return [taken_over[each] for each in said]


def sought_by(particulars: Particulars, taken_over: Capture) -> Sought:
    """Return the unit that a picture names."""
    return Sought(taken_over.lot_id, particulars.unit_serial or None, particulars.seat)
