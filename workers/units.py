"""Units told before any picture of them comes, so that what lacks can be seen; and those told wrongly taken back."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from data.errors import LotNotOpen, NotFound
from data.queries import lots
from data.repositories.parts import Seat
from data.repositories.units import Units
from workers.composition import Services


@dataclass(frozen=True)
class NewUnit:
    """A unit to be, of the lot with the code `lot` or of none, known by a serial, a seat in a carrier, or both."""

    lot: str | None = None
    serial: str | None = None
    seat: Seat | None = None

    def __post_init__(self) -> None:
        if not self.serial and self.seat is None:
            raise ValueError("expected a serial, or a carrier with row and column, got neither")


async def tell(services: Services, said: NewUnit) -> UUID:
    """Add a unit; return its id.

    Raises:
        NotFound: there is no such lot.
        LotNotOpen: the lot is closed.
        UnitTaken: the lot has such a unit.
    """
    async with services.database.unit_of_work() as work:
        bound = await lots.binding(work.session, said.lot, hold=True) if said.lot else None
        if said.lot and bound is None:
            raise NotFound("lot", said.lot)
        if bound is not None and bound.state == "closed":
            raise LotNotOpen(f"Lot {bound.code} takes no more parts: it is closed.")
        lot_id = bound.id if bound else None
        unit_id = await Units(work.session, work.new_id).add(lot_id, serial=said.serial, seat=said.seat)
        await work.commit()
    return unit_id


async def take_back(services: Services, unit_id: UUID) -> None:
    """Delete a unit that was never inspected.

    Raises:
        NotFound: there is no such unit.
        UnitInUse: it was inspected.
    """
    async with services.database.unit_of_work() as work:
        await Units(work.session, work.new_id).remove(unit_id)
        await work.commit()
