"""Writes lots: what they are started with, and where they stand. Rules: `data.tables.part`."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CursorResult, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import LotInUse
from data.tables import LOT_TRANSITIONS, Document, Inspection, Lot, LotState, Run, Unit

HANGING = (Unit.lot_id, Run.lot_id, Inspection.lot_id)


def in_use(lot: Lot) -> LotInUse:
    """Return the refusal to change a lot for which something came."""
    return LotInUse(f"Parts came for lot {lot.code}; it stays as it was started. Close it, and start another.")


class Lots:
    """Lots as they are started, corrected, held, released, closed and deleted."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, lot_id: UUID) -> Lot:
        """Return a lot as it is now, and let nobody else change it until this unit of work ends.

        Parts may come in all the while: only changes of the lot itself wait.
        """
        locked = select(Lot).where(Lot.id == lot_id).with_for_update(key_share=True)
        return (await self._session.scalars(locked.execution_options(populate_existing=True))).one()

    async def bind(
        self, lot_id: UUID, *, station_id: UUID | None, recipe_version_id: UUID | None, texts: Document
    ) -> None:
        """Start a lot that was not started yet, with what its parts take over."""
        values = {"station_id": station_id, "recipe_version_id": recipe_version_id, "texts": texts}
        unstarted = update(Lot).where(Lot.id == lot_id, Lot.started_at.is_(None))
        await self._session.execute(unstarted.values(**values, started_at=func.now()))

    async def is_used(self, lot_id: UUID) -> bool:
        """Tell whether anything came for a lot: a unit, a run or an inspection."""
        found = [select(column).where(column == lot_id).exists() for column in HANGING]
        return bool(await self._session.scalar(select(or_(*found))))

    async def bind_anew(
        self, lot_id: UUID, *, station_id: UUID | None, recipe_version_id: UUID | None, texts: Document
    ) -> None:
        """Correct what the parts of a started lot will take over."""
        values = {"station_id": station_id, "recipe_version_id": recipe_version_id, "texts": texts}
        await self._session.execute(update(Lot).where(Lot.id == lot_id).values(**values))

    async def remove(self, lot: Lot) -> None:
        """Delete a lot for which nothing came; the references in the database decide.

        Raises:
            LotInUse: something came for it.
        """
        try:
            async with self._session.begin_nested():
                await self._session.execute(delete(Lot).where(Lot.id == lot.id))
        except IntegrityError as error:
            raise in_use(lot) from error

    async def move(self, lot_id: UUID, to: LotState, *, reason: str) -> bool:
        """Bring a lot to the state `to`, with the reason; False where `LOT_TRANSITIONS` has no such way."""
        before = [origin for origin, following in LOT_TRANSITIONS.items() if to in following]
        closed = {"closed_at": func.now()} if to == "closed" else {}
        there = update(Lot).where(Lot.id == lot_id, Lot.state.in_(before))
        done = await self._session.execute(there.values(state=to, reason=reason, **closed))
        return isinstance(done, CursorResult) and done.rowcount == 1
