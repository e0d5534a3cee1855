"""Triggers in and results out are counted exactly, hour by hour, and what does not go together is told."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from core.ids import uuid7, uuid7_floor
from data.database import Database
from data.errors import CursorInvalid, IdempotencyMismatch
from data.ids import IdMaker
from data.partitions import ensure_partitions
from data.priorities import Priority
from data.queries.page import Page, encode
from data.queries.reconciliation import Reconciliation, Tally, reconcile, reconcile_hours, reconcile_with_hours
from data.repositories.runs import NewRun
from data.repositories.watched import Refusal
from data.tables import WatchedRefusal
from tests.data.rows import add_inspection, judged, waiting

NOW = datetime.now(tz=UTC)
HOUR = NOW.replace(minute=0, second=0, microsecond=0)
NEXT = HOUR + timedelta(hours=1)


@pytest.fixture
def database(database: Database) -> Database:
    """One in which all comes in now, and stays in this hour however long the tests take."""
    database.ids = IdMaker(lambda: int(NOW.timestamp() * 1000))
    return database


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
    refusal = Refusal(key, station_id, name, "not-an-image", "No picture.")
    async with database.unit_of_work() as work:
        await work.session.execute(insert(WatchedRefusal).values(**asdict(refusal), refused_at=NOW))
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


async def by_hour(database: Database, hours: int = 5, **paged: Any) -> Page[Tally]:
    station_id = await bench(database)
    since = NEXT - timedelta(hours=hours)
    async with database.session() as session:
        return await reconcile_hours(session, station_id, since=since, until=NEXT, **paged)


async def with_hours(database: Database) -> tuple[Reconciliation, tuple[Tally, ...]]:
    station_id = await bench(database)
    async with database.session() as session:
        return await reconcile_with_hours(session, station_id, since=NEXT - timedelta(hours=5), until=NEXT)


async def at(database: Database, *hours_back: int, **said: Any) -> None:
    """Have pictures come in so many hours back."""
    async with database.engine.begin() as connection:
        await ensure_partitions(connection, HOUR - timedelta(days=40))
    async with database.unit_of_work() as work:
        for number, back in enumerate(hours_back):
            unix_ms = int((HOUR - timedelta(hours=back)).timestamp() * 1000) + number
            await add_inspection(work, uuid7(unix_ms, bytes([number] * 10)), captured_at=HOUR, **said)
        await work.commit()


async def test_each_hour_is_counted_and_together_they_are_the_whole(database: Database) -> None:
    await at(database, 3, 3, 1)
    await judged(database)
    await failed(database)
    await refuse(database, "a.txt")
    await triggers(database, 3, HOUR - timedelta(hours=3))
    await triggers(database, 2, NOW)
    hours = (await by_hour(database)).items
    assert [(each.since, each.until) for each in hours] == [
        (HOUR - timedelta(hours=back), NEXT - timedelta(hours=back)) for back in range(5)
    ]
    assert [(each.triggers, each.received, each.inspections, each.judged, each.failed) for each in hours] == [
        (2, 3, 2, 1, 1), (0, 1, 1, 0, 0), (0, 0, 0, 0, 0), (3, 2, 2, 0, 0), (0, 0, 0, 0, 0),
    ]  # fmt: skip
    assert [each.difference for each in hours] == [-1, -1, 0, 1, 0]
    whole = await counted(database, NEXT - timedelta(hours=5), HOUR)
    for name in ("triggers", "received", "refused", "unopened", "inspections", "waiting", "judged", "failed",
                 "cancelled", "missing", "lost", "difference"):  # fmt: skip
        assert sum(getattr(each, name) for each in hours) == getattr(whole, name), name
    assert await with_hours(database) == (whole, tuple(reversed(hours)))


async def test_where_a_station_says_no_triggers_it_says_none_in_any_hour(database: Database) -> None:
    await at(database, 3)
    await triggers(database, 9, HOUR - timedelta(hours=5))  # before the hours that are asked for
    assert {(each.triggers, each.difference) for each in (await by_hour(database)).items} == {(None, 0)}
    whole, hours = await with_hours(database)
    assert ([whole.triggers], {each.triggers for each in hours}) == ([None], {None})


async def test_files_and_refusals_count_in_their_hours(database: Database) -> None:
    station_id = await bench(database)
    await refuse(database, "a.txt")
    async with database.unit_of_work() as work:
        run_id = await work.runs.create(NewRun("test", station_id, Priority.BATCH))
        later, bad = [await work.runs.add_file(run_id, name) for name in ("l", "b")]
        for number, file_id in enumerate((later, bad)):
            await work.runs.store_file(file_id, hashlib.sha256(bytes([number])).hexdigest(), 10)
        await work.runs.refuse_file(bad, code="not-an-image", detail="No picture.")
        await work.commit()
    newest, *older = (await by_hour(database)).items
    assert (newest.received, newest.unopened, newest.refused) == (3, 1, 2)
    assert {each.received for each in older} == {0}


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 500])
async def test_hours_come_in_pages_that_leave_none_out(database: Database, limit: int) -> None:
    await at(database, 4, 2, 2, 0)
    whole, cursor, found = (await by_hour(database)).items, None, []
    while True:
        page = await by_hour(database, cursor=cursor, limit=limit)
        assert 1 <= len(page.items) <= limit
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert tuple(found) == whole


async def test_many_hours_over_months_are_counted(database: Database) -> None:
    back = 24 * 35
    await at(database, back - 1, 24 * 15, 0)
    newest = await by_hour(database, back, limit=500)
    oldest = await by_hour(database, back, limit=500, cursor=newest.next_cursor)
    assert (len(newest.items), len(oldest.items), oldest.next_cursor) == (500, back - 500, None)
    counts = [each.received for each in (*newest.items, *oldest.items)]
    assert [place for place, count in enumerate(counts) if count] == [0, 24 * 15, back - 1]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        encode(uuid7_floor(HOUR - timedelta(minutes=1))),
        encode(uuid7_floor(NEXT)),
    ],
    ids=["empty", "no cursor", "no hour", "the end"],
)
async def test_a_cursor_that_is_none_of_these_hours_is_refused(database: Database, cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        await by_hour(database, cursor=cursor)


@pytest.mark.parametrize("hours_back", [4, 200], ids=["the first of them", "one before them"])
async def test_a_cursor_that_the_hours_have_moved_past_leads_to_no_more(database: Database, hours_back: int) -> None:
    page = await by_hour(database, cursor=encode(uuid7_floor(HOUR - timedelta(hours=hours_back))))
    assert page == Page((), None)


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
