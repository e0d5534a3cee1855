"""Months have their partitions before they begin, and no row is ever refused for want of one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.ids import uuid7, uuid7_floor
from data import migrate
from data.database import Database
from data.partitions import (
    MONTHS_AHEAD,
    PARTITIONED,
    ensure_partitions,
    partition_default,
    partition_name,
    stray_count,
)
from data.settings import Settings
from data.urls import owner_url
from tests.data.conftest import Scratch
from tests.data.rows import add_inspection, result

FAR = datetime(2091, 11, 15, tzinfo=UTC)
LAST_MS = uuid7(int(datetime(2092, 1, 1, tzinfo=UTC).timestamp() * 1000) - 1, b"\xff" * 10)
"""The greatest id of the year 2091."""


def first_id(year: int, month: int, day: int) -> UUID:
    return uuid7_floor(datetime(year, month, day, tzinfo=UTC))


HOMES = {
    "inspections": text("SELECT tableoid::regclass::text FROM inspections WHERE id = :id"),
    "inspection_images": text("SELECT tableoid::regclass::text FROM inspection_images WHERE inspection_id = :id"),
    "results": text("SELECT tableoid::regclass::text FROM results WHERE inspection_id = :id"),
}


@pytest.fixture
async def far_months(scratch: Scratch) -> AsyncIterator[Database]:
    """A database of its own, which has partitions of four months far away too."""
    await asyncio.to_thread(migrate.upgrade, scratch.owner_url)
    made = Database(scratch.app_url)
    async with made.engine.begin() as connection:
        await ensure_partitions(connection, FAR)
    yield made
    await made.close()


@pytest.fixture
async def owner(postgres: Settings) -> AsyncIterator[Database]:
    made = Database(owner_url(postgres))
    yield made
    await made.close()


async def home_of(database: Database, table: str, id_: UUID) -> str:
    async with database.session() as session:
        found = await session.scalar(HOMES[table], {"id": id_})
    return str(found)


async def keep(database: Database, id_: UUID) -> None:
    async with database.unit_of_work() as work:
        await add_inspection(work, id_)
        await work.verdicts.keep([result(id_)])
        await work.commit()


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), id="the epoch"),
        pytest.param(datetime(2026, 3, 1, tzinfo=UTC), id="a month's beginning"),
        pytest.param(datetime(2026, 2, 28, 23, 59, 59, 999000, tzinfo=UTC), id="a month's last millisecond"),
        pytest.param(datetime(2100, 2, 28, 12, 34, 56, 789000, tzinfo=UTC), id="a year that is no leap year"),
    ],
)
async def test_the_database_and_the_program_agree_on_bounds(database: Database, moment: datetime) -> None:
    async with database.session() as session:
        statement = text("SELECT uuid7_floor(CAST(:moment AS timestamptz))")
        assert await session.scalar(statement, {"moment": moment}) == uuid7_floor(moment)


async def test_this_month_and_those_ahead_stand_after_migrating(database: Database) -> None:
    async with database.engine.begin() as connection:
        assert await ensure_partitions(connection, datetime.now(tz=UTC)) == []


async def test_missing_months_are_made_once(far_months: Database) -> None:
    names = {partition_name(table, FAR) for table in PARTITIONED}
    listed = text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
    async with far_months.engine.begin() as connection:
        assert names <= set(await connection.scalars(listed))
        assert await ensure_partitions(connection, FAR) == []
        assert await ensure_partitions(connection, FAR, months_ahead=MONTHS_AHEAD - 1) == []


@pytest.mark.parametrize(
    ("id_", "month"),
    [
        pytest.param(first_id(2091, 11, 1), (2091, 11), id="first of a month"),
        pytest.param(first_id(2091, 12, 1), (2091, 12), id="first of the next"),
        pytest.param(LAST_MS, (2091, 12), id="last of a year"),
        pytest.param(first_id(2092, 1, 1), (2092, 1), id="first of a year"),
        pytest.param(first_id(2092, 2, 29), (2092, 2), id="a leap day"),
    ],
)
async def test_every_row_lies_in_its_month(far_months: Database, id_: UUID, month: tuple[int, int]) -> None:
    await keep(far_months, id_)
    for table in PARTITIONED:
        assert await home_of(far_months, table, id_) == partition_name(table, datetime(*month, 1, tzinfo=UTC))


async def test_a_row_of_no_month_is_kept_all_the_same(database: Database, owner: Database) -> None:
    id_ = uuid7_floor(datetime(2150, 1, 1, tzinfo=UTC))
    await keep(database, id_)
    for table in PARTITIONED:
        assert await home_of(database, table, id_) == partition_default(table)
    async with owner.engine.begin() as connection:
        assert [await connection.scalar(text(stray_count(table))) for table in PARTITIONED] == [1, 1, 1]


async def test_a_month_with_strays_stays_where_they_are(database: Database) -> None:
    moment = datetime(2150, 1, 10, tzinfo=UTC)
    await keep(database, uuid7_floor(moment))
    async with database.engine.begin() as connection:
        assert await ensure_partitions(connection, moment, months_ahead=0) == []


@pytest.mark.parametrize("months_ahead", [-1, 36, 10_000])
async def test_no_more_months_are_made_than_make_sense(database: Database, months_ahead: int) -> None:
    async with database.engine.begin() as connection:
        with pytest.raises(DBAPIError, match="expected 1 to 36 months"):
            await ensure_partitions(connection, FAR + timedelta(days=3650), months_ahead=months_ahead)


async def test_times_of_other_zones_mean_the_month_in_utc(far_months: Database) -> None:
    before_midnight = datetime(2091, 11, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))  # still October in UTC
    async with far_months.engine.begin() as connection:
        made = await ensure_partitions(connection, before_midnight, months_ahead=0)
    assert made == [partition_name(table, datetime(2091, 10, 1, tzinfo=UTC)) for table in PARTITIONED]
