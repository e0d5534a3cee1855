"""Reads whether what a station sent came in, and what became of it: triggers in, results out.

1. An hour's pictures are those that came in within it, by the time in their ids, not those taken in it. So what is
   counted once never moves to another hour.
2. A picture that came in is an inspection's, or, of a run, a file: a tray of forty units is one picture and forty
   inspections. One that was refused came in too.
3. `missing` are triggers without a picture; below zero, there are pictures that no trigger was told for. Where a
   station says nothing of its triggers, its pictures stand for them.
4. `lost` are inspections that have neither an end nor a place in the queue. There can be none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import uuid7_floor
from data.repositories.triggers import hour_of
from data.tables import Inspection, OutboxItem, Result, Run, RunFile, StationTriggers, WatchedRefusal

GAPS_SHOWN = 100
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Gap:
    """Trigger numbers from `first` to `last`, both included, for which no picture came."""

    first: int
    last: int


@dataclass(frozen=True)
class Numbers:
    """What the numbers say that a station gave its pictures: how many came, which lack, how many came again.

    Numbers that begin anew within the hours counted cannot be told from others that came again.
    """

    seen: int
    first: int | None
    last: int | None
    missing: int
    repeated: int
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class Reconciliation:
    """Triggers and results of a station, from the hour of `since` up to `until`, which is not counted any more.

    `triggers` is None where the station said nothing. `received` are all pictures that came in: those of inspections,
    `unopened` files and `refused` ones. `waiting`, `judged`, `failed` and `cancelled` are inspections.
    """

    since: datetime
    until: datetime
    triggers: int | None
    received: int
    refused: int
    unopened: int
    inspections: int
    waiting: int
    judged: int
    failed: int
    cancelled: int
    numbers: Numbers

    @property
    def missing(self) -> int:
        """Triggers without a picture."""
        return 0 if self.triggers is None else self.triggers - self.received

    @property
    def lost(self) -> int:
        """Inspections without an end and without a place in the queue."""
        return self.inspections - self.waiting - self.judged - self.failed - self.cancelled

    @property
    def difference(self) -> int:
        """What does not go together: 0 when every trigger has its picture and every picture its way or its end."""
        return self.missing + self.lost


async def reconcile(session: AsyncSession, station_id: UUID, *, since: datetime, until: datetime) -> Reconciliation:
    """Return how a station stands over whole hours, from that of `since` (timezone-aware); that of `until` is the last.

    An `until` on the hour is the end of the hour before it.
    """
    first, end = hour_of(since), hour_of(until)
    end = end if end == until else end + HOUR
    counted = await _inspections(session, station_id, first, end)
    pictures = counted.pop("pictures")
    refused, unopened = await _files(session, station_id, first, end)
    refused += await _watched_refusals(session, station_id, first, end)
    return Reconciliation(
        since=first,
        until=end,
        triggers=await _triggers(session, station_id, first, end),
        received=pictures + unopened + refused,
        refused=refused,
        unopened=unopened,
        numbers=await _numbers(session, station_id, first, end),
        **counted,
    )


async def _triggers(session: AsyncSession, station_id: UUID, since: datetime, until: datetime) -> int | None:
    said = select(func.sum(StationTriggers.triggers)).where(
        StationTriggers.station_id == station_id, StationTriggers.hour >= since, StationTriggers.hour < until
    )
    total = await session.scalar(said)
    return None if total is None else int(total)


async def _inspections(session: AsyncSession, station_id: UUID, since: datetime, until: datetime) -> dict[str, int]:
    """Count inspections in one statement, so that none is seen on its way from one state to another."""
    queued = exists().where(OutboxItem.inspection_id == Inspection.id)
    decided = exists().where(Result.inspection_id == Inspection.id)
    counts = {
        "inspections": func.count(),
        "waiting": func.count().filter(queued),
        "judged": func.count().filter(and_(Inspection.state == "done", decided)),
        "failed": func.count().filter(Inspection.state == "failed"),
        "cancelled": func.count().filter(Inspection.state == "cancelled"),
        "single": func.count().filter(Inspection.run_file_id.is_(None)),
        "files": func.count(Inspection.run_file_id.distinct()),
    }
    columns = (count.label(name) for name, count in counts.items())
    rows = await session.execute(select(*columns).where(*_came_in(station_id, since, until)))
    row = dict(rows.mappings().one())
    pictures = row.pop("single") + row.pop("files")
    return {**row, "pictures": pictures}


def _came_in(station_id: UUID, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    ids = Inspection.id
    return Inspection.station_id == station_id, ids >= uuid7_floor(since), ids < uuid7_floor(until)


async def _files(session: AsyncSession, station_id: UUID, since: datetime, until: datetime) -> tuple[int, int]:
    """Count the files of runs that were refused, and those that are not opened yet.

    One whose bytes never came whole did not come in, nor did one that was cancelled. An archive is counted by its
    members, or as one where it was refused whole.
    """
    statement = (
        select(
            func.count().filter(RunFile.state == "refused"),
            func.count().filter(RunFile.state.in_(("stored", "opening"))),
        )
        .join(Run, Run.id == RunFile.run_id)
        .where(Run.station_id == station_id, RunFile.id >= uuid7_floor(since), RunFile.id < uuid7_floor(until))
        .where(RunFile.sha256.is_not(None) | RunFile.parent_id.is_not(None))
    )
    refused, unopened = (await session.execute(statement)).one()
    return refused, unopened


async def _watched_refusals(session: AsyncSession, station_id: UUID, since: datetime, until: datetime) -> int:
    at = WatchedRefusal.refused_at
    statement = select(func.count()).where(WatchedRefusal.station_id == station_id, at >= since, at < until)
    return await session.scalar(statement) or 0


async def _numbers(session: AsyncSession, station_id: UUID, since: datetime, until: datetime) -> Numbers:
    number = Inspection.trigger_number
    came = (
        select(number.label("number"), func.count().label("times"))
        .where(*_came_in(station_id, since, until), number.is_not(None))
        .group_by(number)
        .subquery()
    )
    totals = select(func.count(), func.min(came.c.number), func.max(came.c.number), func.sum(came.c.times))
    seen, first, last, times = (await session.execute(totals)).one()
    if not seen:
        return Numbers(0, None, None, 0, 0, ())
    before = func.lag(came.c.number).over(order_by=came.c.number)
    pairs = select(came.c.number.label("number"), before.label("before")).subquery()
    gaps = (
        select(pairs.c.before + 1, pairs.c.number - 1)
        .where(pairs.c.number > pairs.c.before + 1)
        .order_by(pairs.c.number)
        .limit(GAPS_SHOWN)
    )
    shown = tuple(Gap(*row) for row in await session.execute(gaps))
    return Numbers(seen, first, last, last - first + 1 - seen, int(times) - seen, shown)
