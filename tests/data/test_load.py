"""Rows come back as they were, past the triggers and not past the rules; what does not fit undoes everything."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from data import embedded_urls, load
from data.backup_manifest import KeptTable
from data.database import Database
from data.dump import dump, months
from data.errors import BackupDamaged, BackupError
from data.migrate import migrating, upgrade_within
from data.settings import Settings
from data.urls import app_url
from tests.data.conftest import Scratch
from tests.data.rows import judged, published
from tests.workers.backup_probe import held

Kept = tuple[tuple[tuple[KeptTable, Path], ...], tuple[str, ...]]

DIFFERENT = {"public.sign_ins", "public.sign_in_failures"}


@pytest.fixture
async def kept(database: Database, postgres: Settings, tmp_path: Path) -> Kept:
    """The rows of a small installation."""
    await judged(database)
    await published(database)
    connection = await asyncpg.connect(app_url(postgres))
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            tables = await dump(connection, tmp_path, lambda _: None)
            return tuple((table, tmp_path / table.kept.file) for table in tables), await months(connection)
    finally:
        await connection.close()


@asynccontextmanager
async def fresh(scratch: Scratch) -> AsyncIterator[Any]:
    """asyncpg's connection in the transaction of a migration that was just done."""
    async with migrating(scratch.owner_url) as connection:
        await upgrade_within(connection, app_role=embedded_urls.APP_ROLE)
        yield (await connection.get_raw_connection()).driver_connection


def silent(title: str, rows: int) -> None:
    """Nobody looks on."""


async def test_rows_come_back_as_they_were_and_as_guarded_as_before(
    kept: Kept, scratch: Scratch, postgres: Settings
) -> None:
    heard: dict[str, int] = {}
    async with fresh(scratch) as raw:
        assert await load.is_empty(raw)
        await load.load(raw, *kept, heard.__setitem__)
        assert not await load.is_empty(raw)
    superuser = embedded_urls.postgres_url(postgres.home, embedded_urls.SUPERUSER)
    assert await held(scratch.superuser_url, but=DIFFERENT) == await held(superuser, but=DIFFERENT)
    assert heard == {table.title: table.rows for table, _ in kept[0] if table.rows}
    await is_guarded(scratch)


async def is_guarded(scratch: Scratch) -> None:
    """Triggers are on again, rules hold, and the trail goes on behind its last entry."""
    owner = await asyncpg.connect(scratch.owner_url)
    try:
        off = "SELECT tgrelid::regclass::text || ' ' || tgname FROM pg_trigger WHERE tgenabled <> 'O'"
        assert await owner.fetch(off) == []
        with pytest.raises(asyncpg.RestrictViolationError, match="a result never changes"):
            await owner.execute("UPDATE results SET score = 1")
        with pytest.raises(asyncpg.RestrictViolationError, match="without an actor"):
            await owner.execute("INSERT INTO sites (id, name) VALUES (gen_random_uuid(), 'x')")
        last = await owner.fetchval("SELECT max(id) FROM audit.entries")
        await owner.execute("SELECT set_config('marksight.actor', 'user:x', false)")
        await owner.execute("INSERT INTO sites (id, name) VALUES (gen_random_uuid(), 'x')")
        assert await owner.fetchval("SELECT max(id) FROM audit.entries") == last + 1
    finally:
        await owner.close()


async def test_pieces_of_a_few_rows_make_the_whole_and_months_of_long_ago_get_their_partitions(
    kept: Kept, scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "PIECE_BYTES", 64)
    async with fresh(scratch) as raw:
        await load.load(raw, kept[0], ("2019-02", *kept[1]), silent)
        assert await raw.fetchval("SELECT to_regclass('results_y2019m02') IS NOT NULL")
        entries = next(table.rows for table, _ in kept[0] if table.title == "audit.entries")
        assert await raw.fetchval("SELECT count(*) FROM audit.entries") == entries > 5


def fewer(tables: tuple[tuple[KeptTable, Path], ...]) -> tuple[tuple[KeptTable, Path], ...]:
    return tuple((replace(table, rows=table.rows + 1), path) for table, path in tables)


def without_a_table(tables: tuple[tuple[KeptTable, Path], ...]) -> tuple[tuple[KeptTable, Path], ...]:
    return tables[1:]


def with_another_column(tables: tuple[tuple[KeptTable, Path], ...]) -> tuple[tuple[KeptTable, Path], ...]:
    return tuple((replace(table, columns=(*table.columns, "taste")), path) for table, path in tables)


def without_what_is_referred_to(tables: tuple[tuple[KeptTable, Path], ...]) -> tuple[tuple[KeptTable, Path], ...]:
    empty = next(path for table, path in tables if not table.rows)
    return tuple((replace(each, rows=0), empty) if each.name == "units" else (each, path) for each, path in tables)


UNFIT = {
    "fewer rows than the manifest says": (fewer, BackupDamaged, "its manifest says"),
    "a table is missing": (without_a_table, BackupError, "not those of its revision"),
    "another column": (with_another_column, BackupError, "not those of its revision"),
    "a row that refers to none": (without_what_is_referred_to, BackupDamaged, "cannot be put back into"),
}


async def test_what_does_not_fit_undoes_everything(kept: Kept, scratch: Scratch) -> None:
    async with fresh(scratch) as raw:
        for what, (change, kind, words) in UNFIT.items():
            with pytest.raises(kind, match=words):
                async with raw.transaction():
                    await load.load(raw, change(kept[0]), kept[1], silent)
            assert await load.is_empty(raw), what
        await load.load(raw, *kept, silent)


async def test_a_file_that_is_cut_short_or_none_is_told(tmp_path: Path) -> None:
    for data, words in ((gzip.compress(b"a\nb"), "does not end"), (b"none", "cannot be read")):
        (tmp_path / "rows").write_bytes(data)
        with pytest.raises(BackupDamaged, match=words):
            list(load._pieces(tmp_path / "rows"))
