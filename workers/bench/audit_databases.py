"""Databases that are alike but for what happens beside a result's row: nothing, a bare copy of it, or our audit trail.

They lie in one PostgreSQL of the bench's own, the bundled one with the program's own settings, and hold the program's
own tables. Everything but the results lies there already: as many inspections as there will be results.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg

from data import embedded_urls, migrate
from data.ids import IdMaker
from data.priorities import Priority
from workers.child import Child
from workers.embedded import home as state_folder
from workers.embedded import postgres
from workers.embedded.service_user import service_user

ITSELF = "system:bench"

VARIANTS: dict[str, tuple[str, ...]] = {
    "plain": ("ALTER TABLE results DISABLE TRIGGER audit_insert",),
    "trigger": (
        "ALTER TABLE results DISABLE TRIGGER audit_insert",
        "CREATE TABLE results_shadow AS SELECT clock_timestamp() AS at, r.* FROM results AS r WITH NO DATA",
        """
        CREATE FUNCTION shadow_results() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
            INSERT INTO results_shadow SELECT clock_timestamp(), n.* FROM new_rows AS n;
            RETURN NULL;
        END
        $$
        """,
        """
        CREATE TRIGGER results_shadow AFTER INSERT ON results REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION shadow_results()
        """,
    ),
    "chained": (),
}
"""What is compared: by the name of its database, how it differs from the one that the program makes."""

_PLANT = """
WITH
    site AS (INSERT INTO sites (id, name) VALUES ($1, 'bench') RETURNING id),
    line AS (INSERT INTO lines (id, site_id, name) SELECT $2, id, 'bench' FROM site RETURNING id)
INSERT INTO stations (id, line_id, name) SELECT $3, id, 'bench' FROM line
"""
_UNITS = "INSERT INTO units (id, attempts) SELECT unnest($1::uuid[]), 1"
_INSPECTIONS = """
INSERT INTO inspections (id, unit_id, attempt, station_id, priority, captured_at, state)
SELECT inspection, unit, 1, $3, $4, now(), 'running' FROM unnest($1::uuid[], $2::uuid[]) AS each (inspection, unit)
"""


@asynccontextmanager
async def databases(home: Path, *, inspections: int) -> AsyncIterator[tuple[UUID, ...]]:
    """Run a database for each of `VARIANTS` on `home` until the block ends; yield the inspections, as they lie in each.

    Raises:
        ServiceError: PostgreSQL cannot start.
    """
    user = service_user()
    state_folder.prepare(home, user)
    await postgres.prepare(home, user)
    server = Child(postgres.program(home, user))
    await server.start()
    try:
        await server.until_ready()
        await asyncio.to_thread(migrate.upgrade, embedded_urls.owner_url(home))
        ids = await _filled(home, inspections)
        for variant, statements in VARIANTS.items():
            await _copied(home, variant, statements)
        await _run(_superuser(home), "CHECKPOINT")  # or the disk would still be at it while the clock runs
        yield ids
    finally:
        await asyncio.shield(server.stop())


async def _filled(home: Path, count: int) -> tuple[UUID, ...]:
    new_id = IdMaker()
    ids, units = [new_id() for _ in range(count)], [new_id() for _ in range(count)]
    site, line, station = new_id(), new_id(), new_id()
    connection = await asyncpg.connect(embedded_urls.database_url(home), server_settings={"marksight.actor": ITSELF})
    try:
        await connection.execute(_PLANT, site, line, station)
        await connection.execute(_UNITS, units)
        await connection.execute(_INSPECTIONS, ids, units, station, int(Priority.BATCH))
    finally:
        await connection.close()
    return tuple(ids)


async def _copied(home: Path, variant: str, statements: tuple[str, ...]) -> None:
    """Make a database like the program's, and change it by `statements`."""
    owner = embedded_urls.OWNER_ROLE
    await _run(_superuser(home), f"CREATE DATABASE {variant} TEMPLATE {embedded_urls.DATABASE} OWNER {owner}")
    await _run(embedded_urls.postgres_url(home, owner, variant), *statements, "ANALYZE")


def _superuser(home: Path) -> str:
    return embedded_urls.postgres_url(home, embedded_urls.SUPERUSER, "postgres")


async def _run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
