"""Pictures taken in together are kept as if each had come by itself: all of them or none, each once, in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.errors import ImageRefused
from data.errors import IdempotencyMismatch, StoreError
from data.repositories.idempotency import Made
from data.store import ImageStore
from data.tables import IdempotencyKey, Image, Inspection, InspectionImage, Lot, OutboxItem, Station, Unit
from tests.data.rows import published
from tests.gate import Gate
from tests.workers.conftest import Behind
from tests.workers.queue_probe import picture
from workers.composition import Services
from workers.intake import Particulars, accept
from workers.intake_together import Arrival, accept_together, arrival

SAME = picture()
TRAY = {"carrier": "T1", "row": 1, "column": 2}
TOGETHER: dict[str, list[dict[str, Any]]] = {
    "loose": [{}, {}, {}],
    "of lots": [{"lot": "B"}, {"lot": "A"}, {"lot": "B"}],
    "a unit again": [{"unit_serial": "S"}, {"unit_serial": "R"}, {"unit_serial": "S"}],
    "seats": [TRAY, {**TRAY, "column": 3}, TRAY],
    "judged": [{"recipe": "74LS00 DIP-14", "lot": "A", "trigger_number": 7}, {"recipe": "74LS00 DIP-14"}],
    "on hold": [{"lot": "HELD"}, {"lot": "A"}],
}


def keyed(at: int, said: dict[str, Any]) -> Particulars:
    return Particulars(idempotency_key=f"k{at}", file_name=f"{at}.png", caller="c", **said)


def arrived(services: Services, *said: dict[str, Any], data: bytes | None = None) -> list[Arrival]:
    made = [arrival(services, data or picture(), keyed(at, each)) for at, each in enumerate(said)]
    assert None not in made
    return [each for each in made if each is not None]


async def kept(services: Services, caller: str = "c") -> list[tuple[Any, ...]]:
    """Every inspection with all that belongs to it, but for ids and times."""
    statement = (
        select(
            Inspection.file_name, Inspection.attempt, Inspection.state, Inspection.priority, Inspection.trigger_number,
            Inspection.lot_on_hold, Inspection.recipe_version_id.is_(None), Station.name, Lot.code, Unit.serial,
            Unit.carrier, Unit.place_column, Unit.attempts, InspectionImage.position, Image.sha256, OutboxItem.attempts,
            IdempotencyKey.key, func.dense_rank().over(order_by=Inspection.unit_id),
        )
        .join(Station, Station.id == Inspection.station_id)
        .outerjoin(Lot, Lot.id == Inspection.lot_id)
        .join(Unit, Unit.id == Inspection.unit_id)
        .join(InspectionImage, InspectionImage.inspection_id == Inspection.id)
        .join(Image, Image.id == InspectionImage.image_id)
        .join(OutboxItem, OutboxItem.inspection_id == Inspection.id)
        .join(IdempotencyKey, IdempotencyKey.inspection_id == Inspection.id)
        .where(IdempotencyKey.caller == caller)
        .order_by(Inspection.id)
    )  # fmt: skip
    async with services.database.session() as session:
        return [tuple(row) for row in await session.execute(statement)]


async def counts(services: Services) -> dict[str, int]:
    async with services.database.session() as session:
        return {
            table.__tablename__: await session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Inspection, OutboxItem, Image, Unit, Lot, IdempotencyKey)
        }


async def plant(services: Services) -> None:
    await published(services.database)
    async with services.database.unit_of_work() as work:
        for code, state in (("HELD", "hold"), ("CLOSED", "closed")):
            lot = await work.session.get(Lot, await work.parts.open_lot(code))
            assert lot is not None
            lot.state = state
            lot.closed_at = datetime.now(tz=UTC) - timedelta(days=1) if state == "closed" else None
        await work.commit()


def others(said: dict[str, Any]) -> dict[str, Any]:
    """The same with other lots, units and carriers."""
    names = ("lot", "unit_serial", "carrier")
    return said | {name: f"other {said[name]}" for name in names if said.get(name) not in {None, "HELD"}}


@pytest.mark.parametrize("case", TOGETHER)
async def test_the_rows_are_those_of_one_by_one(services: Services, case: str) -> None:
    await plant(services)
    said = [keyed(at, {**each, "lighting": "ring"}) for at, each in enumerate(TOGETHER[case])]
    for each in said:
        await accept(services, SAME, replace(each, caller="one by one"))
    one_by_one = await kept(services, "one by one")
    found = [arrival(services, SAME, replace(each, **others(vars(each)))) for each in said]
    arrivals = [each for each in found if each is not None]
    assert await accept_together(services, arrivals) == arrivals
    together = await kept(services)
    assert [[str(value).removeprefix("other ") for value in row] for row in together] == [
        list(map(str, row)) for row in one_by_one
    ]
    assert len(together) == len(said)


async def test_those_that_do_not_fit_are_left_and_make_nothing(services: Services) -> None:
    await plant(services)
    said = [{"lot": "A"}, {"lot": "CLOSED"}, {"recipe": "nobody's", "lot": "NEW"}, {"station": "none"}, {}]
    arrivals = arrived(services, *said)
    assert await accept_together(services, arrivals) == [arrivals[0], arrivals[4]]
    assert [row[0] for row in await kept(services)] == ["0.png", "4.png"]
    assert (await counts(services))["lots"] == 3
    for left in arrivals[1:4]:
        assert not await services.store.exists(left.intended.pictures[0][0].address)


async def test_one_that_came_before_is_left(services: Services) -> None:
    await accept(services, picture(), keyed(1, {}))
    arrivals = arrived(services, {}, {}, {})
    assert await accept_together(services, arrivals) == [arrivals[0], arrivals[2]]
    assert len(await kept(services)) == 3


async def test_of_none_none_is_kept(services: Services) -> None:
    assert await accept_together(services, []) == []
    assert await accept_together(services, arrived(services, {"recipe": "nobody's"}, {"station": "none"})) == []
    assert set((await counts(services)).values()) == {0}


async def test_the_same_bytes_under_two_keys_are_two_inspections_of_one_picture(services: Services) -> None:
    arrivals = arrived(services, {}, {}, data=SAME)
    assert await accept_together(services, arrivals) == arrivals
    assert await counts(services) == {
        "inspections": 2, "outbox": 2, "images": 1, "units": 2, "lots": 0, "idempotency_keys": 2,
    }  # fmt: skip


class Meeting:
    """A store in which something happens before a picture is kept."""

    def __init__(self, store: ImageStore, first: Any) -> None:
        self._store, self._first = store, first

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def put(self, data: bytes) -> str:
        await self._first()
        return await self._store.put(data)


async def test_where_another_binds_a_key_meanwhile_none_is_kept(services: Services) -> None:
    async def another() -> None:
        async with services.database.unit_of_work() as work:
            await work.idempotency.remember("c", "k1", request_digest=bytes(32), made=Made())
            await work.commit()

    services.__dict__["store"] = Meeting(services.store, another)
    assert await accept_together(services, arrived(services, {"lot": "A"}, {}, {})) == []
    found = await counts(services)
    assert (found.pop("idempotency_keys"), set(found.values())) == (1, {0})


async def test_what_the_store_cannot_keep_is_kept_nowhere(services: Services) -> None:
    async def full() -> None:
        raise StoreError("no room")

    services.__dict__["store"] = Meeting(services.store, full)
    with pytest.raises(StoreError):
        await accept_together(services, arrived(services, {}, {}))
    assert set((await counts(services)).values()) == {0}


async def test_two_who_take_in_the_same_at_once_keep_it_once(services: Services) -> None:
    data = [picture() for _ in range(6)]

    def same() -> Sequence[Arrival]:
        found = [arrival(services, each, keyed(at, {"unit_serial": f"S{at}"})) for at, each in enumerate(data)]
        return [each for each in found if each is not None]

    done = await asyncio.gather(*(accept_together(services, same()[:: 1 if turn % 2 else -1]) for turn in range(4)))
    assert sorted(map(len, done)) == [0, 0, 0, 6]
    assert (await counts(services))["inspections"] == 6


async def test_when_the_database_goes_away_they_are_spooled_under_their_ids(behind: Behind, database: Gate) -> None:
    services = behind()
    arrivals = arrived(services, {"lot": "A"}, {}, {})
    services.__dict__["store"] = Meeting(services.store, database.close)
    assert await accept_together(services, arrivals) == arrivals
    waiting: list[UUID] = [record.id for record in services.spool.waiting()]
    assert waiting == [each.intended.id for each in arrivals]
    assert arrival(services, arrivals[0].data, arrivals[0].intended.particulars) is None
    with pytest.raises(IdempotencyMismatch):
        arrival(services, picture(), arrivals[0].intended.particulars)


def test_a_picture_that_breaks_a_rule_is_no_arrival(services: Services) -> None:
    with pytest.raises(ImageRefused):
        arrival(services, b"no picture", keyed(0, {}))


@pytest.mark.parametrize("said", [{}, {"idempotency_key": "k", "captured_at": datetime(2026, 1, 1, tzinfo=UTC)}])
def test_without_a_key_or_from_another_time_it_is_refused(services: Services, said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected an idempotency key"):
        arrival(services, picture(), Particulars(**said))
