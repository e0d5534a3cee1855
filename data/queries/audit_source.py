"""Reads what an anchor of the audit trail says of the database that it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit_anchor import Heads
from data.queries import audit
from data.tables.audit import AuditEntry

_ITSELF = text("SELECT current_database(), (SELECT system_identifier::text FROM pg_control_system())")


@dataclass(frozen=True)
class AuditSource:
    """The trail of a database as of one moment: its name, its cluster's identifier, the greatest id, the heads."""

    database: str
    system: str
    entry_id: int
    heads: Heads


async def source(session: AsyncSession) -> AuditSource:
    """Return what there is to anchor; `session` must be of one moment (`Database.snapshot`)."""
    database, system = (await session.execute(_ITSELF)).one()
    last = select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)
    return AuditSource(database, system, await session.scalar(last) or 0, await audit.heads(session))


async def first_after(session: AsyncSession, entry_id: int) -> datetime | None:
    """Return when the first entry was made whose id is greater, or None where there is none."""
    return await session.scalar(select(AuditEntry.at).where(AuditEntry.id > entry_id).order_by(AuditEntry.id).limit(1))
