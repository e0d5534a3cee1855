"""Every table is kept but those that are named, in an order in which they can be filled, byte for byte."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from data.database import Database
from data.dump import LEFT_OUT, Written, dump, months, sources
from data.errors import BackupFull
from data.settings import Settings
from data.tables import metadata
from data.urls import app_url
from tests.data.rows import judged
from tests.disks import at_most


@pytest.fixture
async def connection(emptied: None, postgres: Settings) -> AsyncIterator[asyncpg.Connection]:
    made = await asyncpg.connect(app_url(postgres))
    yield made
    await made.close()


async def test_every_table_is_kept_but_those_that_are_named(connection: asyncpg.Connection) -> None:
    found = {each.title for each in await sources(connection)}
    there = {*metadata.tables, "alembic_version", "audit.entries", "audit.followed", "audit.heads"}
    assert set(LEFT_OUT) < there, "only what is there can be left out"
    assert found == there - set(LEFT_OUT)


async def test_a_table_comes_after_those_it_refers_to(connection: asyncpg.Connection) -> None:
    place = {each.title: number for number, each in enumerate(await sources(connection))}
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            other = key.column.table.name
            if other != table.name and {other, table.name} <= set(place):
                assert place[other] < place[table.name], f"{table.name} before {other}"


async def test_what_the_database_makes_by_itself_is_left_out(connection: asyncpg.Connection) -> None:
    (results,) = [each for each in await sources(connection) if each.name == "results"]
    assert "evidence" in results.columns
    assert "mark" not in results.columns


async def test_of_a_table_that_refers_to_itself_parents_come_first(connection: asyncpg.Connection) -> None:
    (files,) = [each for each in await sources(connection) if each.name == "run_files"]
    assert files.query.endswith("ORDER BY parent_id NULLS FIRST")


async def test_rows_are_written_whole_and_counted(
    database: Database, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    await judged(database)
    heard: list[str] = []
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        kept = {table.title: table for table in await dump(connection, tmp_path, heard.append)}
    assert heard == list(kept)
    assert (kept["results"].rows, kept["inspections"].rows, kept["lots"].rows) == (1, 1, 0)
    for table in kept.values():
        packed = (tmp_path / table.kept.file).read_bytes()
        assert (len(packed), hashlib.sha256(packed).hexdigest()) == (table.kept.byte_count, table.kept.sha256)
        assert gzip.decompress(packed).count(b"\n") == table.rows


async def test_it_sees_one_moment(database: Database, connection: asyncpg.Connection, tmp_path: Path) -> None:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.fetch("SELECT 1 FROM lots")
        await judged(database)
        kept = await dump(connection, tmp_path, lambda _: None)
    assert sum(table.rows for table in kept if table.title != "audit.heads") == 0


async def test_months_are_those_of_the_partitions(connection: asyncpg.Connection) -> None:
    found = await months(connection)
    assert len(found) >= 4
    assert all(len(month) == 7 and month[4] == "-" for month in found)
    assert list(found) == sorted(found)


async def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with at_most(1000), pytest.raises(BackupFull), Written(tmp_path / "rows") as written:
        await written.add(os.urandom(100_000))
