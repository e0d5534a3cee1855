"""The application's role may do what `data.grants` lists, and nothing else: each thing it must not is tried."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from data.database import Database
from data.grants import GRANTS
from data.partitions import PARTITIONED, partition_default
from data.tables import metadata
from tests.data.rows import judged, published, waiting

FORBIDDEN = [
    "UPDATE results SET verdict = 'pass'",
    "UPDATE results SET score = 10000",
    "DELETE FROM results",
    "TRUNCATE results",
    "UPDATE inspections SET captured_at = now()",
    "UPDATE inspections SET recipe_version_id = NULL",
    "UPDATE inspections SET unit_id = unit_id",
    "DELETE FROM inspections",
    "TRUNCATE inspections CASCADE",
    "DELETE FROM inspection_images",
    "UPDATE inspection_images SET position = 1",
    "UPDATE images SET width_px = 1",
    "UPDATE images SET sha256 = sha256",
    "DELETE FROM images",
    "UPDATE inspections SET lot_texts = NULL",
    "UPDATE inspections SET lot_on_hold = false",
    "UPDATE runs SET label = 'x'",
    "UPDATE runs SET recipe_version_id = NULL",
    "DELETE FROM runs",
    "DELETE FROM run_files",
    "UPDATE lot_marks SET text = 'x'",
    "DELETE FROM lot_marks",
    "DELETE FROM station_triggers",
    "DELETE FROM recipes",
    "UPDATE lots SET code = 'x'",
    "UPDATE units SET serial = 'x'",
    "UPDATE idempotency_keys SET inspection_id = inspection_id",
    "UPDATE alembic_version SET version_num = '0'",
    "UPDATE users SET name = 'eve'",
    "DELETE FROM users",
    "UPDATE sign_ins SET digest = digest",
    "UPDATE sign_ins SET user_id = user_id",
    "UPDATE sign_ins SET expires_at = now()",
    "UPDATE tokens SET digest = digest",
    "UPDATE tokens SET role = 'engineer'",
    "UPDATE tokens SET scopes = '{}'",
    "UPDATE tokens SET expires_at = NULL",
    "DELETE FROM tokens",
    "UPDATE invitations SET user_id = NULL",
    "UPDATE invitations SET expires_at = now()",
    "DELETE FROM invitations",
    "UPDATE sign_in_failures SET address = ''",
    "UPDATE preferences SET user_id = user_id",
    "DELETE FROM preferences",
    "TRUNCATE outbox",
    "TRUNCATE recipe_versions",
    "CREATE TABLE mine (id int)",
    "ALTER TABLE results DISABLE TRIGGER ALL",
    "DROP TRIGGER results_append_only ON results",
    "DROP TABLE outbox",
    "CREATE INDEX ON results (score)",
    "ALTER TABLE results ADD COLUMN mine int",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
    "SET session_replication_role = replica",
    "SET ROLE marksight_owner",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_application_role_may_not(database: Database, statement: str) -> None:
    await judged(database)
    async with database.session() as session:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            await session.execute(text(statement))


@pytest.mark.parametrize("statement", ["DELETE FROM units", "DELETE FROM lots"])
async def test_what_was_inspected_keeps_its_unit_and_its_lot(database: Database, statement: str) -> None:
    await waiting(database, lot="L1", serial="S1")
    async with database.session() as session:
        with pytest.raises(IntegrityError):
            await session.execute(text(statement))


@pytest.mark.parametrize("table", PARTITIONED)
@pytest.mark.parametrize("statement", ["SELECT * FROM {}", "DELETE FROM {}", "DROP TABLE {}"])
async def test_no_partition_is_reached_beside_its_table(database: Database, table: str, statement: str) -> None:
    async with database.session() as session:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            await session.execute(text(statement.format(partition_default(table))))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE recipe_versions SET document = '{}'",
        "UPDATE recipe_versions SET state = 'draft'",
        "DELETE FROM recipe_versions",
    ],
)
async def test_a_published_version_never_changes(database: Database, statement: str) -> None:
    await published(database)
    async with database.session() as session:
        with pytest.raises(DBAPIError, match="a published version never changes"):
            await session.execute(text(statement))


async def test_what_moves_an_inspection_on_is_allowed(database: Database) -> None:
    await waiting(database)
    async with database.unit_of_work() as work:
        await work.session.execute(text("UPDATE inspections SET state = 'queued', error_code = 'x'"))
        await work.session.execute(text("DELETE FROM outbox"))
        await work.commit()
    async with database.session() as session:
        moved = await session.execute(text("SELECT state, error_code FROM inspections"))
        assert [tuple(row) for row in moved] == [("queued", "x")]
        assert await session.scalar(text("SELECT count(*) FROM outbox")) == 0


async def test_the_role_owns_nothing(database: Database) -> None:
    owned = "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
    async with database.session() as session:
        assert await session.scalar(text(owned)) == 0


def test_every_table_has_its_rights_written_down() -> None:
    assert set(metadata.tables) | {"alembic_version"} == set(GRANTS)
