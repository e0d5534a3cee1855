"""Bring the schema to where it must be, as the owning role.

1. One process migrates at a time: an advisory lock is held for the whole transaction; the others wait, then find
   nothing to do.
2. All steps of one call are one transaction: the schema is where it was, or where it must be, never between.
3. After every upgrade the application's role has exactly the rights of `data.grants`, and the month partitions stand.
4. Nothing is read from the working folder: the scripts lie in this package.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, ForeignKeyConstraint, text
from sqlalchemy.ext.asyncio import AsyncConnection

from data.acting import Actor
from data.dsn import connected
from data.embedded_urls import APP_ROLE
from data.errors import MigrationFailed
from data.grants import apply_grants
from data.partitions import ensure_partitions
from data.saying_who import SAY_WHO, said
from data.tables import metadata

SCRIPTS = Path(__file__).parent / "migrations"
ITSELF = Actor("system:migrate")
LOCK = 0x6D61726B  # "mark", any number that no other program on this database takes


def upgrade(url: str, revision: str = "head", *, app_role: str = APP_ROLE) -> str | None:
    """Migrate the database at `url` (of the owning role) up to `revision`; return the revision it has then.

    Not to be called where an event loop runs: `asyncio.to_thread(upgrade, url)` there.

    Raises:
        MigrationFailed: the database cannot be reached or is of a newer program, or the application's role is missing
            or the one that migrates.
    """
    return asyncio.run(_upgrade(url, revision, app_role))


def downgrade(url: str, revision: str) -> str | None:
    """Migrate the database at `url` down to `revision` (`base` for an empty one); return the revision it has then."""
    return asyncio.run(_downgrade(url, revision))


def current(url: str) -> str | None:
    """Return the revision of the database at `url` (any role that may read it), or None where it was never migrated.

    Raises:
        MigrationFailed: the database cannot be reached.
    """
    return asyncio.run(_current(url))


def head() -> str:
    """Return the newest revision that this program knows."""
    revision = ScriptDirectory(str(SCRIPTS)).get_current_head()
    if revision is None:
        raise RuntimeError(f"no migrations in {SCRIPTS}")
    return revision


def is_known(revision: str) -> bool:
    """Tell whether this program knows a revision; one that it does not is of a newer program."""
    return revision in _known()


def _known() -> frozenset[str]:
    return frozenset(script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions())


_PARTITIONS = text("SELECT relname FROM pg_class WHERE relispartition AND relnamespace = 'public'::regnamespace")


def differences(connection: Connection) -> list[Any]:
    """Return what Alembic would have to change to make the database as the tables in `data.tables` say."""
    partitions = set(connection.scalars(_PARTITIONS))

    def ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or name not in partitions

    def meant(item: Any, _: object, kind: str, *__: object) -> bool:
        # PostgreSQL repeats a foreign key to a partitioned table once for every partition.
        return kind != "foreign_key_constraint" or _target(item) not in partitions

    options = {**configured_options(), "include_name": ours, "include_object": meant}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def _target(key: ForeignKeyConstraint) -> str:
    return key.elements[0].target_fullname.split(".")[0]


def configured_options() -> dict[str, Any]:
    """Return how Alembic compares and writes, for `env.py` and for `differences` alike."""
    return {"target_metadata": metadata, "compare_type": True, "compare_server_default": True}


async def _upgrade(url: str, revision: str, app_role: str) -> str | None:
    async with migrating(url) as connection:
        return await upgrade_within(connection, revision, app_role=app_role)


async def upgrade_within(connection: AsyncConnection, revision: str = "head", *, app_role: str) -> str | None:
    """Do what `upgrade` does in the transaction of `migrating`, for who has more to do in it."""
    await step_up_within(connection, revision)
    await connection.run_sync(apply_grants, app_role)
    if await _has_partitions(connection):
        await ensure_partitions(connection, datetime.now(tz=UTC))
    return await connection.run_sync(_revision)


async def step_up_within(connection: AsyncConnection, revision: str) -> None:
    """Migrate up to a revision and give no rights yet, for who goes on from there in the same transaction."""
    await connection.run_sync(_check_known)
    await connection.run_sync(lambda sync: command.upgrade(_config(sync), revision))


async def _downgrade(url: str, revision: str) -> str | None:
    async with migrating(url) as connection:
        return await downgrade_within(connection, revision)


async def downgrade_within(connection: AsyncConnection, revision: str) -> str | None:
    """Do what `downgrade` does in the transaction of `migrating`, for who has more to do in it."""
    await connection.run_sync(lambda sync: command.downgrade(_config(sync), revision))
    return await connection.run_sync(_revision)


async def _current(url: str) -> str | None:
    async with connected(url) as connection:
        return await connection.run_sync(_revision)


@asynccontextmanager
async def migrating(url: str) -> AsyncIterator[AsyncConnection]:
    """Be the one who migrates the database at `url`, in one transaction that is kept when the context ends well.

    Raises:
        MigrationFailed: the database cannot be reached.
    """
    async with connected(url) as connection, connection.begin():
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        await connection.execute(SAY_WHO, said(ITSELF))
        yield connection


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _check_known(connection: Connection) -> None:
    found = _revision(connection)
    if found is not None and not is_known(found):
        raise MigrationFailed(
            f"The database is at revision {found}, which this program does not know: a newer Marksight migrated it. "
            "Install that one here too."
        )


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


async def _has_partitions(connection: AsyncConnection) -> bool:
    return await connection.scalar(text("SELECT to_regproc('ensure_month_partitions') IS NOT NULL")) is True
