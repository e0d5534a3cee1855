"""Reads units: lists of them, and one with every look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import uuid7_time
from data.errors import NotFound
from data.queries import inspections
from data.queries.inspection_view import InspectionSummary
from data.queries.page import Page, bounded, newest, page_of
from data.tables import Lot, Unit


@dataclass(frozen=True)
class UnitSummary:
    """A unit in a list; `row` and `column` from 1, None without a carrier."""

    id: UUID
    lot: str | None
    serial: str | None
    carrier: str | None
    row: int | None
    column: int | None
    attempts: int
    created_at: datetime


@dataclass(frozen=True)
class UnitDetail:
    """A unit with the inspections of it, the newest first, as many as a page holds."""

    summary: UnitSummary
    inspections: tuple[InspectionSummary, ...]


@dataclass(frozen=True)
class UnitFilter:
    """Which units a list shows; None means all. `lot` is a lot's code."""

    lot: str | None = None
    serial: str | None = None
    carrier: str | None = None


async def page(
    session: AsyncSession, wanted: UnitFilter, *, cursor: str | None = None, limit: int | None = None
) -> Page[UnitSummary]:
    """Return units, the newest first.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    size = bounded(limit)
    rows = await session.execute(newest(_units().where(*_conditions(wanted)), Unit.id, cursor=cursor, size=size))
    return page_of([_summary(row) for row in rows], size, lambda item: item.id)


async def detail(session: AsyncSession, unit_id: UUID) -> UnitDetail:
    """Return one unit with the inspections of it.

    Raises:
        NotFound: there is no such unit.
    """
    row = (await session.execute(_units().where(Unit.id == unit_id))).first()
    if row is None:
        raise NotFound("unit", unit_id)
    return UnitDetail(_summary(row), await inspections.of_unit(session, unit_id))


def _units() -> Select[Unit, str]:
    return select(Unit, Lot.code).outerjoin(Lot, Lot.id == Unit.lot_id)


def _conditions(wanted: UnitFilter) -> list[ColumnElement[bool]]:
    columns = {"lot": Lot.code, "serial": Unit.serial, "carrier": Unit.carrier}
    asked = {name: getattr(wanted, name) for name in columns}
    return [columns[name] == value for name, value in asked.items() if value is not None]


def _summary(row: Row[Unit, str]) -> UnitSummary:
    unit, lot = row
    place = (unit.carrier, unit.place_row, unit.place_column)
    return UnitSummary(unit.id, lot, unit.serial, *place, attempts=unit.attempts, created_at=uuid7_time(unit.id))
