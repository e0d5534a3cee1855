"""Writes units that are told before any picture of them comes; pictures make theirs by `data.repositories.parts`."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import NotFound, UnitInUse, UnitTaken
from data.repositories.parts import Seat
from data.tables import Unit


class Units:
    """Units as they are told, and as what was told wrongly is taken back."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def add(self, lot_id: UUID | None, *, serial: str | None, seat: Seat | None) -> UUID:
        """Add a unit that nobody has looked at; return its id.

        Raises:
            UnitTaken: its lot has one of this serial, or one in this seat.
        """
        place = (seat.carrier, seat.row, seat.column) if seat else (None, None, None)
        carried = dict(zip(("carrier", "place_row", "place_column"), place, strict=True))
        row = {"id": self._new_id(), "lot_id": lot_id, "serial": serial, **carried}
        made: UUID | None = await self._session.scalar(
            insert(Unit).values(row).on_conflict_do_nothing().returning(Unit.id)
        )
        if made is None:
            same = select(Unit.id).where(Unit.lot_id.is_not_distinct_from(lot_id))
            there = await self._session.scalar(same.where(Unit.serial == serial)) if serial else None
            there = there or await self._session.scalar(same.filter_by(**carried))
            raise UnitTaken("The lot has such a unit already.", there)
        return made

    async def remove(self, unit_id: UUID) -> None:
        """Delete a unit that was never inspected; the references in the database decide.

        Raises:
            NotFound: there is no such unit.
            UnitInUse: it was inspected.
        """
        try:
            async with self._session.begin_nested():
                gone = delete(Unit).where(Unit.id == unit_id).returning(Unit.id)
                found = await self._session.scalar(gone)
        except IntegrityError as error:
            raise UnitInUse("The unit was inspected, and stays.") from error
        if found is None:
            raise NotFound("unit", unit_id)
