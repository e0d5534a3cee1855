"""What waits to be inspected. The truth of the queue: Redis may lose everything it holds.

1. A row is made in the transaction that makes its inspection, and deleted in the one that writes its result.
2. The relay gives rows a `batch_id`, and tells a worker that id; a worker claims the rows of its batch by a lease:
   `lease_token`, made for the claim, good until `lease_until`. What somebody waits for is claimed without a batch, and
   its `batch_id` is then its lease's.
3. Whoever writes a result must still hold the token. A lease that ran out is given to somebody else, and what its
   first holder brings later is refused.
4. `attempts` counts claims. `available_at` lies ahead while a failed row rests before its next attempt; `batched_at` is
   when the row was last handed on, to a batch or under a lease.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, Small


class OutboxItem(Base):
    """One inspection that has no result yet."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name="lease_whole"),
        CheckConstraint("lease_token IS NULL OR batch_id IS NOT NULL", name="lease_within_batch"),
        CheckConstraint("(batch_id IS NULL) = (batched_at IS NULL)", name="batch_whole"),
        Index(
            "ix_outbox_waiting",
            "priority",
            "available_at",
            "inspection_id",
            postgresql_where=text("batch_id IS NULL"),
        ),
        Index("ix_outbox_batch_id", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
    )

    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id"), primary_key=True)
    priority: Mapped[Small]
    available_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    attempts: Mapped[Small] = mapped_column(server_default="0")
    batch_id: Mapped[UUID | None]
    batched_at: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    last_error: Mapped[str | None]
