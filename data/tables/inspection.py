"""Inspections: one unit, one attempt, one or more pictures.

1. Both tables are partitioned by range of the inspection's id, a UUIDv7, with a partition a month (`data.partitions`),
   so that the primary key, foreign keys and `ON CONFLICT (id)` work on the id alone.
2. What came in never changes. Only where the inspection stands does: `state`, `error_code`, `error_detail`,
   `finished_at`; the application's role may update those columns and no others (`data.grants`).
3. `state` runs received -> queued -> running -> done, failed or cancelled (`TRANSITIONS`). A verdict lies in `results`
   alone.
4. What the lot said when the picture came in is kept with it: `lot_texts`, `lot_on_hold`. A lot that is changed or
   released later changes nothing about it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, Document, Id, Small, one_of, uuid7_only

InspectionState = Literal["received", "queued", "running", "done", "failed", "cancelled"]

TRANSITIONS: dict[InspectionState, frozenset[InspectionState]] = {
    "received": frozenset({"queued", "running", "cancelled"}),  # running at once, when it overtakes
    "queued": frozenset({"running", "received", "cancelled"}),  # back, when the batch never reached a worker
    # Back, for another attempt after a failure or a lost lease.
    "running": frozenset({"done", "failed", "received", "cancelled"}),
    "done": frozenset(),
    "failed": frozenset({"received"}),  # by a person's retry
    "cancelled": frozenset(),
}

FINAL_STATES: frozenset[InspectionState] = frozenset({"done", "failed", "cancelled"})


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
        Index("ix_inspections_run_id_id", "run_id", "id", postgresql_where=text("run_id IS NOT NULL")),
        Index("ix_inspections_run_file_id", "run_file_id", postgresql_where=text("run_file_id IS NOT NULL")),
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
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("runs.id"))
    run_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("run_files.id"))
    trigger_number: Mapped[int | None] = mapped_column(BigInteger)
    """The station's own count of its triggers, where it sends one."""
    lot_texts: Mapped[Document | None]
    """What the lot's marks were to say when the picture came in, by name (`core.lot_texts`); null where nothing."""
    lot_on_hold: Mapped[bool] = mapped_column(server_default=false())
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
