"""Backing up: the database as of one moment, every byte that its rows name, the anchors, and what is spooled here.

1. What moves on is read before what it moves into: anchors before the database, which none of them may be ahead of; the
   spool before the database too, into which its records go. A record that is in both is written once all the same.
2. Bytes are in the image store before a row names them, and nobody removes any while a backup is made
   (`data.holding_off`): so what the rows of one moment name can be copied at leisure.
3. Each byte is hashed while it is copied. What the store lacks, or has damaged, is named and listed, and the rest is
   backed up: a backup with a gap is better than none.
4. Bytes that lie among the backups are not copied again, so a run that was cut off is gone on with by running it again.
   Rows are read anew: they must be of one moment.
5. Nothing is written but to the folder of backups.
"""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text

from data.anchors import open_place
from data.backup_folder import LIST, BackupFolder
from data.backup_manifest import KeptTable, Lacking, Manifest, Origin
from data.database import Database
from data.dump import Written, dump, months
from data.errors import BackupError, BlobDamaged, BlobMissing, StoreError
from data.holding_off import removal_held_off
from data.outage import AWAY, is_away
from data.queries import audit_source
from data.settings import Settings
from data.store import ImageStore
from data.urls import anchor_url, app_url
from workers import anchor_notes
from workers.abreast import abreast
from workers.composition import Services

Tell = Callable[[str, int, int], None]
"""Hears what is being done, and how much of how much of it is; of 0 where that is not known."""

DATABASE_S = 24 * 3600.0
NAMED = "named.txt"
MOST_UNREADABLE = 20
"""So many bytes that lie there and cannot be read are named; with more, the store itself is away."""

LEFT_OUT = (
    "secrets/: the passwords of the bundled database and queue, which a new state folder makes for itself",
    "the environment and .env: settings, of which those that are not secret are noted in the manifest",
    "incoming/: uploads that had not come whole, whose senders send them again",
    "valkey/: the queue, which is made anew from the database",
    "logs/",
    "watched folders: what was not taken lies there still, and what was is in the image store",
)
"""What of an installation no backup holds."""

_NAMED = (("images", "sha256", "byte_count"), ("images", "thumbnail", "NULL"), ("run_files", "sha256", "byte_count"))
_COLUMNS = "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'"


@dataclass(frozen=True)
class BackedUp:
    """What came of a backup: its name, its manifest and the SHA-256 of that, and what was copied beside the rows."""

    name: str
    manifest: Manifest
    sha256: str
    copied: int
    copied_bytes: int


@dataclass
class _Rows:
    """What was read from the database, and where the addresses that its rows name were written."""

    made_at: datetime
    origin: Origin
    tables: tuple[KeptTable, ...]
    months: tuple[str, ...]
    named: Path


@dataclass
class _Copied:
    """What became of the bytes so far."""

    count: int = 0
    byte_count: int = 0
    copied: int = 0
    copied_bytes: int = 0
    unreadable: int = 0
    lacking: list[Lacking] = field(default_factory=list)


async def back_up(services: Services, folder: BackupFolder, tell: Tell) -> BackedUp:
    """Make a backup, and return what came of it; bytes that the store lacks are in its manifest.

    Raises:
        BackupFull: there is no room; run it again once there is.
        BackupError: it cannot be made, or another one is being made.
        MigrationFailed: the database cannot be reached.
        AnchorError: the anchors cannot be read.
        StoreError: the image store is away.
    """
    with folder.locked(alone=True):
        async with removal_held_off(app_url(services.settings)):
            unfinished = folder.begin()
            beside: dict[str, int] = {}
            anchors = await _anchors(services, folder, beside)
            files, spooled = await _spooled(services, folder, beside)
            rows = await _rows(services.settings, unfinished, tell)
            wanted = _wanted(rows.named, beside, spooled)
            copied = await _copy(services.store, folder, unfinished / LIST, wanted, tell=tell)
        values, secrets = _settings(services.settings)
        manifest = Manifest(
            made_at=rows.made_at,
            origin=rows.origin,
            tables=rows.tables,
            months=rows.months,
            blobs=copied[1].kept,
            blob_count=copied[0].count,
            blob_bytes=copied[0].byte_count,
            lacking=tuple(copied[0].lacking),
            anchors=anchors,
            files=files,
            settings=values,
            secrets=secrets,
            left_out=LEFT_OUT,
        )
        rows.named.unlink()
        name = await asyncio.to_thread(folder.finish, unfinished, manifest)
        return BackedUp(name, manifest, folder.digest(name), copied[0].copied, copied[0].copied_bytes)


async def _anchors(services: Services, folder: BackupFolder, beside: dict[str, int]) -> dict[int, str]:
    place = open_place(anchor_url(services.settings))

    async def one(number: int) -> str:
        return await _kept(folder, await place.read(number), beside)

    return {number: address async for number, address in abreast(iter(await place.numbers()), one)}


async def _spooled(services: Services, folder: BackupFolder, beside: dict[str, int]) -> tuple[dict[str, str], set[str]]:
    """Keep what the spool and the notes of anchors are; return them by their paths, and what the spool names."""
    home, files = services.settings.home, {}
    for path in (anchor_notes.notes_file(home), *sorted((home / "spool").rglob("*.json"))):
        try:
            data = await asyncio.to_thread(path.read_bytes) if not path.name.startswith(".") else None
        except FileNotFoundError:  # it was written to the database meanwhile, which is read after this
            continue
        except OSError as error:
            raise BackupError(f"{path} cannot be read: {error.strerror or error}.") from error
        if data is not None:
            files[str(path.relative_to(home))] = await _kept(folder, data, beside)
    return files, await asyncio.to_thread(services.spool.addresses)


async def _kept(folder: BackupFolder, data: bytes, beside: dict[str, int]) -> str:
    async def once() -> AsyncIterator[bytes]:
        yield data

    address = hashlib.sha256(data).hexdigest()
    if not folder.blobs.holds(address, len(data)):
        await folder.blobs.keep(address, once())
    beside[address] = len(data)
    return address


async def _rows(settings: Settings, unfinished: Path, tell: Tell) -> _Rows:
    """Read the whole database as of one moment."""
    database = Database(app_url(settings), name="marksight backup", answer_s=DATABASE_S)
    try:
        return await _read(database, unfinished, tell)
    except AWAY as error:
        if not is_away(error):
            raise
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BackupError(f"The database went away while it was read ({said}); run it again, it goes on.") from error
    finally:
        await database.close()


async def _read(database: Database, unfinished: Path, tell: Tell) -> _Rows:
    async with database.snapshot() as session:
        await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        source = await audit_source.source(session)
        connection: Any = (await (await session.connection()).get_raw_connection()).driver_connection
        made_at = await connection.fetchval("SELECT now()")
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
        server = await connection.fetchval("SHOW server_version")
        named = unfinished / NAMED
        await connection.copy_from_query(await _names(connection), output=named, format="text")
        tables = await dump(connection, unfinished, lambda title: tell(f"Table {title}", 0, 0))
        origin = Origin(version("marksight"), revision, source.database, source.system, server)
        return _Rows(made_at, origin, tables, await months(connection), named)


async def _names(connection: Any) -> str:
    """Return what reads every address that rows name, with its length where that is known, in order."""
    there = {row[0] for row in await connection.fetch(_COLUMNS)}
    each = " UNION ALL ".join(
        f"SELECT {column} AS digest, {size}::bigint AS size FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608
        for table, column, size in _NAMED
        if f"{table}.{column}" in there
    )
    return f"SELECT encode(digest, 'hex'), coalesce(max(size), -1) FROM ({each}) AS a GROUP BY digest ORDER BY digest"  # noqa: S608


def _wanted(named: Path, beside: Mapping[str, int], spooled: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield every address once, in order, with its length or -1."""
    with named.open(encoding="ascii") as lines:
        rows = ((address, int(size)) for address, size in (line.split() for line in lines))
        merged = heapq.merge(rows, sorted(beside.items()), sorted((address, -1) for address in spooled))
        for address, same in groupby(merged, key=lambda pair: pair[0]):
            yield address, max(size for _, size in same)


async def _copy(
    store: ImageStore, folder: BackupFolder, path: Path, wanted: Iterator[tuple[str, int]], *, tell: Tell
) -> tuple[_Copied, Written]:
    """Copy what the backups lack, and write the list of all there is."""
    so_far, listed = _Copied(), Written(path)
    total = await asyncio.to_thread(_count, path.with_name(NAMED))

    async def one(pair: tuple[str, int]) -> int:
        return await _copy_one(store, folder, so_far, *pair)

    with listed:
        async for (address, _), size in abreast(wanted, one):
            if size >= 0:
                listed.add_now(f"{address} {size}\n".encode())
                so_far.count += 1
                so_far.byte_count += size
            seen = so_far.count + len(so_far.lacking)
            tell("Pictures", seen, max(total, seen))
    return so_far, listed


def _count(named: Path) -> int:
    with named.open("rb") as lines:
        return sum(1 for _ in lines)


async def _copy_one(store: ImageStore, folder: BackupFolder, so_far: _Copied, address: str, size: int) -> int:
    """Return how many bytes lie at an address among the backups; -1 where the store has none that could."""
    if folder.blobs.holds(address, size if size >= 0 else None):
        return folder.blobs.path(address).stat().st_size
    try:
        byte_count = await folder.blobs.keep(address, store.stream(address))
    except (BlobMissing, BlobDamaged) as error:
        so_far.lacking.append(Lacking(address, str(error)))
        return -1
    except StoreError as error:
        so_far.unreadable += 1
        if so_far.unreadable > MOST_UNREADABLE:
            raise
        so_far.lacking.append(Lacking(address, str(error)))
        return -1
    so_far.copied += 1
    so_far.copied_bytes += byte_count
    return byte_count


def _settings(settings: Settings) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the settings that are not their defaults, and the names of those that are secret."""
    named = {name: getattr(settings, name) for name in sorted(settings.model_fields_set)}
    plain = settings.model_dump(mode="json")
    secrets = tuple(name for name, value in named.items() if isinstance(value, SecretStr))
    return {name: json.dumps(plain[name]) for name in named if name not in secrets}, secrets
