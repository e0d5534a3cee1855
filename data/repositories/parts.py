"""Writes lots and units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from data.repositories.lot_marks import LotMarks
from data.tables import Lot, Unit


@dataclass(frozen=True)
class Seat:
    """A place in a carrier (a tray, a strip), by row and column from 1."""

    carrier: str
    row: int
    column: int

    def __post_init__(self) -> None:
        if not self.carrier or self.row < 1 or self.column < 1:
            raise ValueError(f"expected a carrier, and a row and a column from 1, got {self}")


@dataclass(frozen=True)
class Attempt:
    """One look at a unit: the unit, and the how-manyth this is, from 1."""

    unit_id: UUID
    number: int


Known = tuple[list[str], str]
"""The columns by which a unit is known, and which units are known by them."""

_SERIAL: Known = (["lot_id", "serial"], "serial IS NOT NULL")
_SEAT: Known = (["lot_id", "carrier", "place_row", "place_column"], "carrier IS NOT NULL")


class Parts:
    """Lots and units as they are written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self.marks = LotMarks(session)
        self._session = session
        self._new_id = new_id

    async def open_lot(self, code: str) -> UUID:
        """Return the id of the lot called `code`, whatever its state; one never heard of is begun, and binds nothing.

        Whether it takes parts is for `workers.capture` to say.
        """
        row = {"id": self._new_id(), "code": code}
        await self._session.execute(insert(Lot).values(row).on_conflict_do_nothing(index_elements=["code"]))
        return (await self._session.scalars(select(Lot.id).where(Lot.code == code))).one()

    async def begin_attempt(self, lot_id: UUID | None, serial: str | None = None, seat: Seat | None = None) -> Attempt:
        """Count one more attempt on a unit, known within its lot by its serial, or else by its seat in a carrier.

        With both, the serial tells it from others, and the seat says where it was first seen. With neither it is a
        loose part, and a unit is made up for it. The unit's row stays locked until the unit of work ends, so attempts
        are numbered without gaps or doubles.
        """
        row = {"id": self._new_id(), "lot_id": lot_id, "serial": serial, "attempts": 1}
        if seat is None:
            return await self._count(row, _SERIAL if serial is not None else None)
        place = {"carrier": seat.carrier, "place_row": seat.row, "place_column": seat.column}
        if serial is None:
            return await self._count(row | place, _SEAT)
        if await self._is_taken(lot_id, place):
            return await self._count(row, _SERIAL)
        try:
            async with self._session.begin_nested():
                return await self._count(row | place, _SERIAL)
        except IntegrityError:  # another serial came to that seat at this very moment
            return await self._count(row, _SERIAL)

    async def begin_loose(self, lot_id: UUID | None, count: int) -> list[Attempt]:
        """Return the first attempts at so many loose parts, for each of which a unit is made up; at the cost of one."""
        ids = [self._new_id() for _ in range(count)]
        if ids:
            rows = [{"id": id_, "lot_id": lot_id, "attempts": 1} for id_ in ids]
            await self._session.execute(insert(Unit).values(rows))
        return [Attempt(id_, 1) for id_ in ids]

    async def _count(self, row: Mapping[str, object], known_by: Known | None) -> Attempt:
        unit = insert(Unit).values(row)
        if known_by is not None:
            columns, where = known_by
            unit = unit.on_conflict_do_update(
                index_elements=columns, index_where=text(where), set_={"attempts": Unit.attempts + 1}
            )
        counted = (await self._session.execute(unit.returning(Unit.id, Unit.attempts))).one()
        return Attempt(counted.id, counted.attempts)

    async def _is_taken(self, lot_id: UUID | None, place: Mapping[str, object]) -> bool:
        """Tell whether a unit of the lot was seen in that seat before: carriers are filled again."""
        seen = select(Unit.id).where(Unit.lot_id.is_not_distinct_from(lot_id)).filter_by(**place)
        return await self._session.scalar(seen.limit(1)) is not None
