"""Writes lots and units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import LotNotOpen
from data.tables import Lot, Unit


@dataclass(frozen=True)
class Attempt:
    """One look at a unit: the unit, and the how-manyth this is, from 1."""

    unit_id: UUID
    number: int


class Parts:
    """Lots and units as they are written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def open_lot(self, code: str) -> UUID:
        """Return the id of the open lot called `code`; a lot never heard of is begun.

        Raises:
            LotNotOpen: the lot is held or closed.
        """
        row = {"id": self._new_id(), "code": code}
        await self._session.execute(insert(Lot).values(row).on_conflict_do_nothing(index_elements=["code"]))
        id_, state = (await self._session.execute(select(Lot.id, Lot.state).where(Lot.code == code))).one()
        if state != "open":
            raise LotNotOpen(f"Lot {code} takes no more parts: its state is {state}.")
        return id_

    async def check_lot(self, code: str) -> None:
        """See that the lot called `code`, if it was ever heard of, takes parts; writes nothing.

        Raises:
            LotNotOpen: the lot is held or closed.
        """
        state = await self._session.scalar(select(Lot.state).where(Lot.code == code))
        if state not in {None, "open"}:
            raise LotNotOpen(f"Lot {code} takes no more parts: its state is {state}.")

    async def begin_attempt(self, lot_id: UUID | None, serial: str | None) -> Attempt:
        """Count one more attempt on a unit; without a serial the part is a loose one, and a unit is made up for it.

        The unit's row stays locked until the unit of work ends, so attempts are numbered without gaps or doubles.
        """
        unit = insert(Unit).values(id=self._new_id(), lot_id=lot_id, serial=serial, attempts=1)
        if serial is not None:
            unit = unit.on_conflict_do_update(
                index_elements=[Unit.lot_id, Unit.serial],
                index_where=text("serial IS NOT NULL"),
                set_={"attempts": Unit.attempts + 1},
            )
        row = (await self._session.execute(unit.returning(Unit.id, Unit.attempts))).one()
        return Attempt(row.id, row.attempts)
