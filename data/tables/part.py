"""What is inspected: lots, and the units (single physical parts) in them."""

from __future__ import annotations

from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, Id, one_of

LotState = Literal["open", "hold", "closed"]


class Lot(Base):
    """A lot, by the code that travels with it. Units are judged while it is open."""

    __tablename__ = "lots"
    __table_args__ = (one_of("state", get_args(LotState)),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    state: Mapped[LotState] = mapped_column(Text, server_default="open")


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
    )

    id: Mapped[Id]
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    serial: Mapped[str | None]
    carrier: Mapped[str | None]
    place_row: Mapped[int | None]
    place_column: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    """Inspections begun on this unit so far: the next one's attempt number is this plus one."""
