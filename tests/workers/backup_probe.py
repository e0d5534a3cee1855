"""What tests of backups stand on: an installation with something of everything, and what it holds, row for row."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from data.backup_folder import BackupFolder
from data.backup_manifest import Manifest
from data.ids import IdMaker
from data.settings import Settings
from data.store import key_of, open_store
from data.urls import store_url
from tests.workers.anchor_probe import lots
from tests.workers.queue_probe import picture, take_in
from tests.workers.run_probe import pictures, stored_run, zipped
from workers.anchoring import anchor
from workers.backing_up import BackedUp, back_up
from workers.composition import Services
from workers.first_admin import ensure_first_admin
from workers.inspecting import inspect_batch
from workers.opening import open_files
from workers.outbox import next_batch
from workers.spool import Key, Record

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)

TABLES = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'audit') AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""
ROWS = "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {} AS t"

SIGN_IN = """
INSERT INTO sign_ins (id, user_id, digest, address, user_agent, last_seen_at, expires_at)
SELECT gen_random_uuid(), id, sha256('x'), '', '', now(), now() + interval '1 day' FROM users
"""


def silent(what: str, done: int, total: int) -> None:
    """Nobody looks on."""


async def worked(services: Services) -> None:
    """Let there be something of everything: judged and waiting parts, runs, lots, an open link, anchors, the spool."""
    await take_in(services, 3)
    batch_id = await next_batch(services)
    assert batch_id is not None
    await inspect_batch(services, batch_id)
    await stored_run(services, {"lot.zip": zipped(pictures(2)), "a.png": picture(), "bad.txt": b"words"})
    await open_files(services)
    await lots(services, 3)
    await ensure_first_admin(services)
    await anchor(services)
    await take_in(services, 2)
    await spooled(services)


async def spooled(services: Services) -> Record:
    """A picture that came while the database was away."""
    address = await services.store.put(picture())
    said = {"addresses": [address]}
    record = Record(IdMaker()(), NOW, NOW, 10, said, Key("plc", "k", "d"))
    services.spool.add(record)
    return record


async def backed_up(services: Services, root: Path) -> tuple[BackupFolder, BackedUp]:
    folder = BackupFolder.make(root)
    return folder, await back_up(services, folder, silent)


async def held(url: str, *, but: set[str] = frozenset()) -> dict[str, str]:  # type: ignore[assignment]
    """How many rows each table of a database has, and a digest of all that is in them."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET timezone = 'UTC'")
        names = [row[0] for row in await connection.fetch(TABLES) if row[0] not in but]
        return {name: await connection.fetchval(ROWS.format(name)) for name in names}
    finally:
        await connection.close()


async def pictures_of(settings: Settings) -> dict[str, bytes]:
    """Every picture in the store of an installation, by its address."""
    store = open_store(store_url(settings))
    return {blob.address: await store.get(blob.address) async for blob in store.addresses()}


def damage_all(folder: BackupFolder, manifest: Manifest) -> None:
    """Change a byte of every picture among the backups that is no anchor and no file of the state folder."""
    beside = {*manifest.anchors.values(), *manifest.files.values()}
    for address in set(folder.blobs.addresses()) - beside:
        path = folder.blobs.path(address)
        path.write_bytes(path.read_bytes()[:-1] + b"?")


def store_path(settings: Settings, address: str) -> Path:
    return Path((settings.store_url or f"{settings.home}/store").removeprefix("file://")) / key_of(address)


def gone(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
