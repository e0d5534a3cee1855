"""What the tests of `data` stand on: the application's database, and one nobody has migrated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from data import embedded_urls
from data.channels import RESULTS
from data.database import Database
from data.settings import Settings
from data.urls import app_url

SCRATCH = "scratch"


@dataclass(frozen=True)
class Scratch:
    """A database without a schema, as three roles see it."""

    owner_url: str
    app_url: str
    superuser_url: str


@pytest.fixture
async def database(emptied: None, postgres: Settings) -> AsyncIterator[Database]:
    """The migrated database with empty tables, as the application's role."""
    made = Database(app_url(postgres))
    yield made
    await made.close()


@pytest.fixture
async def heard(emptied: None, postgres: Settings) -> AsyncIterator[asyncio.Queue[str]]:
    """What was told on the results' channel since the test began."""
    payloads: asyncio.Queue[str] = asyncio.Queue()
    connection = await asyncpg.connect(app_url(postgres))
    await connection.add_listener(RESULTS, lambda *told: payloads.put_nowait(told[3]))
    yield payloads
    await connection.close()


@pytest.fixture
async def scratch(empty_postgres: Path) -> AsyncIterator[Scratch]:
    """A database of its own, which only this test sees."""
    superuser = embedded_urls.postgres_url(empty_postgres, embedded_urls.SUPERUSER)
    connection = await asyncpg.connect(superuser)
    await connection.execute(f"DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {SCRATCH} OWNER {embedded_urls.OWNER_ROLE}")
    roles = (embedded_urls.OWNER_ROLE, embedded_urls.APP_ROLE, embedded_urls.SUPERUSER)
    yield Scratch(*(embedded_urls.postgres_url(empty_postgres, role, SCRATCH) for role in roles))
    await connection.execute(f"DROP DATABASE {SCRATCH} WITH (FORCE)")
    await connection.close()
