"""The real services that tests run on: an embedded PostgreSQL and Valkey, started once a session, and composed."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
from pydantic import SecretStr
from redis import asyncio as redis

from data import embedded_urls
from data.acting import Actor, act_as
from data.settings import Settings
from workers.child import Child
from workers.embedded import home as state_folder
from workers.embedded import postgres as embedded_postgres
from workers.embedded import valkey as embedded_valkey
from workers.embedded.service_user import service_user

if TYPE_CHECKING:
    from workers.composition import Services


act_as(Actor("user:tester"))  # before any loop is made, so that every test acts as somebody


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for a state folder, which the service user can reach, with a path short enough for sockets."""
    parent = Path(tempfile.mkdtemp(prefix="ms-", dir="/tmp"))
    parent.chmod(0o711)
    yield parent
    shutil.rmtree(parent)


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
    """The embedded PostgreSQL, running and without a schema; yields the state folder its URLs come from.

    It does not wait for the disk: a machine that loses its power keeps nothing of a test anyway.
    """
    await embedded_postgres.prepare(home, service_user())
    async for _ in _running(Child(embedded_postgres.program(home, service_user()))):
        connection = await asyncpg.connect(embedded_urls.postgres_url(home, embedded_urls.SUPERUSER))
        await connection.execute("ALTER SYSTEM SET fsync = off")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()
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


@pytest.fixture(scope="session")
async def eraser(postgres: Settings, valkey: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Leaves no row, no key, no upload on its way and no anchor, over connections that stay: most tests begin so."""
    connection = await asyncpg.connect(embedded_urls.postgres_url(postgres.home, embedded_urls.SUPERUSER))
    client = redis.Redis.from_url(valkey)

    async def erase() -> None:
        for folder in ("incoming", "anchors"):
            shutil.rmtree(postgres.home / folder, ignore_errors=True)
        (postgres.home / "anchoring.json").unlink(missing_ok=True)
        await connection.execute(_ERASE)
        await client.flushall()

    yield erase
    await client.aclose()
    await connection.close()


@pytest.fixture
async def emptied(eraser: Callable[[], Awaitable[None]]) -> None:
    """No row, no key, no upload on its way and no anchor left by the test before."""
    await eraser()


@pytest.fixture
async def services(emptied: None, postgres: Settings) -> AsyncIterator[Services]:
    """Everything composed as in production, on empty tables."""
    from workers.composition import compose  # noqa: PLC0415  # heavy, and only for tests that want it

    composed = compose(postgres)
    yield composed
    await composed.close()


# Few rows in few of very many partitions: faster than TRUNCATE, which makes every file anew, and than asking them all.
# As a replica, since append-only tables refuse otherwise.
_ERASE = """
DO $$
DECLARE
    place regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR place IN
        SELECT oid FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'audit'::regnamespace)
        AND relkind = 'r' AND relname NOT IN ('alembic_version', 'heads', 'followed') AND pg_relation_size(oid) > 0
    LOOP
        EXECUTE format('DELETE FROM %s', place);
    END LOOP;
    UPDATE audit.heads SET position = 0, hash = decode(repeat('00', 32), 'hex') WHERE position > 0;
END
$$
"""


async def _running(child: Child) -> AsyncIterator[None]:
    await child.start()
    try:
        await child.until_ready()
        yield
    finally:
        await child.stop()
