"""What is written together is what would be written one by one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from data.errors import LotNotOpen, NotFound
from data.priorities import Priority
from data.tables import IdempotencyKey, Image, Inspection, InspectionImage, Lot, OutboxItem, Station, Unit
from tests.data.rows import published, recipe
from tests.gate import Gate
from tests.workers.conftest import Behind
from tests.workers.queue_probe import picture
from workers import catching_up
from workers.catching_up import CatchingUp
from workers.catching_up_together import write_together
from workers.composition import Services
from workers.intake import Intended, Particulars, Shot, accept, intended_of

NOW = datetime.now(tz=UTC)

ONE, OTHER = "~one", "~other"
PICTURES = [picture() for _ in range(10)]
MIXED = (
    Particulars(lot="L", unit_serial="S", recipe="74LS00 DIP-14", lighting="ring", trigger_number=7, file_name="a.png"),
    Particulars(lot="M", unit_serial="S", part_number="sn74ls00n", captured_at=NOW - timedelta(hours=1)),
    Particulars(lot="L", unit_serial="S", idempotency_key="k", captured_at=NOW - timedelta(minutes=1)),
    Particulars(lot="L", idempotency_key="l", caller="another", priority=Priority.WAITING),
    Particulars(carrier="C", row=1, column=2),
    Particulars(carrier="C", row=1, column=2, idempotency_key="k", caller="another"),
    Particulars(lot="L", unit_serial="S", carrier="C", row=3, column=4),
    Particulars(),
)


async def rows(services: Services, ids: Collection[UUID] | None = None) -> list[tuple[Any, ...]]:
    """Return what was written of inspections, but ids and times of writing, in the order of their capture."""
    statement = (
        select(
            Inspection.captured_at, Inspection.attempt, Inspection.state, Inspection.recipe_version_id, Station.name,
            Inspection.file_name, Inspection.trigger_number, Inspection.lot_on_hold, Lot.code, Unit.serial,
            Unit.carrier, Unit.place_row, Unit.place_column, Unit.attempts, OutboxItem.priority, IdempotencyKey.caller,
            IdempotencyKey.key, InspectionImage.position, InspectionImage.lighting, Image.sha256,
        )
        .join(Station, Station.id == Inspection.station_id)
        .join(Unit, Unit.id == Inspection.unit_id)
        .join(OutboxItem, OutboxItem.inspection_id == Inspection.id)
        .join(InspectionImage, InspectionImage.inspection_id == Inspection.id)
        .join(Image, Image.id == InspectionImage.image_id)
        .outerjoin(Lot, Lot.id == Inspection.lot_id)
        .outerjoin(IdempotencyKey, IdempotencyKey.inspection_id == Inspection.id)
        .order_by(Inspection.captured_at, Inspection.attempt, InspectionImage.position)
    )  # fmt: skip
    if ids is not None:
        statement = statement.where(Inspection.id.in_(ids))
    async with services.database.session() as session:
        return [tuple(row) for row in await session.execute(statement)]


async def spooled(services: Services, told: Sequence[Particulars]) -> list[Intended]:
    for at, each in enumerate(told):
        timed = replace(each, captured_at=each.captured_at or NOW + timedelta(seconds=at))
        await accept(services, PICTURES[at], timed, others=[Shot(PICTURES[-1], "dome")] if at == 0 else [])
    return [intended_of(record) for record in services.spool.waiting()]


def of(name: str) -> list[Particulars]:
    """Return all of `MIXED`, with lots, units, carriers and callers of their own."""
    return [
        replace(
            each,
            lot=each.lot and f"{each.lot}{name}",
            unit_serial=each.unit_serial and f"{each.unit_serial}{name}",
            carrier=each.carrier and f"{each.carrier}{name}",
            caller=f"{each.caller}{name}",
        )
        for each in MIXED
    ]


def unnamed(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(each.removesuffix(ONE).removesuffix(OTHER) if isinstance(each, str) else each for each in row)
            for row in found]  # fmt: skip


async def test_the_rows_are_those_that_would_be_written_one_by_one(
    behind: Behind, database: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = behind()
    await published(services.database)
    await database.close()
    intended = await spooled(services, of(ONE))
    await database.open()
    assert await write_together(services, intended)
    together = await rows(services)
    assert len(together) == len(MIXED) + 1
    assert not await write_together(services, intended)
    assert await CatchingUp(services).turn() == len(MIXED)
    assert await rows(services) == together

    await database.close()
    ids = [each.id for each in await spooled(services, of(OTHER))]
    await database.open()
    monkeypatch.setattr(catching_up, "TOGETHER", 1)
    assert await CatchingUp(services).turn() == len(MIXED)
    assert unnamed(await rows(services, ids)) == unnamed(together)


async def test_none_is_written_if_one_came_before(behind: Behind, database: Gate) -> None:
    services, data = behind(), picture()
    await accept(services, data, Particulars(idempotency_key="k"))
    await database.close()
    again = await accept(services, data, Particulars(idempotency_key="k"))
    intended = await spooled(services, [Particulars(unit_serial="S"), Particulars(idempotency_key="other")])
    await database.open()
    assert again in {each.id for each in intended}
    assert not await write_together(services, intended)
    assert len(await rows(services)) == 1
    assert await write_together(services, [each for each in intended if each.id != again])


@pytest.mark.parametrize(
    ("unfit", "error"),
    [
        pytest.param(Particulars(recipe="nobody's"), NotFound, id="unknown recipe"),
        pytest.param(Particulars(lot="CLOSED"), LotNotOpen, id="closed lot"),
    ],
)
async def test_none_is_written_if_one_does_not_fit(
    behind: Behind, database: Gate, unfit: Particulars, error: type[Exception]
) -> None:
    services = behind()
    async with services.database.unit_of_work() as work:
        lot = await work.session.get_one(Lot, await work.parts.open_lot("CLOSED"))
        lot.state, lot.closed_at = "closed", NOW - timedelta(days=1)
        await work.commit()
    await database.close()
    intended = await spooled(services, [Particulars(), unfit])
    await database.open()
    with pytest.raises(error):
        await write_together(services, intended)
    assert await rows(services) == []


async def test_those_between_whom_a_version_was_published_are_not_written_together(
    behind: Behind, database: Gate
) -> None:
    services = behind()
    old = await published(services.database)
    await database.close()
    await accept(services, picture(), Particulars(recipe="74LS00 DIP-14"))
    await database.open()
    async with services.database.unit_of_work() as work:
        draft = await work.recipes.begin_draft(old.recipe_id, recipe())
        new = await work.recipes.publish(old.recipe_id, revision=draft.revision, comment="")
        await work.commit()
    await database.close()
    await accept(services, picture(), Particulars(recipe="74LS00 DIP-14"))
    await database.open()
    intended = [intended_of(record) for record in services.spool.waiting()]
    assert not await write_together(services, intended)
    assert await CatchingUp(services).turn() == 2
    assert [row[3] for row in await rows(services)] == [old.version_id, new.version_id]
