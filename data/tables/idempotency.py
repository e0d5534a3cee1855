"""The keys under which machines repeat a request without doing it twice."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, sha256


class IdempotencyKey(Base):
    """One `Idempotency-Key` of one caller, the digest of the request it came with, and what that request made.

    A request that only says something, such as how often a station has triggered, makes none of them.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        sha256("request_digest"),
        CheckConstraint("num_nonnulls(inspection_id, run_id, run_file_id) <= 1", name="made_one_thing"),
    )

    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_digest: Mapped[bytes]
    inspection_id: Mapped[UUID | None] = mapped_column(ForeignKey("inspections.id"))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("runs.id"))
    run_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("run_files.id"))
    used_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
