"""The audit trail: what every decision was before and after each write, by whom, in chains of hashes.

1. Triggers write it, with the rights of the owner, in the transaction of the write itself; the application's role may
   read it and nothing else, and changes are refused to the owner too (`entries_append_only`).
2. `audit.follow(table, row_id, digested, silent)`, in the database, is the one way to have a table followed: it makes
   the table's shadow (`audit.<table>`, a partition of `audit.entries`) and its triggers. A migration that adds a table
   or a column calls it; `FOLLOWED` and `LEFT_OUT` name every table there is, and a test holds them to the database.
3. A write of nobody is refused: `marksight.actor` says who writes (`data.saying_who`).
4. An entry holds the whole row before and after, as JSON; columns that are large, or that say nothing of the decision,
   as their SHA-256 (`<column>_sha256`). `id` tells what came later of one row; across rows, of entries of the same
   moment, it does not.
5. The chains are those of `core.audit_chain`: 16 beside each other for each table (`lane`), so that writers need not
   wait for one another. `heads` says where each has come to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, SmallInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from data.tables.base import Document

SCHEMA = "audit"


@dataclass(frozen=True)
class Follow:
    """How a table is followed: the column that names its rows, and the columns that are kept as their digests.

    `silent` is SQL over `o` and `n`, a row before and after an update: where it holds, no entry is kept.
    """

    row_id: str = "id"
    digested: tuple[str, ...] = ()
    silent: str = "false"


ON_ITS_WAY = """
n.state NOT IN ('failed', 'cancelled') AND o.state NOT IN ('done', 'failed', 'cancelled')
AND (o.id, o.unit_id, o.attempt, o.lot_id, o.station_id, o.recipe_version_id, o.priority, o.captured_at, o.file_name,
     o.run_id, o.run_file_id, o.trigger_number, coalesce(o.lot_texts, 'null'), o.lot_on_hold)
    IS NOT DISTINCT FROM
    (n.id, n.unit_id, n.attempt, n.lot_id, n.station_id, n.recipe_version_id, n.priority, n.captured_at, n.file_name,
     n.run_id, n.run_file_id, n.trigger_number, coalesce(n.lot_texts, 'null'), n.lot_on_hold)
"""
"""What the queue does by itself is no decision: on its way to a verdict an inspection moves without an entry."""

BEYOND_ITS_LAST_USE = "to_jsonb(o) - 'last_used_at' = to_jsonb(n) - 'last_used_at'"
"""That a token was used is no decision: what was done with it is, and that has entries of its own."""

FOLLOWED = {
    "sites": Follow(),
    "lines": Follow(),
    "stations": Follow(),
    "watched_folders": Follow("station_id"),
    "recipes": Follow(),
    "recipe_versions": Follow(),
    "lots": Follow(),
    "inspections": Follow(silent=ON_ITS_WAY),
    "results": Follow("inspection_id", digested=("evidence", "seconds")),
    "users": Follow(digested=("password_hash",)),
    "tokens": Follow(digested=("digest",), silent=BEYOND_ITS_LAST_USE),
    "invitations": Follow(digested=("digest",)),
    "preferences": Follow("user_id", digested=("document",)),
}
"""Tables that hold a decision."""

LEFT_OUT = {
    "units": "they are counted from inspections",
    "images": "a picture is its SHA-256, which a result's evidence names",
    "inspection_images": "written with their inspection, and never again",
    "lot_marks": "counted from results",
    "station_triggers": "a machine's counter",
    "watched_refusals": "a note of files that were no pictures",
    "runs": "a run decides nothing: its inspections do",
    "run_files": "where bytes are on their way",
    "outbox": "what waits; a verdict is in the results",
    "idempotency_keys": "kept for days",
    "processes": "what runs at the moment",
    "figures": "counted for who watches the machines; nothing is decided by them",
    "sign_ins": "who is signed in, for days; what they do has entries of its own",
    "sign_in_failures": "kept for a day, to slow down who guesses",
}
"""Tables that hold none, and why."""


class AuditBase(DeclarativeBase):
    """The base of what the audit trail is read by: the database makes these tables by itself, not Alembic."""

    metadata = MetaData(schema=SCHEMA)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        UUID: Uuid,
        datetime: DateTime(timezone=True),
        str: Text,
        bytes: LargeBinary,
        Document: JSON,
    }


class AuditEntry(AuditBase):
    """One row of a table as it was before and after a write; `core.audit_chain.Entry` says more."""

    __tablename__ = "entries"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    relation: Mapped[str]
    lane: Mapped[int] = mapped_column(SmallInteger)
    position: Mapped[int] = mapped_column(BigInteger)
    operation: Mapped[str]
    row_id: Mapped[UUID | None]
    actor: Mapped[str]
    request_id: Mapped[str | None]
    at: Mapped[datetime]
    before: Mapped[Document | None]
    after: Mapped[Document | None]
    hash: Mapped[bytes]


class AuditHead(AuditBase):
    """Where a chain has come to: the position and hash of its last entry, or 0 and 32 zero bytes."""

    __tablename__ = "heads"

    relation: Mapped[str] = mapped_column(primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]


class AuditFollowed(AuditBase):
    """A table that is followed, as the database does it: `Follow`, and the columns that are kept."""

    __tablename__ = "followed"

    relation: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[str]
    silent: Mapped[str]
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text))
    digested: Mapped[list[str]] = mapped_column(ARRAY(Text))
