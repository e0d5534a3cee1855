"""Triggers in and results out are counted exactly, hour by hour, and what does not go together is told."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.ids import uuid7
from data.database import Database
from data.errors import IdempotencyMismatch
from data.partitions import ensure_partitions
from data.priorities import Priority
from data.queries.reconciliation import Gap, Reconciliation, reconcile
from data.repositories.runs import NewRun
from data.repositories.watched import Refusal
from tests.data.rows import add_inspection, judged, waiting

NOW = datetime.now(tz=UTC)
HOUR = NOW.replace(minute=0, second=0, microsecond=0)
NEXT = HOUR + timedelta(hours=1)


async def bench(database: Database) -> UUID:
    async with database.unit_of_work() as work:
        station_id = await work.plant.station_id(None)
        await work.commit()
    return station_id


async def counted(database: Database, since: datetime = HOUR, until: datetime = NEXT) -> Reconciliation:
    station_id = await bench(database)
    async with database.session() as session:
        return await reconcile(session, station_id, since=since, until=until + timedelta(hours=1))


async def triggers(database: Database, count: int, at: datetime = NOW) -> int:
    station_id = await bench(database)
    async with database.unit_of_work() as work:
        total = await work.triggers.add(station_id, at, count)
        await work.commit()
    return total


async def refuse(database: Database, name: str) -> None:
    station_id = await bench(database)
    key = hashlib.sha256(name.encode()).digest()
    async with database.unit_of_work() as work:
        await work.watched.refuse(Refusal(key, station_id, name, "not-an-image", "No picture."))
        await work.commit()


async def failed(database: Database, state: str = "failed") -> None:
    (id_,) = await waiting(database)
    async with database.unit_of_work() as work:
        if state == "failed":
            for step in ("queued", "running"):
                await work.inspections.move([id_], step)
            await work.inspections.fail(id_, code="X", detail="x")
        else:
            await work.inspections.move([id_], "cancelled")
        await work.outbox.give_up(id_)
        await work.commit()


async def test_nothing_came_and_nothing_was_said(database: Database) -> None:
    found = await counted(database)
    assert (found.triggers, found.received, found.inspections, found.difference) == (None, 0, 0, 0)
    assert found.numbers.seen == 0


async def test_every_way_a_picture_goes_is_counted_once(database: Database) -> None:
    await waiting(database, 3)
    for _ in range(2):
        await judged(database)
    await failed(database)
    await failed(database, "cancelled")
    await refuse(database, "a.txt")
    await triggers(database, 8)
    found = await counted(database)
    assert (found.waiting, found.judged, found.failed, found.cancelled, found.refused) == (3, 2, 1, 1, 1)
    assert (found.inspections, found.received, found.triggers) == (7, 8, 8)
    assert (found.missing, found.lost, found.difference) == (0, 0, 0)


@pytest.mark.parametrize(("said", "difference"), [(5, 3), (2, 0), (1, -1)], ids=["pictures lack", "even", "too many"])
async def test_the_difference_is_triggers_less_pictures(database: Database, said: int, difference: int) -> None:
    await waiting(database, 2)
    await triggers(database, said)
    assert (await counted(database)).difference == difference


async def test_without_triggers_the_pictures_stand_for_them(database: Database) -> None:
    await waiting(database, 2)
    assert (await counted(database)).difference == 0


async def test_an_inspection_that_is_nowhere_is_lost_and_told(database: Database) -> None:
    (lost, _) = await waiting(database, 2)
    async with database.unit_of_work() as work:
        await work.outbox.give_up(lost)  # and its inspection is left as it is: what can never be
        await work.commit()
    found = await counted(database)
    assert (found.waiting, found.lost, found.difference) == (1, 1, 1)


async def test_triggers_of_one_hour_add_up_and_hours_are_apart(database: Database) -> None:
    assert await triggers(database, 3, HOUR) == 3
    assert await triggers(database, 4, HOUR + timedelta(minutes=59, seconds=59)) == 7
    assert await triggers(database, 5, NEXT) == 5
    station_id = await bench(database)
    async with database.session() as session:
        for since, until, expected in (
            (HOUR, NEXT, 7),
            (HOUR + timedelta(minutes=30), HOUR + timedelta(minutes=31), 7),
            (HOUR, NEXT + timedelta(seconds=1), 12),
            (NEXT, NEXT + timedelta(hours=1), 5),
            (HOUR - timedelta(hours=1), HOUR, None),
        ):
            found = await reconcile(session, station_id, since=since, until=until)
            assert found.triggers == expected, (since, until)


async def test_pictures_count_in_the_hour_they_came_in(database: Database) -> None:
    async with database.engine.begin() as connection:
        await ensure_partitions(connection, HOUR)
    last_ms = int(NEXT.timestamp() * 1000)
    async with database.unit_of_work() as work:
        for number, unix_ms in enumerate((last_ms - 1, last_ms)):
            await add_inspection(work, uuid7(unix_ms, bytes([number] * 10)), captured_at=HOUR - timedelta(days=3))
        await work.commit()
    station_id = await bench(database)
    async with database.session() as session:
        for since in (HOUR, NEXT):
            found = await reconcile(session, station_id, since=since, until=since + timedelta(hours=1))
            assert (found.received, found.since, found.until) == (1, since, since + timedelta(hours=1))


async def test_another_station_is_not_counted(database: Database) -> None:
    async with database.unit_of_work() as work:
        other = await work.plant.add_station("aoi-3", line="l", site="s")
        await work.triggers.add(other, NOW, 9)
        await work.commit()
    await waiting(database, 2, station="aoi-3")
    await waiting(database, 1)
    assert ((await counted(database)).received, (await counted(database)).triggers) == (1, None)


async def test_a_tray_is_one_picture_and_a_file_counts_until_it_is_opened(database: Database) -> None:
    station_id = await bench(database)
    async with database.unit_of_work() as work:
        run_id = await work.runs.create(NewRun("test", station_id, Priority.BATCH, type="tray"))
        tray, later, bad, never = [await work.runs.add_file(run_id, name) for name in ("t", "l", "b", "n")]
        for number, file_id in enumerate((tray, later, bad)):
            await work.runs.store_file(file_id, hashlib.sha256(bytes([number])).hexdigest(), 10)
        await work.runs.refuse_file(bad, code="not-an-image", detail="No picture.")
        await work.runs.refuse_file(never, code="UPLOAD_ABANDONED", detail="Cut off.")
        await work.runs.move_files([tray], "opening")
        await work.runs.move_files([tray], "opened")
        for _ in range(3):
            await add_inspection(work, run_id=run_id, run_file_id=tray)
        await work.commit()
    found = await counted(database)
    assert (found.inspections, found.received, found.unopened, found.refused) == (3, 3, 1, 1)


@pytest.mark.parametrize(
    ("numbers", "missing", "repeated", "gaps"),
    [
        pytest.param([7], 0, 0, [], id="one"),
        pytest.param([5, 3, 4], 0, 0, [], id="in any order"),
        pytest.param([1, 2, 5, 9], 5, 0, [Gap(3, 4), Gap(6, 8)], id="gaps"),
        pytest.param([1, 2, 2, 2, 4], 1, 2, [Gap(3, 3)], id="again"),
        pytest.param([None, 4, None, 5], 0, 0, [], id="some say none"),
        pytest.param([0, 2**62], 2**62 - 1, 0, [Gap(1, 2**62 - 1)], id="huge"),
    ],
)
async def test_gaps_in_trigger_numbers_are_told(
    database: Database, numbers: list[int | None], missing: int, repeated: int, gaps: list[Gap]
) -> None:
    async with database.unit_of_work() as work:
        for number in numbers:
            await add_inspection(work, trigger_number=number)
        await work.commit()
    found = (await counted(database)).numbers
    assert (found.missing, found.repeated, list(found.gaps)) == (missing, repeated, gaps)


async def test_a_request_that_only_says_something_is_known_again(database: Database) -> None:
    for digest, fresh in ((bytes(32), True), (bytes(32), False)):
        async with database.unit_of_work() as work:
            assert await work.idempotency.say("plc", "k1", digest) is fresh
            await work.commit()
    async with database.unit_of_work() as work:
        with pytest.raises(IdempotencyMismatch):
            await work.idempotency.say("plc", "k1", bytes([1] * 32))


async def test_the_application_may_not_change_what_was_refused(database: Database) -> None:
    await refuse(database, "a.txt")
    async with database.session() as session:
        with pytest.raises(DBAPIError, match="permission denied"):
            await session.execute(text("UPDATE watched_refusals SET code = 'other'"))
