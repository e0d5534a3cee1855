"""Writes what waits: batching by the relay, claiming by workers, and the way back. Rules: `data.tables.outbox`.

Every time is the database's own, so that the clocks of other machines do not matter. That clock too may be set back:
times that then lie further ahead than they were ever set are no reason to wait.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CursorResult,
    Interval,
    Select,
    SmallInteger,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate

from data.priorities import Priority
from data.tables import QUEUE_STEPS, OutboxItem, QueuePlace
from data.trace_parent import trace_parent

NO_LEASE = {"lease_token": None, "lease_until": None, "leased_by": None}
NO_BATCH = {**NO_LEASE, "batch_id": None, "batched_at": None}

SET_BACK_S = 1.0
"""What was batched or claimed so long after now was so before the clock was set back."""


_PLACES: dict[QueuePlace, ColumnElement[bool]] = {
    "waiting": OutboxItem.batch_id.is_(None),
    "batched": OutboxItem.batch_id.is_not(None) & OutboxItem.lease_token.is_(None),
    "leased": OutboxItem.lease_token.is_not(None),
}
"""Where a row is, by its columns; what is absent has none."""


@dataclass(frozen=True)
class Claim:
    """One inspection that a worker has claimed: `attempts` counts this one.

    `trace_parent` is the trace that it is part of, if any; `since` is when it could have begun.
    """

    inspection_id: UUID
    attempts: int
    priority: int
    trace_parent: str | None = field(default=None, compare=False)
    since: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Lease:
    """The right to write results: a token made for one claim."""

    token: UUID
    seconds: float
    holder: str = ""


class Outbox:
    """The outbox as it is written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, inspection_id: UUID, priority: int, *, run_id: UUID | None = None) -> None:
        """Let an inspection wait; one that waits already keeps its place."""
        await self.add_all([inspection_id], priority, run_id=run_id)

    async def add_all(
        self,
        ids: Collection[UUID],
        priority: int,
        *,
        run_id: UUID | None = None,
        traces: Mapping[UUID, str | None] | None = None,
    ) -> None:
        """Let inspections wait, at the cost of one; all as part of the trace that goes on now, or each of its own."""
        now, own = trace_parent(), traces or {}
        rows = [
            {"inspection_id": id_, "priority": priority, "run_id": run_id, "trace_parent": own.get(id_, now)}
            for id_ in ids
        ]
        if rows:
            await self._session.execute(_ADD, rows)

    async def batch(self, batch_id: UUID, limit: int) -> list[UUID]:
        """Put up to `limit` of the rows that may begin now into a batch, the most urgent and oldest first.

        A row that was claimed before goes alone, so that a picture that takes its worker down takes nothing with it.
        Rows that another relay is batching are passed over. What somebody waits for is in no batch the first time: it
        overtakes them (`claim_urgent`).
        """
        ready = (
            select(OutboxItem.inspection_id, OutboxItem.attempts)
            .where(_may("batch"), OutboxItem.available_at <= func.now(), ~overtakes())
            .order_by(OutboxItem.priority, OutboxItem.available_at, OutboxItem.inspection_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        chosen = together([(row.inspection_id, row.attempts) for row in await self._session.execute(ready)])
        if chosen:
            values = {"batch_id": batch_id, "batched_at": func.clock_timestamp()}
            await self._session.execute(update(OutboxItem).where(OutboxItem.inspection_id.in_(chosen)).values(values))
        return chosen

    async def claim(self, batch_id: UUID, lease: Lease) -> list[Claim]:
        """Claim the rows of a batch that nobody holds; rows that another is claiming are passed over."""
        return await self._lease_to(lease, _CLAIM, batch=batch_id)

    async def claim_urgent(self, lease: Lease, *, than: int, limit: int) -> list[Claim]:
        """Claim what is more urgent than `than` and nobody has begun, in a batch or not; it overtakes.

        What was claimed before is left for a batch of its own, since it may take its worker down.
        """
        return await self._lease_to(lease, _CLAIM_URGENT, than=than, most=limit)

    async def renew(self, lease: Lease) -> set[UUID]:
        """Hold what is still held for another `lease.seconds`; return which inspections those are."""
        told = {"token": lease.token, "lease_for": timedelta(seconds=lease.seconds)}
        return set(await self._session.scalars(_RENEW, told))

    async def finish(self, token: UUID, ids: Collection[UUID]) -> set[UUID]:
        """Take inspections off the queue; return those for which the lease still stood, and only those may be written.

        The rows go with the unit of work that writes the results: both are kept, or neither.
        """
        return set(await self._session.scalars(_FINISH, {"token": token, "ids": list(ids)}))

    async def put_back(self, token: UUID, inspection_id: UUID, *, rest_s: float, error: str) -> bool:
        """Let a claimed inspection rest and wait again; False if the lease stood no more."""
        values = {**NO_BATCH, "available_at": _ahead(rest_s), "last_error": error}
        back = update(OutboxItem).where(OutboxItem.inspection_id == inspection_id, *_HELD).values(values)
        return await self._session.scalar(back.returning(OutboxItem.inspection_id), {"token": token}) is not None

    async def release(self, token: UUID, ids: Collection[UUID]) -> set[UUID]:
        """Let claimed inspections that were not begun wait again, as if they had not been claimed; return them."""
        return set(await self._session.scalars(_RELEASE, {"token": token, "ids": list(ids)}))

    async def unbatch(self, batch_id: UUID) -> list[UUID]:
        """Let the unclaimed rows of a batch wait again; return them."""
        back = update(OutboxItem).where(OutboxItem.batch_id == batch_id, _may("hand_back"))
        return list(await self._session.scalars(back.values(NO_BATCH).returning(OutboxItem.inspection_id)))

    async def take_expired(self, *, unclaimed_s: float, told: Collection[UUID] = ()) -> list[Claim]:
        """Let wait again what was claimed and never finished, or batched `unclaimed_s` ago and never claimed.

        The batches in `told` are still in line for a worker: they are not lost, however long that takes. A lease from
        before the clock was set back would last as long as it was set back: it has ended.
        """
        set_back = OutboxItem.batched_at > _ahead(SET_BACK_S)
        lost = or_(
            _may("lose") & ((OutboxItem.lease_until < func.clock_timestamp()) | set_back),
            _may("hand_back")
            & OutboxItem.batch_id.not_in(told)
            & ((OutboxItem.batched_at < _ahead(-unclaimed_s)) | set_back),
        )
        rows = select(OutboxItem.inspection_id).where(lost).with_for_update(skip_locked=True)
        back = (
            update(OutboxItem)
            .where(OutboxItem.inspection_id.in_(_found_once(rows)))
            .values(NO_BATCH)
            .returning(OutboxItem.inspection_id, OutboxItem.attempts, OutboxItem.priority)
        )
        return [Claim(*row) for row in await self._session.execute(back)]

    async def wake_overslept(self, *, most_s: float) -> int:
        """Let begin what rests for longer than anything may, since the clock was set back; return how many."""
        overslept = update(OutboxItem).where(OutboxItem.batch_id.is_(None), OutboxItem.available_at > _ahead(most_s))
        woken = await self._session.execute(overslept.values(available_at=func.now()))
        return woken.rowcount if isinstance(woken, CursorResult) else 0

    async def give_up(self, inspection_id: UUID) -> None:
        """Take an inspection that nobody holds off the queue without a result."""
        gone = delete(OutboxItem).where(OutboxItem.inspection_id == inspection_id, OutboxItem.lease_token.is_(None))
        await self._session.execute(gone)

    async def _lease_to(self, lease: Lease, claim: _Leasing, **told: object) -> list[Claim]:
        """Give the rows that `claim` finds to a lease; return them, the most urgent first."""
        leased = {"token": lease.token, "lease_for": timedelta(seconds=lease.seconds), "holder": lease.holder}
        rows = (await self._session.execute(claim, {**leased, **told})).all()
        return sorted((Claim(*row) for row in rows), key=lambda one: (one.priority, one.inspection_id))


def overtakes() -> ColumnElement[bool]:
    """Return whether a row is in no batch, since somebody waits for it and nobody has begun it yet."""
    return and_(OutboxItem.priority == Priority.WAITING, OutboxItem.attempts == 0)


def _in_order(*conditions: ColumnElement[bool]) -> Select[UUID]:
    """Return the rows that keep the conditions, locked in the order of their ids, so that no two wait crosswise."""
    rows = select(OutboxItem.inspection_id).where(*conditions).order_by(OutboxItem.inspection_id)
    return _found_once(rows.with_for_update())


def _found_once(rows: Select[UUID]) -> Select[UUID]:
    """Return what `rows` selects and locks, looked for once whatever the plan of the statement around it.

    A subquery may be run anew for every row of the outer one; one that passes over locked rows and has a limit finds
    the next ones then, since the first are changed already, and more are taken than the limit says.
    """
    found = rows.cte("found").prefix_with("MATERIALIZED", dialect="postgresql")
    return select(found.c.inspection_id)


def together(ready: list[tuple[UUID, int]]) -> list[UUID]:
    """Return the first row if it was claimed before, else all that were not."""
    if ready and ready[0][1] > 0:
        return [ready[0][0]]
    return [inspection_id for inspection_id, attempts in ready if attempts == 0]


def _ahead(seconds: float) -> ColumnElement[datetime]:
    return func.clock_timestamp() + timedelta(seconds=seconds)


def _may(step: str) -> ColumnElement[bool]:
    """Return the condition that a row is where a step of the table may take it from."""
    return or_(*(_PLACES[place] for place in sorted(QUEUE_STEPS[step].origins)))


_Leasing = ReturningUpdate[UUID, int, int, str | None, datetime]


def _leasing(free: Select[UUID], **values: ColumnElement[UUID]) -> _Leasing:
    """Return the statement that gives the rows that `free` selects to a lease: `token`, `lease_for` and `holder`."""
    leased = {
        "lease_token": _TOKEN,
        "lease_until": _LEASE_END,
        "leased_by": bindparam("holder", type_=Text),
        "batched_at": func.clock_timestamp(),
        "attempts": OutboxItem.attempts + QUEUE_STEPS["claim"].attempts,
        **values,
    }
    rows = update(OutboxItem).where(OutboxItem.inspection_id.in_(_found_once(free))).values(leased)
    return rows.returning(
        OutboxItem.inspection_id,
        OutboxItem.attempts,
        OutboxItem.priority,
        OutboxItem.trace_parent,
        OutboxItem.available_at,
    )


# The statements that every part goes through. Each is made once, here: making one costs more than running it.

_TOKEN: BindParameter[UUID] = bindparam("token", type_=Uuid)
_LEASE_END = func.clock_timestamp() + bindparam("lease_for", type_=Interval)
_HELD = OutboxItem.lease_token == _TOKEN, OutboxItem.lease_until > func.clock_timestamp()
_THESE = OutboxItem.inspection_id.in_(bindparam("ids", expanding=True))

_ADD = insert(cast("Table", OutboxItem.__table__)).on_conflict_do_nothing()

_CLAIM = _leasing(
    select(OutboxItem.inspection_id)
    .where(OutboxItem.batch_id == bindparam("batch", type_=Uuid), _may("claim"))
    .with_for_update(skip_locked=True)
)
_CLAIM_URGENT = _leasing(
    select(OutboxItem.inspection_id)
    .where(_may("overtake"), OutboxItem.priority < bindparam("than", type_=SmallInteger))
    .where(OutboxItem.available_at <= func.now(), OutboxItem.attempts == 0)
    .order_by(OutboxItem.priority, OutboxItem.available_at, OutboxItem.inspection_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True),
    batch_id=func.coalesce(OutboxItem.batch_id, _TOKEN),
)
_RENEW = (
    update(OutboxItem)
    .where(OutboxItem.inspection_id.in_(_in_order(*_HELD)))
    .values({"lease_until": _LEASE_END, "batched_at": func.clock_timestamp()})
    .returning(OutboxItem.inspection_id)
)
_FINISH = (
    delete(OutboxItem)
    .where(OutboxItem.inspection_id.in_(_in_order(_THESE, *_HELD)))
    .returning(OutboxItem.inspection_id)
)
_RELEASE = (
    update(OutboxItem)
    .where(OutboxItem.inspection_id.in_(_in_order(_THESE, *_HELD)))
    .values({**NO_BATCH, "attempts": OutboxItem.attempts + QUEUE_STEPS["release"].attempts})
    .returning(OutboxItem.inspection_id)
)
