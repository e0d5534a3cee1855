"""Inspections: one unit, one attempt, one or more pictures.

1. Both tables are partitioned by range of the inspection's id, a UUIDv7, with a partition a month (`data.partitions`),
   so that the primary key, foreign keys and `ON CONFLICT (id)` work on the id alone.
2. What came in never changes. Only where the inspection stands does: `state`, `error_code`, `error_detail`,
   `finished_at`; the application's role may update those columns and no others (`data.grants`).
3. `state` runs received -> queued -> running -> done or failed (`TRANSITIONS`). A verdict lies in `results` alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, Document, Id, Small, one_of, uuid7_only

InspectionState = Literal["received", "queued", "running", "done", "failed"]

TRANSITIONS: dict[InspectionState, frozenset[InspectionState]] = {
    "received": frozenset({"queued"}),
    "queued": frozenset({"running", "received"}),  # back, when the batch never reached a worker
    "running": frozenset({"done", "failed", "received"}),  # back, for another attempt after a failure or a lost lease
    "done": frozenset(),
    "failed": frozenset({"received"}),  # by a person's retry
}

FINAL_STATES: frozenset[InspectionState] = frozenset({"done", "failed"})


class Inspection(Base):
    """One look at one unit, from the moment its picture is safe."""

    __tablename__ = "inspections"
    __table_args__ = (
        uuid7_only("id"),
        one_of("state", get_args(InspectionState)),
        Index(None, "unit_id", "attempt"),
        Index(None, "lot_id", "id"),
        Index(None, "station_id", "id"),
        Index(None, "recipe_version_id", "id"),
        Index("ix_inspections_unfinished", "state", "id", postgresql_where=text("state <> 'done'")),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[Id]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    attempt: Mapped[Small]
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    station_id: Mapped[UUID] = mapped_column(ForeignKey("stations.id"))
    recipe_version_id: Mapped[UUID | None] = mapped_column(ForeignKey("recipe_versions.id"))
    priority: Mapped[Small]
    captured_at: Mapped[datetime]
    file_name: Mapped[str | None]
    state: Mapped[InspectionState] = mapped_column(Text, server_default="received")
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    finished_at: Mapped[datetime | None]


class InspectionImage(Base):
    """One picture of an inspection, in its place; `region` says where in the picture the unit lies, if not everywhere.

    `region` is `{"quad": [[x, y], ...]}` in pixels of the original picture.
    """

    __tablename__ = "inspection_images"
    __table_args__ = ({"postgresql_partition_by": "RANGE (inspection_id)"},)

    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("images.id"), index=True)
    lighting: Mapped[str | None]
    region: Mapped[Document | None]
