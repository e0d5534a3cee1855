"""Reads the audit trail: page by page for people, entry by entry for whoever verifies it.

How it is asked: who changed this (`row_id`), what did they do (`actor`), what came of a request (`request_id`), what
was true at a moment (`as_of`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit_chain import Entry
from data.errors import CursorInvalid
from data.queries.page import Page, bounded
from data.tables.audit import AuditEntry, AuditHead
from data.tables.base import Document

AT_A_TIME = 2000


@dataclass(frozen=True)
class AuditView:
    """One entry as people read it; `changed` are the columns whose values differ, in the order of the table.

    `lane` and `position` say where it stands in the chains of its table, for whoever verifies them.
    """

    id: int
    relation: str
    row_id: UUID | None
    operation: str
    actor: str
    request_id: str | None
    at: datetime
    before: Document | None
    after: Document | None
    lane: int
    position: int

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of the columns whose values differ before and after; all of them where there is but one of the two."""
        before, after = self.before or {}, self.after or {}
        names = [*before, *(name for name in after if name not in before)]
        missing = object()
        return tuple(name for name in names if before.get(name, missing) != after.get(name, missing))


@dataclass(frozen=True)
class Sought:
    """What entries are sought by; what is None is not asked for. `until` is not counted."""

    relation: str | None = None
    row_id: UUID | None = None
    actor: str | None = None
    operation: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_COLUMNS = (
    AuditEntry.id,
    AuditEntry.relation,
    AuditEntry.row_id,
    AuditEntry.operation,
    AuditEntry.actor,
    AuditEntry.request_id,
    AuditEntry.at,
    AuditEntry.before,
    AuditEntry.after,
    AuditEntry.lane,
    AuditEntry.position,
)


async def page(
    session: AsyncSession, sought: Sought, *, cursor: str | None = None, limit: int | None = None
) -> Page[AuditView]:
    """Return entries, the newest first.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    size = bounded(limit)
    some = select(*_COLUMNS).where(*_met(sought)).order_by(AuditEntry.id.desc()).limit(size + 1)
    if cursor is not None:
        some = some.where(AuditEntry.id < _decoded(cursor))
    views = [AuditView(*row) for row in await session.execute(some)]
    shown = tuple(views[:size])
    return Page(shown, str(shown[-1].id) if len(views) > size else None)


async def as_of(session: AsyncSession, relation: str, row_id: UUID, moment: datetime) -> AuditView | None:
    """Return the last entry of a row up to a moment: its `after` is the row as it was then, None where it was not.

    That its table was emptied after it is its last entry, too. None where nothing is known of the row by then.
    """
    by_then = (
        select(*_COLUMNS)
        .where(AuditEntry.relation == relation, AuditEntry.at <= moment)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    row = (await session.execute(by_then.where(AuditEntry.row_id == row_id))).one_or_none()
    if row is None:
        return None
    emptied = by_then.where(AuditEntry.row_id.is_(None), AuditEntry.id > row.id)
    return AuditView(*((await session.execute(emptied)).one_or_none() or row))


async def history(session: AsyncSession, row_id: UUID) -> tuple[AuditView, ...]:
    """Return everything that is known of a row, and of what hangs on it under the same id, the oldest first."""
    rows = await session.execute(select(*_COLUMNS).where(AuditEntry.row_id == row_id).order_by(AuditEntry.id))
    return tuple(AuditView(*row) for row in rows)


async def makers(session: AsyncSession, relation: str, row_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return who made each of these rows of a table, as far as the trail knows."""
    if not row_ids:
        return {}
    made = select(AuditEntry.row_id, AuditEntry.actor).where(
        AuditEntry.relation == relation, AuditEntry.row_id.in_(row_ids), AuditEntry.operation == "insert"
    )
    return {row_id: actor for row_id, actor in await session.execute(made) if row_id is not None}


async def heads(session: AsyncSession) -> dict[tuple[str, int], tuple[int, bytes]]:
    """Return the position and hash of the last entry of each chain, by table and lane; of all that have any."""
    rows = await session.execute(
        select(AuditHead.relation, AuditHead.lane, AuditHead.position, AuditHead.hash)
        .where(AuditHead.position > 0)
        .order_by(AuditHead.relation, AuditHead.lane)
    )
    return {(relation, lane): (position, digest) for relation, lane, position, digest in rows}


async def walk(session: AsyncSession, relation: str) -> AsyncIterator[tuple[Entry, bytes]]:
    """Yield every entry of a table in the order of its ids, each with its hash, in constant memory."""
    entries = (
        select(
            AuditEntry.relation,
            AuditEntry.lane,
            AuditEntry.position,
            AuditEntry.id,
            AuditEntry.operation,
            cast(AuditEntry.row_id, Text),
            AuditEntry.actor,
            AuditEntry.request_id,
            AuditEntry.at,
            cast(AuditEntry.before, Text),
            cast(AuditEntry.after, Text),
            AuditEntry.hash,
        )
        .where(AuditEntry.relation == relation)
        .order_by(AuditEntry.id)
    )
    found = await session.stream(entries, execution_options={"yield_per": AT_A_TIME})
    async for some in found.partitions():  # row by row, each would be a way through a greenlet and back
        for *told, digest in some:
            yield Entry(*told), digest


async def is_there(session: AsyncSession, relation: str, lane: int, position: int) -> bool:
    """Return whether an entry claims a position in a chain."""
    claims = AuditEntry.relation == relation, AuditEntry.lane == lane, AuditEntry.position == position
    return bool(await session.scalar(select(exists().where(*claims))))


def _met(sought: Sought) -> list[ColumnElement[bool]]:
    named = ("relation", "row_id", "actor", "operation", "request_id")
    met = [getattr(AuditEntry, name) == getattr(sought, name) for name in named if getattr(sought, name) is not None]
    since = [] if sought.since is None else [AuditEntry.at >= sought.since]
    until = [] if sought.until is None else [AuditEntry.at < sought.until]
    return [*met, *since, *until]


def _decoded(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit()) or len(cursor) > 18:
        raise CursorInvalid(f"{cursor[:64]!r} is no cursor of this list; begin without one.")
    return int(cursor)
