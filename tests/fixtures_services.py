"""The real services that tests run on: an embedded PostgreSQL and Valkey, started once a session, and composed."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
from pydantic import SecretStr
from redis import asyncio as redis

from data import embedded_urls
from data.settings import Settings
from workers.child import Child
from workers.embedded import home as state_folder
from workers.embedded import postgres as embedded_postgres
from workers.embedded import valkey as embedded_valkey
from workers.embedded.service_user import service_user

if TYPE_CHECKING:
    from workers.composition import Services


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A state folder with a path short enough for sockets, which the service user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="ms-", dir="/tmp"))
    state_folder.prepare(folder, service_user())
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def settings(home: Path) -> Settings:
    """Settings of the embedded services, whatever the environment of the test run says."""
    return Settings(
        home=home,
        port=0,
        database_url=SecretStr(embedded_urls.database_url(home)),
        owner_url=SecretStr(embedded_urls.owner_url(home)),
        redis_url=SecretStr(embedded_urls.redis_url(home)),
        store_url=None,
    )


@pytest.fixture(scope="session")
async def empty_postgres(home: Path) -> AsyncIterator[Path]:
    """The embedded PostgreSQL, running and without a schema; yields the state folder its URLs come from."""
    await embedded_postgres.prepare(home, service_user())
    async for _ in _running(Child(embedded_postgres.program(home, service_user()))):
        yield home


@pytest.fixture(scope="session")
async def postgres(empty_postgres: Path, settings: Settings) -> Settings:
    """The embedded PostgreSQL with the schema in it; yields the settings that name it."""
    from data import migrate  # noqa: PLC0415  # heavy, and only for tests that want the schema

    await asyncio.to_thread(migrate.upgrade, embedded_urls.owner_url(settings.home))
    return settings


@pytest.fixture(scope="session")
async def valkey(home: Path) -> AsyncIterator[str]:
    """The embedded Valkey, running; yields its URL."""
    embedded_valkey.prepare(home, service_user())
    async for _ in _running(Child(embedded_valkey.program(home, service_user()))):
        yield embedded_urls.redis_url(home)


@pytest.fixture
async def emptied(postgres: Settings, valkey: str) -> None:
    """No row, no key and no upload on its way left by the test before."""
    shutil.rmtree(postgres.home / "incoming", ignore_errors=True)
    connection = await asyncpg.connect(embedded_urls.postgres_url(postgres.home, embedded_urls.SUPERUSER))
    try:
        tables = await connection.fetch(_TABLES)
        await connection.execute("SET session_replication_role = replica")  # append-only tables refuse otherwise
        deletions = ";".join(f'DELETE FROM "{row["relname"]}"' for row in tables)  # noqa: S608 - names of our tables
        await connection.execute(deletions)  # a few rows: faster than TRUNCATE, which makes every file anew
    finally:
        await connection.close()
    client = redis.Redis.from_url(valkey)
    await client.flushall()
    await client.aclose()


@pytest.fixture
async def services(emptied: None, postgres: Settings) -> AsyncIterator[Services]:
    """Everything composed as in production, on empty tables."""
    from workers.composition import compose  # noqa: PLC0415  # heavy, and only for tests that want it

    composed = compose(postgres)
    yield composed
    await composed.close()


_TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
AND NOT relispartition AND relname <> 'alembic_version'
"""


async def _running(child: Child) -> AsyncIterator[None]:
    await child.start()
    try:
        await child.until_ready()
        yield
    finally:
        await child.stop()
