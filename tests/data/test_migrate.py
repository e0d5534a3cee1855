"""The schema goes up, down and up again, in one step, whoever else migrates; and it is the one the tables describe."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool

from core.ids import uuid7_floor
from data import migrate
from data.dsn import engine_at
from data.embedded_urls import APP_ROLE, OWNER_ROLE
from data.errors import MigrationFailed
from data.tables import metadata
from tests.data.conftest import Scratch

TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""
FUNCTIONS = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"

# Everything that a table is, by name and definition; partitions and what they repeat of their table left out.
SHAPE = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'alembic_version'
    """,
    "constraints": """
        SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND k.conparentid = 0
          AND c.relname <> 'alembic_version' AND k.contype <> 'n'
    """,
    "indexes": """
        SELECT tablename, indexname, indexdef FROM pg_indexes
        JOIN pg_class c ON c.oid = (quote_ident(tablename))::regclass
        WHERE schemaname = 'public' AND NOT c.relispartition AND tablename <> 'alembic_version'
    """,
    "partitioning": """
        SELECT partrelid::regclass::text, pg_get_partkeydef(partrelid) FROM pg_partitioned_table
        JOIN pg_class c ON c.oid = partrelid WHERE c.relnamespace = 'public'::regnamespace
    """,
}


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    engine = engine_at(url, poolclass=NullPool)
    async with engine.begin() as connection:
        yield connection
    await engine.dispose()


async def names(url: str, query: str) -> set[str]:
    async with connected(url) as connection:
        return set(await connection.scalars(text(query)))


async def shape(url: str) -> dict[str, list[tuple[object, ...]]]:
    async with connected(url) as connection:
        found = {}
        for name, query in SHAPE.items():
            rows = await connection.execute(text(query))
            found[name] = sorted((tuple(row) for row in rows), key=repr)
        return found


async def up(scratch: Scratch, revision: str = "head") -> str | None:
    return await asyncio.to_thread(migrate.upgrade, scratch.owner_url, revision)


async def down(scratch: Scratch, revision: str) -> str | None:
    return await asyncio.to_thread(migrate.downgrade, scratch.owner_url, revision)


async def test_goes_up_down_and_up_again(scratch: Scratch) -> None:
    assert await up(scratch) == migrate.head()
    first = await shape(scratch.owner_url)

    assert await down(scratch, "base") is None
    assert await names(scratch.owner_url, TABLES) == {"alembic_version"}
    assert await names(scratch.owner_url, FUNCTIONS) == set()

    assert await up(scratch) == migrate.head()
    assert await shape(scratch.owner_url) == first


async def test_every_single_step_goes_up_and_down(scratch: Scratch) -> None:
    for revision in ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009"):
        assert await up(scratch, revision) == revision
    for revision in ("0007", "0006", "0005", "0004", "0003", "0002", "0001", "base"):
        assert await down(scratch, revision) == (None if revision == "base" else revision)


async def test_what_is_there_when_the_trail_begins_is_taken_into_it(scratch: Scratch) -> None:
    await up(scratch, "0005")
    async with connected(scratch.owner_url) as connection:
        await connection.execute(text("INSERT INTO sites (id, name) VALUES (uuid7_floor(now()), 'Dresden')"))
    await up(scratch)
    async with connected(scratch.owner_url) as connection:
        told = "SELECT operation, actor, before, after->>'name' FROM audit.entries WHERE relation = 'sites'"
        assert [tuple(row) for row in await connection.execute(text(told))] == [
            ("found", "system:migrate", None, "Dresden")
        ]


async def test_a_column_that_is_added_is_kept_once_its_table_is_followed_again(scratch: Scratch) -> None:
    await up(scratch)
    async with connected(scratch.owner_url) as connection:
        await connection.execute(text("SELECT set_config('marksight.actor', 'user:ada', true)"))
        await connection.execute(text("ALTER TABLE sites ADD COLUMN country text DEFAULT 'DE'"))
        await connection.execute(text("SELECT audit.follow('sites', 'id')"))
        await connection.execute(text("INSERT INTO sites (id, name) VALUES (uuid7_floor(now()), 'Dresden')"))
        kept = "SELECT after->>'country' FROM audit.entries WHERE relation = 'sites'"
        assert await connection.scalar(text(kept)) == "DE"
        known = "SELECT 'country' = ANY (columns) FROM audit.followed WHERE relation = 'sites'"
        assert await connection.scalar(text(known)) is True


OLD_RESULT = """
    INSERT INTO results (inspection_id, verdict, disposition, signal_version, reasons, evidence, seconds, digest)
    VALUES (CAST(:id AS uuid), 'pass', 'accepted', 'fake:1', '{}', CAST(:evidence AS jsonb), '{}', sha256('')) """


async def test_results_from_before_the_mark_was_kept_have_it_too(scratch: Scratch) -> None:
    """Those of every month, though nobody may change a result."""
    await up(scratch, "0002")
    evidence = '{"lines": [{"text": "LM 324 N"}, {"text": "b"}]}'
    async with connected(scratch.superuser_url) as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))  # without the rows it refers to
        for moment in (datetime(2001, 3, 1, tzinfo=UTC), datetime.now(tz=UTC)):
            await connection.execute(text(OLD_RESULT), {"id": str(uuid7_floor(moment)), "evidence": evidence})
    await up(scratch)
    async with connected(scratch.owner_url) as connection:
        assert list(await connection.scalars(text("SELECT mark FROM results"))) == ["LM324N\nB"] * 2


async def test_says_where_a_database_stands(scratch: Scratch) -> None:
    assert await asyncio.to_thread(migrate.current, scratch.owner_url) is None
    await up(scratch)
    assert await asyncio.to_thread(migrate.current, scratch.app_url) == migrate.head()


async def test_going_up_twice_changes_nothing(scratch: Scratch) -> None:
    await up(scratch)
    before = await shape(scratch.owner_url)
    await up(scratch)
    assert await shape(scratch.owner_url) == before


async def test_processes_that_migrate_at_once_do_not_race(scratch: Scratch) -> None:
    assert set(await asyncio.gather(*(up(scratch) for _ in range(4)))) == {migrate.head()}


async def test_tables_and_migrations_agree_for_alembic(scratch: Scratch) -> None:
    await up(scratch)
    async with connected(scratch.owner_url) as connection:
        assert await connection.run_sync(migrate.differences) == []


async def test_a_difference_would_be_seen(scratch: Scratch) -> None:
    await up(scratch)
    async with connected(scratch.owner_url) as connection:
        await connection.execute(text("ALTER TABLE lots ADD COLUMN colour text"))
        await connection.execute(text("DROP INDEX ix_results_verdict_inspection_id"))
        found = await connection.run_sync(migrate.differences)
    assert {difference[0] for difference in found} == {"remove_column", "add_index"}


async def test_tables_and_migrations_make_the_same_database(scratch: Scratch) -> None:
    """Alembic compares neither checks nor partitioning; the catalog knows both."""
    await up(scratch)
    migrated = await shape(scratch.owner_url)
    await down(scratch, "base")
    async with connected(scratch.owner_url) as connection:
        await connection.run_sync(_create_all)
    described = await shape(scratch.owner_url)
    for kind in SHAPE:
        assert migrated[kind] == described[kind], kind


def _create_all(connection: Connection) -> None:
    metadata.create_all(connection)


async def test_a_role_that_is_missing_is_named(scratch: Scratch) -> None:
    with pytest.raises(MigrationFailed, match="CREATE ROLE nobody_here LOGIN"):
        await asyncio.to_thread(migrate.upgrade, scratch.owner_url, app_role="nobody_here")
    assert await names(scratch.owner_url, TABLES) == set(), "one transaction: nothing half done"


async def test_one_role_for_both_is_refused(scratch: Scratch) -> None:
    with pytest.raises(MigrationFailed, match="must not both migrate and serve"):
        await asyncio.to_thread(migrate.upgrade, scratch.owner_url, app_role=OWNER_ROLE)


async def test_a_database_of_a_newer_program_is_left_alone(scratch: Scratch) -> None:
    await up(scratch)
    async with connected(scratch.owner_url) as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await connection.commit()
    with pytest.raises(MigrationFailed, match="revision 9999, which this program does not know: a newer Marksight"):
        await up(scratch)


async def test_the_application_role_cannot_migrate(scratch: Scratch) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        await asyncio.to_thread(migrate.upgrade, scratch.app_url, app_role=APP_ROLE)


async def test_works_from_any_folder(scratch: Scratch, tmp_path: Path) -> None:
    script = f"from data.migrate import upgrade; print(upgrade({scratch.owner_url!r}))"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", script),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert output.decode().strip() == migrate.head()


async def test_a_database_that_cannot_be_reached_is_said_to_be_without_its_password(scratch: Scratch) -> None:
    wrong = scratch.owner_url.replace(f"{OWNER_ROLE}:", f"{OWNER_ROLE}:hunter2")
    with pytest.raises(MigrationFailed, match="password authentication failed") as refusal:
        await asyncio.to_thread(migrate.upgrade, wrong)
    assert "hunter2" not in str(refusal.value)
    with pytest.raises(MigrationFailed, match="cannot be reached as nobody"):
        await asyncio.to_thread(migrate.current, "postgresql://nobody@127.0.0.1:1/none")
