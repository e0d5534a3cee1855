"""The alarm rings when the database says so, and after every break of the line."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from data import embedded_urls
from workers.wake import Wake

CHANNEL = "marksight_probe"
SOON_S = 30.0
NEVER_S = 0.05


@pytest.fixture
def url(empty_postgres: Path) -> str:
    return embedded_urls.database_url(empty_postgres)


async def _do(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def test_it_rings_once_when_it_begins_to_listen(url: str) -> None:
    """What was said before nobody heard: so look."""
    wake = Wake(url, [CHANNEL])
    async with wake.listening():
        assert await wake.within(SOON_S)
        assert not await wake.within(NEVER_S)


async def test_a_notification_rings_and_many_ring_once(url: str) -> None:
    wake = Wake(url, [CHANNEL])
    async with wake.listening():
        await wake.within(SOON_S)
        await _do(url, f"NOTIFY {CHANNEL}, '1'; NOTIFY {CHANNEL}, '2'")
        assert await wake.within(SOON_S)
        assert not await wake.within(NEVER_S)


async def test_other_channels_do_not_ring(url: str) -> None:
    wake = Wake(url, [CHANNEL])
    async with wake.listening():
        await wake.within(SOON_S)
        await _do(url, "NOTIFY marksight_other")
        assert not await wake.within(NEVER_S)


async def test_a_broken_line_is_made_again_and_rings(url: str) -> None:
    wake = Wake(url, [CHANNEL])
    async with wake.listening():
        await wake.within(SOON_S)
        await _do(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        assert await wake.within(SOON_S)
        await _do(url, f"NOTIFY {CHANNEL}")
        assert await wake.within(SOON_S)


async def test_without_a_database_it_only_waits(tmp_path: Path) -> None:
    wake = Wake(f"postgresql://a:b@/c?host={tmp_path}", [CHANNEL])
    async with wake.listening():
        assert not await wake.within(NEVER_S)


async def test_sqlalchemys_form_of_the_url_is_understood(url: str) -> None:
    wake = Wake(url.replace("postgresql:", "postgresql+asyncpg:"), [CHANNEL])
    async with wake.listening():
        assert await wake.within(SOON_S)
