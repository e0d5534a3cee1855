"""While a backup is made nobody removes bytes, and no other is made; whatever ends it, that ends too."""

from __future__ import annotations

import asyncpg
import pytest
from sqlalchemy import text

from data import holding_off
from data.database import Database
from data.errors import BackupError, MigrationFailed
from data.holding_off import BACKUP_LOCK, removal_held_off
from data.settings import Settings
from data.urls import app_url

ADDRESS = "ab" * 32


async def taken(database: Database) -> bool:
    async with database.unit_of_work() as work:
        return await work.blobs.take(ADDRESS)


async def test_nothing_is_taken_while_it_lasts_and_another_backup_is_refused(
    database: Database, postgres: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding_off, "_PATIENCE", text("SET LOCAL lock_timeout = '50ms'"))
    async with removal_held_off(app_url(postgres)):
        assert not await taken(database)
        with pytest.raises(BackupError, match="Another backup of this database"):
            async with removal_held_off(app_url(postgres)):
                pass
    assert await taken(database)


async def test_who_removes_something_just_now_is_waited_for(database: Database, postgres: Settings) -> None:
    async with database.unit_of_work() as work:
        assert await work.blobs.take(ADDRESS)
        await work.commit()
    async with removal_held_off(app_url(postgres)):
        assert not await taken(database)


async def test_no_transaction_stays_open_for_it(database: Database, postgres: Settings) -> None:
    async with removal_held_off(app_url(postgres)), database.session() as session:
        held = text(
            "SELECT a.state FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) "
            "WHERE l.locktype = 'advisory' AND l.objid = :lock AND l.mode = 'ExclusiveLock'"
        )
        assert await session.scalar(held, {"lock": BACKUP_LOCK}) == "idle"


async def test_two_removers_do_not_hold_each_other_up(database: Database, postgres: Settings) -> None:
    connection = await asyncpg.connect(app_url(postgres))
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock_shared($1::bigint)", BACKUP_LOCK)
            assert await taken(database)
    finally:
        await connection.close()


async def test_a_database_that_is_away_is_told() -> None:
    with pytest.raises(MigrationFailed, match="cannot be reached"):
        async with removal_held_off("postgresql://a:b@127.0.0.1:1/x"):
            pass
