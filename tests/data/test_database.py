"""Connections come back by themselves after the server has dropped them, and belong to one process."""

from __future__ import annotations

import asyncio
import os
import socket

import pytest
from sqlalchemy import SmallInteger, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from data import embedded_urls
from data.database import Database
from data.outage import is_away
from data.settings import Settings
from data.urls import app_url


async def backend(database: Database, *, planned_once: bool = False) -> int:
    async with database.session(planned_once=planned_once) as session:
        return int(await session.scalar(text("SELECT pg_backend_pid()")) or 0)


async def terminate(settings: Settings, pid: int) -> None:
    superuser = Database(embedded_urls.postgres_url(settings.home, embedded_urls.SUPERUSER))
    async with superuser.session() as session:
        await session.execute(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": pid})
    await superuser.close()


@pytest.mark.parametrize("planned_once", [True, False])
async def test_a_connection_the_server_has_closed_is_replaced(
    database: Database, postgres: Settings, planned_once: bool
) -> None:
    first = await backend(database, planned_once=planned_once)
    await terminate(postgres, first)
    assert await backend(database, planned_once=planned_once) != first


async def test_what_is_planned_once_has_connections_of_its_own(database: Database) -> None:
    mode, backends = text("SHOW plan_cache_mode"), set()
    for planned_once, expected in ((True, "force_generic_plan"), (False, "auto")):
        async with database.session(planned_once=planned_once) as session:
            assert await session.scalar(mode) == expected
        async with database.unit_of_work(planned_once=planned_once) as work:
            assert await work.session.scalar(mode) == expected
        backends.add(await backend(database, planned_once=planned_once))
    assert len(backends) == 2


async def test_closing_closes_every_connection(database: Database, postgres: Settings) -> None:
    pids = [await backend(database, planned_once=planned_once) for planned_once in (True, False)]
    await database.close()
    other = Database(app_url(postgres))
    alive = text("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(:pids)")
    async with other.session() as session:
        for _ in range(100):
            left = await session.scalar(alive, {"pids": pids})
            if not left:
                break
            await asyncio.sleep(0.05)
    assert left == 0
    await other.close()


async def test_a_transaction_the_server_has_ended_is_lost_whole(database: Database, postgres: Settings) -> None:
    async with database.unit_of_work() as work:
        await work.plant.station_id(None)
        await terminate(postgres, int(await work.session.scalar(text("SELECT pg_backend_pid()")) or 0))
        with pytest.raises(DBAPIError):
            await work.plant.station_id("bench")
    async with database.session() as session:
        assert await session.scalar(text("SELECT count(*) FROM stations")) == 0


async def test_composing_connects_to_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        database = Database(f"postgresql://nobody@127.0.0.1:{server.getsockname()[1]}/none")
        assert isinstance(database.engine, AsyncEngine)
        with pytest.raises(BlockingIOError):  # nobody has knocked
            server.accept()
        await database.close()


async def test_a_server_that_is_away_is_an_error_of_the_connection() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(OSError, match="Connect"):
        await backend(database)
    await database.close()


async def test_a_closed_database_opens_again(database: Database) -> None:
    first = await backend(database)
    await database.close()
    assert await backend(database) != first


async def test_sessions_speak_utc_and_say_who_they_are(postgres: Settings) -> None:
    database = Database(app_url(postgres), name="marksight worker 1")
    async with database.session() as session:
        assert await session.scalar(text("SHOW timezone")) == "UTC"
        assert await session.scalar(text("SHOW application_name")) == "marksight worker 1"
    await database.close()


async def test_a_forked_child_gets_connections_of_its_own(database: Database) -> None:
    mine = await backend(database)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"same" if database._engine is database.engine else b"own")
        os._exit(0)
    await asyncio.to_thread(os.waitpid, child, 0)
    assert os.read(reader, 10) == b"own"
    os.close(reader)
    os.close(writer)
    assert await backend(database) == mine


async def test_a_server_that_does_not_answer_is_not_waited_for_for_ever(postgres: Settings) -> None:
    database = Database(app_url(postgres), answer_s=0.2)
    async with database.session() as session:
        with pytest.raises(TimeoutError) as caught:
            await session.scalar(text("SELECT pg_sleep(60)"))
    assert is_away(caught.value)
    assert await backend(database)
    await database.close()


async def test_a_value_that_cannot_be_sent_is_no_outage(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(DBAPIError) as caught:
            await session.scalar(select(literal(99_999, SmallInteger)))
    assert not is_away(caught.value)


async def test_connections_are_counted_by_whether_they_are_in_use(database: Database) -> None:
    assert database.connections() == (0, 0)
    async with database.session() as session, database.session(planned_once=True) as other:
        await session.scalar(text("SELECT 1"))
        await other.scalar(text("SELECT 1"))
        assert database.connections() == (2, 0)
    assert database.connections() == (0, 2)
    await database.close()
    assert database.connections() == (0, 0)
