"""Reads whether what a station sent came in, and what became of it: triggers in, results out.

1. An hour's pictures are those that came in within it, by the time in their ids, not those taken in it. So what is
   counted once never moves to another hour.
2. A picture that came in is an inspection's, or, of a run, a file: a tray of forty units is one picture and forty
   inspections. One that was refused came in too.
3. `missing` are triggers without a picture; below zero, there are pictures that no trigger was told for. Where a
   station says nothing of its triggers, its pictures stand for them.
4. `lost` are inspections that have neither an end nor a place in the queue. There can be none.
5. Hours go together to the whole. So an hour for which a station said no triggers had none, if it said some in any
   other of the hours asked for. A picture that comes in after the hour of its trigger lacks in that hour, and is too
   many in the next.
6. However many hours are counted, each table is gone through once, over the ids of those hours alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, Integer, Uuid, and_, exists, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.ids import uuid7_floor, uuid7_time
from data.errors import CursorInvalid
from data.queries.page import Page, bounded, decode, encode
from data.queries.period import within
from data.queries.trigger_numbers import Numbers, trigger_numbers
from data.repositories.triggers import hour_of
from data.tables import Inspection, OutboxItem, Result, Run, RunFile, StationTriggers, WatchedRefusal

HOUR = timedelta(hours=1)
COUNTS = ("received", "refused", "unopened", "inspections", "waiting", "judged", "failed", "cancelled")
NO_FILES = {"refused": 0, "unopened": 0}
NO_INSPECTIONS = dict.fromkeys(("inspections", "waiting", "judged", "failed", "cancelled", "single", "files"), 0)


@dataclass(frozen=True)
class Tally:
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


def told(tally: Tally) -> dict[str, Any]:
    """Return all that a tally says, with what is worked out of it."""
    return asdict(tally) | {name: getattr(tally, name) for name in ("missing", "lost", "difference")}


@dataclass(frozen=True)
class Reconciliation(Tally):
    """A tally of all hours asked for, and what the station's own numbers say."""

    numbers: Numbers


async def reconcile(session: AsyncSession, station_id: UUID, *, since: datetime, until: datetime) -> Reconciliation:
    """Return how a station stands over whole hours, from that of `since` (timezone-aware); that of `until` is the last.

    An `until` on the hour is the end of the hour before it.
    """
    first, end = whole_hours(since, until)
    (tally,) = await _tallies(session, station_id, (first, end))
    return Reconciliation(**vars(tally), numbers=await trigger_numbers(session, station_id, first, end))


async def reconcile_with_hours(
    session: AsyncSession, station_id: UUID, *, since: datetime, until: datetime
) -> tuple[Reconciliation, tuple[Tally, ...]]:
    """Return what `reconcile` does, and each hour, the oldest first, at the cost of one."""
    first, end = whole_hours(since, until)
    hours = await _tallies(session, station_id, _hours(first, (end - first) // HOUR))
    counts = {name: sum(getattr(hour, name) for hour in hours) for name in COUNTS}
    said = [hour.triggers for hour in hours if hour.triggers is not None]
    numbers = await trigger_numbers(session, station_id, first, end)
    whole = Reconciliation(since=first, until=end, triggers=sum(said) if said else None, numbers=numbers, **counts)
    return whole, tuple(_all_said(hours) if said else hours)


async def reconcile_hours(
    session: AsyncSession,
    station_id: UUID,
    *,
    since: datetime,
    until: datetime,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[Tally]:
    """Return how a station stands in each hour, the newest first; the hours are those of `reconcile`.

    Raises:
        CursorInvalid: the cursor is not of this list.
    """
    first, end = whole_hours(since, until)
    last = end if cursor is None else _hour_named(cursor, end)
    if last <= first:  # the hours asked for have moved on since
        return Page((), None)
    size = min(bounded(limit), (last - first) // HOUR)
    begin = last - size * HOUR
    tallies = await _tallies(session, station_id, _hours(begin, size))
    if await _triggers_said(session, station_id, first, end):
        tallies = _all_said(tallies)
    return Page(tuple(reversed(tallies)), encode(uuid7_floor(begin)) if begin > first else None)


def whole_hours(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return the beginning of the hour of `since`, and the end of that of `until`."""
    first, end = hour_of(since), hour_of(until)
    return first, end if end == until else end + HOUR


def _hours(begin: datetime, count: int) -> list[datetime]:
    return [begin + number * HOUR for number in range(count + 1)]


def _all_said(tallies: Sequence[Tally]) -> list[Tally]:
    return [replace(each, triggers=each.triggers or 0) for each in tallies]


def _hour_named(cursor: str, end: datetime) -> datetime:
    hour = uuid7_time(decode(cursor))
    if hour != hour_of(hour) or hour >= end:
        raise CursorInvalid(f"{cursor[:64]!r} is no cursor of these hours; begin without one.")
    return hour


async def _tallies(session: AsyncSession, station_id: UUID, bounds: Sequence[datetime]) -> list[Tally]:
    """Count between each of `bounds` (at least two, ascending) and the next."""
    triggers = await _triggers(session, station_id, bounds)
    counted = await _inspections(session, station_id, bounds)
    files = await _files(session, station_id, bounds)
    watched = await _watched_refusals(session, station_id, bounds)
    tallies = []
    for place, (since, until) in enumerate(pairwise(bounds), start=1):
        told = dict(counted.get(place, NO_INSPECTIONS))
        unopened = files.get(place, NO_FILES)["unopened"]
        refused = files.get(place, NO_FILES)["refused"] + watched.get(place, 0)
        received = told.pop("single") + told.pop("files") + unopened + refused
        tallies.append(
            Tally(since, until, triggers.get(place), received=received, refused=refused, unopened=unopened, **told)
        )
    return tallies


async def _triggers(session: AsyncSession, station_id: UUID, bounds: Sequence[datetime]) -> dict[int, int]:
    place = _place(StationTriggers.hour, bounds)
    said = select(place, func.sum(StationTriggers.triggers)).where(*_said(station_id, bounds[0], bounds[-1]))
    return {row[0]: int(row[1]) for row in await session.execute(said.group_by(place))}


async def _triggers_said(session: AsyncSession, station_id: UUID, since: datetime, until: datetime) -> bool:
    return bool(await session.scalar(select(exists().where(*_said(station_id, since, until)))))


def _said(station_id: UUID, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    hour = StationTriggers.hour
    return StationTriggers.station_id == station_id, hour >= since, hour < until


async def _inspections(
    session: AsyncSession, station_id: UUID, bounds: Sequence[datetime]
) -> dict[int, Mapping[str, int]]:
    """Count inspections in one statement, so that none is seen on its way from one state to another."""
    first, last = bounds[0], bounds[-1]
    queued = OutboxItem.inspection_id.is_not(None)
    decided = Result.inspection_id.is_not(None)
    counts = {
        "inspections": func.count(),
        "waiting": func.count().filter(queued),
        "judged": func.count().filter(and_(Inspection.state == "done", decided)),
        "failed": func.count().filter(Inspection.state == "failed"),
        "cancelled": func.count().filter(Inspection.state == "cancelled"),
        "single": func.count().filter(Inspection.run_file_id.is_(None)),
        "files": func.count(Inspection.run_file_id.distinct()),
    }
    # Said of the results too, so that no more of their months are looked into than of the inspections.
    own = and_(Result.inspection_id == Inspection.id, *within(Result.inspection_id, first, last))
    place = _place(Inspection.id, bounds)
    statement = (
        select(place.label("place"), *(count.label(name) for name, count in counts.items()))
        .outerjoin(OutboxItem, OutboxItem.inspection_id == Inspection.id)
        .outerjoin(Result, own)
        .where(Inspection.station_id == station_id, *within(Inspection.id, first, last))
    )
    return await _by_place(session, statement.group_by(place))


async def _files(session: AsyncSession, station_id: UUID, bounds: Sequence[datetime]) -> dict[int, Mapping[str, int]]:
    """Count the files of runs that were refused, and those that are not opened yet.

    One whose bytes never came whole did not come in, nor did one that was cancelled. An archive is counted by its
    members, or as one where it was refused whole.
    """
    place = _place(RunFile.id, bounds)
    statement = (
        select(
            place.label("place"),
            func.count().filter(RunFile.state == "refused").label("refused"),
            func.count().filter(RunFile.state.in_(("stored", "opening"))).label("unopened"),
        )
        .join(Run, Run.id == RunFile.run_id)
        .where(Run.station_id == station_id, *within(RunFile.id, bounds[0], bounds[-1]))
        .where(RunFile.sha256.is_not(None) | RunFile.parent_id.is_not(None))
    )
    return await _by_place(session, statement.group_by(place))


async def _watched_refusals(session: AsyncSession, station_id: UUID, bounds: Sequence[datetime]) -> dict[int, int]:
    at = WatchedRefusal.refused_at
    place = _place(at, bounds)
    statement = (
        select(place, func.count())
        .where(WatchedRefusal.station_id == station_id, at >= bounds[0], at < bounds[-1])
        .group_by(place)
    )
    return {row[0]: row[1] for row in await session.execute(statement)}


async def _by_place(session: AsyncSession, statement: Executable) -> dict[int, Mapping[str, int]]:
    return {
        row["place"]: {name: row[name] for name in row if name != "place"}
        for row in (await session.execute(statement)).mappings()
    }


def _place(column: InstrumentedAttribute[Any], bounds: Sequence[datetime]) -> ColumnElement[int]:
    """Return between which of `bounds` an id, or a time, lies: from 1."""
    ids = isinstance(column.type, Uuid)
    starts = [uuid7_floor(bound) if ids else bound for bound in bounds[:-1]]
    return func.width_bucket(column, literal(starts, ARRAY(column.type)), type_=Integer)
