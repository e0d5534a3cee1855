"""What waits to be inspected. The truth of the queue: Redis may lose everything it holds.

1. A row is made in the transaction that makes its inspection, and deleted in the one that writes its result.
2. The relay gives rows a `batch_id`, and tells a worker that id; a worker claims the rows of its batch by a lease:
   `lease_token`, made for the claim, good until `lease_until`. What somebody waits for is claimed without a batch, and
   its `batch_id` is then its lease's.
3. Whoever writes a result must still hold the token. A lease that ran out is given to somebody else, and what its
   first holder brings later is refused.
4. `attempts` counts claims. `available_at` lies ahead while a failed row rests before its next attempt; `batched_at` is
   when the row was last handed on, to a batch or under a lease.
5. `trace_parent` is the trace that its inspection is part of (`data.trace_parent`): null where nobody traces.
6. What may happen to a row, and to its inspection in the same transaction, is a table: `QUEUE_STEPS`. A row
   goes nowhere else. `tests/workers/test_queue_model.py` walks all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, Small
from data.tables.inspection import InspectionState

QueuePlace = Literal["absent", "waiting", "batched", "leased"]
"""Where an inspection stands in the queue: `absent` has no row, `batched` is told to a worker, `leased` held by one."""

LeaseHeld = Literal["any", "own", "over"]
"""What must be true of a lease: nothing, that it is one's own and stands, or that its time is over."""


@dataclass(frozen=True)
class QueueStep:
    """What may happen to a row: from where to where, where its inspection goes with it, and what `attempts` becomes."""

    origins: frozenset[QueuePlace]
    to: QueuePlace
    state: InspectionState
    lease: LeaseHeld = "any"
    attempts: int = 0
    """Added to those before; a row that is made anew begins with none."""


def _step(
    origins: str, to: QueuePlace, state: InspectionState, lease: LeaseHeld = "any", attempts: int = 0
) -> QueueStep:
    return QueueStep(frozenset(cast("list[QueuePlace]", origins.split())), to, state, lease, attempts)


QUEUE_STEPS: dict[str, QueueStep] = {
    "accept": _step("absent", "waiting", "received"),
    "batch": _step("waiting", "batched", "queued"),
    "hand_back": _step("batched", "waiting", "received"),
    "claim": _step("batched", "leased", "running", attempts=1),
    "overtake": _step("waiting batched", "leased", "running", attempts=1),
    "finish": _step("leased", "absent", "done", "own"),
    "give_up": _step("leased", "absent", "failed", "own"),
    "put_back": _step("leased", "waiting", "received", "own"),
    "release": _step("leased", "waiting", "received", "own", attempts=-1),
    "lose": _step("leased", "waiting", "received", "over"),
    "drop": _step("leased", "absent", "failed", "over"),
    "cancel": _step("waiting batched leased", "absent", "cancelled"),
    "retry": _step("absent", "waiting", "received"),
}


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
        Index(
            "ix_outbox_free",
            "priority",
            "available_at",
            "inspection_id",
            postgresql_where=text("lease_token IS NULL"),
        ),
        Index("ix_outbox_run_id", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index("ix_outbox_batch_id", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
    )

    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id"), primary_key=True)
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("runs.id"))
    priority: Mapped[Small]
    available_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    attempts: Mapped[Small] = mapped_column(server_default="0")
    batch_id: Mapped[UUID | None]
    batched_at: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    last_error: Mapped[str | None]
    trace_parent: Mapped[str | None]
