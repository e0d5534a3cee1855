"""What is inspected: lots, and the units (single physical parts) in them.

1. Starting a lot binds its station, the recipe version that judges it and the texts its marks must carry
   (`core.lot_texts`): date code, lot code, trace code. A lot that a picture merely names binds nothing.
2. A lot's state goes as `LOT_TRANSITIONS` says. On hold, parts still come in, and fail for it; closed, none do.
3. `lot_marks` counts what the units of a lot were read to say where only a pattern is expected; a unit that says
   something else than those before it makes the lot mixed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, Document, Id, one_of

LotState = Literal["open", "hold", "closed"]

LOT_TRANSITIONS: dict[LotState, frozenset[LotState]] = {
    "open": frozenset({"hold", "closed"}),
    "hold": frozenset({"open", "closed"}),
    "closed": frozenset(),
}


class Lot(Base):
    """A lot, by the code that travels with it."""

    __tablename__ = "lots"
    __table_args__ = (
        one_of("state", get_args(LotState)),
        Index(None, "station_id", "id"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    state: Mapped[LotState] = mapped_column(Text, server_default="open")
    station_id: Mapped[UUID | None] = mapped_column(ForeignKey("stations.id"))
    recipe_version_id: Mapped[UUID | None] = mapped_column(ForeignKey("recipe_versions.id"))
    texts: Mapped[Document] = mapped_column(server_default=text("'{}'::jsonb"))
    """What its marks must say, by name: `{"date": "2431", "lot": "AB12C", "trace": "X7"}`."""
    reason: Mapped[str] = mapped_column(server_default="")
    """Why it is on hold, or was released or closed, in the words of who did it."""
    started_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class LotMark(Base):
    """How many units of a lot were read to say `text` where `expected`, a pattern, leaves it open."""

    __tablename__ = "lot_marks"
    __table_args__ = (Index(None, "lot_id", "expected", "units"),)

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    expected: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(primary_key=True)
    units: Mapped[int]


class Unit(Base):
    """One physical part: known by its serial, by its place in a carrier, or by neither (a loose part)."""

    __tablename__ = "units"
    __table_args__ = (
        Index(
            "uq_units_lot_id_serial",
            "lot_id",
            "serial",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("serial IS NOT NULL"),
        ),
        Index(
            "uq_units_lot_id_place",
            "lot_id",
            "carrier",
            "place_row",
            "place_column",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("carrier IS NOT NULL"),
        ),
        Index(None, "lot_id", "id"),
        Index("ix_units_serial_id", "serial", "id", postgresql_where=text("serial IS NOT NULL")),
        Index("ix_units_carrier_id", "carrier", "id", postgresql_where=text("carrier IS NOT NULL")),
    )

    id: Mapped[Id]
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    serial: Mapped[str | None]
    carrier: Mapped[str | None]
    place_row: Mapped[int | None]
    place_column: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    """Inspections begun on this unit so far: the next one's attempt number is this plus one."""
