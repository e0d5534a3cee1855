"""How the queue stands by priority and place, and which stations are told by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text, update

from core.ids import uuid7_floor, uuid7_time
from data.database import Database
from data.priorities import Priority
from data.queries.figures import Placed, batches_out, stations, waiting
from data.tables import OutboxItem
from tests.data import rows


async def places(database: Database) -> dict[tuple[int, str], int]:
    async with database.session() as session:
        found, _ = await waiting(session)
    return {(each.priority, each.place): each.count for each in found}


async def test_an_empty_queue_has_no_places(database: Database) -> None:
    assert await places(database) == {}
    async with database.session() as session:
        assert await batches_out(session) == 0


async def test_the_queue_is_counted_by_priority_and_place(database: Database) -> None:
    await rows.claimed(database, await rows.batched(database, 3))
    await rows.batched(database, 2)
    await rows.waiting(database)
    async with database.unit_of_work() as work:
        later = update(OutboxItem).where(OutboxItem.batch_id.is_(None))
        await work.session.execute(later.values(available_at=text("now() + interval '1 hour'")))
        await work.commit()
    await rows.waiting(database, 4)
    await rows.waiting(database, priority=Priority.WAITING)
    batch, urgent = int(Priority.BATCH), int(Priority.WAITING)
    assert await places(database) == {
        (batch, "running"): 3, (batch, "batched"): 2, (batch, "resting"): 1, (batch, "waiting"): 4,
        (urgent, "waiting"): 1,
    }  # fmt: skip
    async with database.session() as session:
        assert await batches_out(session) == 2


async def test_the_oldest_of_each_place_is_told(database: Database) -> None:
    long_ago = uuid7_floor(datetime.now(tz=UTC) - timedelta(hours=2))
    await rows.waiting(database, id_=long_ago)
    await rows.waiting(database, 2)
    async with database.session() as session:
        (found,), now = await waiting(session)
    assert found.oldest == long_ago
    assert timedelta(hours=1.9) < now - uuid7_time(found.oldest) < timedelta(hours=2.1)


async def test_the_oldest_stations_are_told_with_their_places(database: Database) -> None:
    async with database.unit_of_work() as work:
        ids = [str(await work.plant.station_id(None))]
        await work.commit()
    async with database.session() as session:
        assert list(await stations(session, 5)) == ids
        assert await stations(session, 0) == {}
        (named,) = (await stations(session, 1)).values()
    assert isinstance(named, Placed)
    assert all((named.site, named.line, named.station))
