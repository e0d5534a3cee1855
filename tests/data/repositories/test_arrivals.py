"""What comes in by itself is written as everything else is, in one statement."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from data.database import Database
from data.repositories.images import Picture
from data.repositories.inspections import NewInspection, Pictured
from data.tables import Inspection, InspectionImage, OutboxItem
from data.unit_of_work import UnitOfWork
from tests.data.rows import MOMENT, picture

REGION = {"quad": [[0, 0], [9, 0], [9, 9], [0, 9]]}
SAID: dict[str, dict[str, Any]] = {
    "nothing more": {},
    "what a machine says": {"file_name": "a.jpg", "lighting": "ring", "trigger_number": 7},
    "a lot with its texts": {"lot_texts": {"date": "2431"}, "lot_on_hold": True},
    "a place in the picture": {"region": REGION},
}


async def images(work: UnitOfWork, count: int) -> list[Pictured]:
    pictures: list[Picture] = [picture(str(number)) for number in range(count)]
    return [Pictured(await work.images.add(one), lighting=f"from {at}") for at, one in enumerate(pictures)]


async def rows(work: UnitOfWork, told: NewInspection) -> list[dict[str, object]]:
    """Return all that was written of an inspection, without what tells it from another."""
    tables = ((Inspection, Inspection.id), (InspectionImage, InspectionImage.inspection_id))
    found: list[Any] = []
    for table, key in (*tables, (OutboxItem, OutboxItem.inspection_id)):
        found += await work.session.scalars(select(table).where(key == told.id))  # type: ignore[arg-type]
    own = {"id", "inspection_id", "unit_id", "_sa_instance_state"}
    return [{name: value for name, value in vars(row).items() if name not in own} for row in found]


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("others", [0, 2])
async def test_one_that_comes_in_is_written_as_many_are(database: Database, said: str, others: int) -> None:
    async with database.unit_of_work() as work:
        first, *more = await images(work, 1 + others)
        told = []
        for _ in range(2):
            new = NewInspection(
                id=work.new_id(),
                attempt=await work.parts.begin_attempt(None),
                station_id=await work.plant.station_id(None),
                image_id=first.image_id,
                captured_at=MOMENT,
                priority=20,
                others=tuple(more),
                **SAID[said],
            )
            told.append(new)
        await work.arrivals.add(told[0])
        await work.inspections.add(told[1])
        await work.outbox.add(told[1].id, told[1].priority)
        alone, together = [await rows(work, new) for new in told]
    assert len(alone) == 3 + others
    assert alone == together
