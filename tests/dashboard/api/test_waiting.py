"""Waiting for verdicts: told by the database, looking now and then where that is missed, never past the deadline."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import asyncpg
import pytest

from dashboard.api.waiting import ResultFeed
from data import embedded_urls
from data.channels import CHANNELS, RESULTS
from data.listening import Listener
from data.settings import Settings
from tests.gate import Gate

ONE, OTHER = UUID(int=1), UUID(int=2)
NEVER_S = 10_000.0


class Rows:
    """What the database would say: which inspections are done, and how often it was asked."""

    def __init__(self) -> None:
        self.done: set[UUID] = set()
        self.asked = 0
        self.was_asked = asyncio.Event()

    async def look(self, inspection_id: UUID = ONE) -> UUID | None:
        self.asked += 1
        self.was_asked.set()
        return inspection_id if inspection_id in self.done else None


@pytest.fixture
async def rows() -> Rows:
    return Rows()


@pytest.fixture
async def teller(postgres: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(embedded_urls.database_url(postgres.home))
    yield connection
    await connection.close()


@pytest.fixture
async def feed(postgres: Settings) -> AsyncIterator[ResultFeed]:
    """A feed that never looks by itself, so that only being told can end a wait."""
    async with listening(embedded_urls.database_url(postgres.home), look_s=NEVER_S) as feed:
        yield feed


@asynccontextmanager
async def listening(url: str, *, look_s: float) -> AsyncIterator[ResultFeed]:
    listener = Listener(lambda: url, CHANNELS)
    feed = ResultFeed(listener, look_s=look_s)
    with feed.following():
        async with listener.listening():
            if look_s == NEVER_S:
                await asyncio.wait_for(listener.connected.wait(), 20)
            yield feed


async def tell(teller: asyncpg.Connection, inspection_id: UUID) -> None:
    payload = json.dumps({"inspection_id": str(inspection_id), "verdict": "pass"})
    await teller.execute("SELECT pg_notify($1, $2)", RESULTS, payload)


async def test_what_is_done_already_is_not_waited_for(feed: ResultFeed, rows: Rows) -> None:
    rows.done.add(ONE)
    assert await feed.until(ONE, rows.look, NEVER_S) == ONE
    assert rows.asked == 1


async def test_it_looks_soon_and_not_at_once(feed: ResultFeed, rows: Rows) -> None:
    rows.done.add(ONE)
    waiting = asyncio.create_task(feed.until(ONE, rows.look, NEVER_S))
    for _ in range(5):
        await asyncio.sleep(0)
    assert rows.asked == 0
    assert await asyncio.wait_for(waiting, 20) == ONE


async def test_a_notification_ends_the_wait(feed: ResultFeed, rows: Rows, teller: asyncpg.Connection) -> None:
    waiting = asyncio.create_task(feed.until(ONE, rows.look, NEVER_S))
    await rows.was_asked.wait()
    rows.done.add(ONE)
    await tell(teller, ONE)
    assert await asyncio.wait_for(waiting, 20) == ONE


async def test_a_notification_about_another_does_not(feed: ResultFeed, rows: Rows, teller: asyncpg.Connection) -> None:
    waiting = asyncio.create_task(feed.until(ONE, rows.look, NEVER_S))
    other = asyncio.create_task(feed.until(OTHER, lambda: rows.look(OTHER), NEVER_S))
    await rows.was_asked.wait()
    rows.done |= {ONE, OTHER}
    await tell(teller, OTHER)
    assert await asyncio.wait_for(other, 20) == OTHER
    assert not waiting.done()
    await tell(teller, ONE)
    assert await asyncio.wait_for(waiting, 20) == ONE


@pytest.mark.parametrize("payload", ["", "no JSON", "[]", "{}", '{"inspection_id": "no id"}', '{"inspection_id": 7}'])
async def test_a_notification_that_names_none_lets_everybody_look(
    feed: ResultFeed, rows: Rows, teller: asyncpg.Connection, payload: str
) -> None:
    waiting = asyncio.create_task(feed.until(ONE, rows.look, NEVER_S))
    await rows.was_asked.wait()
    rows.done.add(ONE)
    await teller.execute("SELECT pg_notify($1, $2)", RESULTS, payload)
    assert await asyncio.wait_for(waiting, 20) == ONE


async def test_all_who_wait_for_one_are_told(feed: ResultFeed, rows: Rows, teller: asyncpg.Connection) -> None:
    waiting = [asyncio.create_task(feed.until(ONE, rows.look, NEVER_S)) for _ in range(20)]
    while rows.asked < len(waiting):  # noqa: ASYNC110 - each of them asks once
        await asyncio.sleep(0)
    rows.done.add(ONE)
    await tell(teller, ONE)
    assert await asyncio.wait_for(asyncio.gather(*waiting), 20) == [ONE] * 20


@pytest.mark.parametrize("timeout_s", [0.0, 0.05])
async def test_nobody_waits_past_the_deadline(feed: ResultFeed, rows: Rows, timeout_s: float) -> None:
    assert await feed.until(ONE, rows.look, timeout_s) is None


async def test_a_question_that_hangs_ends_at_the_deadline_too(feed: ResultFeed) -> None:
    async def hangs() -> UUID:
        await asyncio.sleep(NEVER_S)
        return ONE

    assert await feed.until(ONE, hangs, 0.05) is None


async def test_who_has_waited_is_forgotten(feed: ResultFeed, rows: Rows) -> None:
    await feed.until(ONE, rows.look, 0.01)
    assert feed.waiting == 0


async def test_without_a_connection_it_looks_by_itself(rows: Rows) -> None:
    async with listening("postgresql://nobody@/nothing?host=/nowhere", look_s=0.01) as feed:
        waiting = asyncio.create_task(feed.until(ONE, rows.look, NEVER_S))
        await rows.was_asked.wait()
        rows.done.add(ONE)
        assert await asyncio.wait_for(waiting, 20) == ONE


async def test_after_a_lost_connection_everybody_looks_and_is_told_again(
    postgres: Settings, rows: Rows, teller: asyncpg.Connection, tmp_path: Path
) -> None:
    socket = embedded_urls.postgres_socket(postgres.home)
    gate = Gate(tmp_path / socket.name, socket)
    await gate.open()
    url = embedded_urls.database_url(postgres.home).partition("?")[0] + f"?host={quote(str(tmp_path), safe='')}"
    async with listening(url, look_s=NEVER_S) as feed:
        waiting = asyncio.create_task(feed.until(ONE, rows.look, NEVER_S))
        await rows.was_asked.wait()
        await gate.close()
        rows.done.add(ONE)
        await tell(teller, ONE)  # missed
        await gate.open()
        assert await asyncio.wait_for(waiting, 20) == ONE
    await gate.close()


async def test_when_the_server_stops_nobody_waits_any_longer(feed: ResultFeed, rows: Rows) -> None:
    waiting = asyncio.create_task(feed.until(ONE, rows.look, NEVER_S))
    await rows.was_asked.wait()
    feed.end()
    assert await asyncio.wait_for(waiting, 20) is None
    assert await feed.until(OTHER, rows.look, NEVER_S) is None
