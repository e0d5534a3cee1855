"""Writes what the units of a lot were read to say. Rules: `data.tables.part`, `core.lot_marks`.

1. Whoever counts holds the lots (`hold`) until its unit of work ends, so that what it saw is what it counts on.
2. Lots are held, and counts written, in the order of their keys: no two that count wait for each other crosswise.
   What comes in takes no such hold, and waits for nobody who counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Inspection, Lot, LotMark, Result, Unit

MOST_TEXTS = 8
"""Texts of one field that are looked at, beside a unit's own: of a lot in which every unit says another, no more."""


@dataclass(frozen=True, order=True)
class Said:
    """What some unit of a lot says where `expected`, a line of its recipe, leaves it open."""

    lot_id: UUID
    expected: str
    text: str


Counts = dict[tuple[UUID, str], dict[str, int]]
"""How many units carry which text, by lot and line."""


class LotMarks:
    """Counts of what units say, as they are written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hold(self, lot_ids: Collection[UUID]) -> None:
        """Let nobody else count in these lots until this unit of work ends."""
        lots = select(Lot.id).where(Lot.id.in_(lot_ids)).order_by(Lot.id)
        await self._session.execute(lots.with_for_update(key_share=True))  # FOR NO KEY UPDATE: lets parts come in

    async def seen(self, said: Collection[Said]) -> Counts:
        """Return how many units carry these texts so far, and the texts that most carry in their place."""
        counts: Counts = {(one.lot_id, one.expected): {} for one in said}
        for lot_id, expected in counts:
            place = (LotMark.lot_id == lot_id, LotMark.expected == expected)
            most = select(LotMark).where(*place).order_by(LotMark.units.desc(), LotMark.text).limit(MOST_TEXTS)
            own = {one.text for one in said if (one.lot_id, one.expected) == (lot_id, expected)}
            for statement in (most, select(LotMark).where(*place, LotMark.text.in_(own))):
                counts[lot_id, expected] |= {mark.text: mark.units for mark in await self._session.scalars(statement)}
        return counts

    async def counted(self, unit_ids: Collection[UUID]) -> dict[tuple[UUID, str], str]:
        """Return what units were counted for by earlier results, by unit and line."""
        statement = (
            select(Inspection.unit_id, Result.evidence["lot"]["marks"])
            .join(Result, Result.inspection_id == Inspection.id)
            .join(Unit, and_(Unit.id == Inspection.unit_id, Unit.attempts > 1))
            .where(Inspection.unit_id.in_(unit_ids))
        )
        found: dict[tuple[UUID, str], str] = {}
        for unit_id, marks in await self._session.execute(statement):
            found |= {(unit_id, mark["expected"]): mark["text"] for mark in marks or () if mark["counted"]}
        return found

    async def add(self, units: Mapping[Said, int]) -> None:
        """Count units, in the order of their keys."""
        if not units:
            return
        rows: list[dict[str, Any]] = [{**vars(said), "units": count} for said, count in sorted(units.items())]
        added = insert(LotMark).values(rows)
        more = added.on_conflict_do_update(
            index_elements=["lot_id", "expected", "text"], set_={"units": LotMark.units + added.excluded.units}
        )
        await self._session.execute(more)
