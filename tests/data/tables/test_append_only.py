"""What never changes does not change for its owner either: the triggers hold against every role."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from data.database import Database
from data.settings import Settings
from data.urls import owner_url
from tests.data.rows import judged, published


@pytest.fixture
async def owner(database: Database, postgres: Settings) -> AsyncIterator[asyncpg.Connection]:
    await judged(database, recipe_version_id=(await published(database)).version_id)
    connection = await asyncpg.connect(owner_url(postgres))
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE results SET verdict = 'fail'",
        "DELETE FROM results",
        "TRUNCATE results",
        "UPDATE recipe_versions SET comment = 'x'",
        "DELETE FROM recipe_versions",
        "TRUNCATE recipe_versions CASCADE",
    ],
)
async def test_the_owner_is_refused_too(owner: asyncpg.Connection, statement: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match=r"refused: a (result|published version) never changes"):
        await owner.execute(statement)


async def test_nor_through_a_partition(owner: asyncpg.Connection) -> None:
    partition = await owner.fetchval("SELECT tableoid::regclass::text FROM results")
    with pytest.raises(asyncpg.RestrictViolationError):
        await owner.execute(f"UPDATE {partition} SET score = 1")  # noqa: S608
