"""The rows of the database as of one moment, each table in a compressed file of its own.

1. Everything is read in one transaction that sees one moment (`Database.snapshot`), as the application's role, which
   may read all that is kept. No program of PostgreSQL's is needed, and none of its version.
2. Rows are kept in the text form of `COPY`, in fixed formats of times and numbers: any PostgreSQL reads them. Columns
   that the database makes by itself are left out.
3. Tables are found in the catalogue: a new one is kept without anybody naming it. What is left out is named here.
4. A table comes after those that it refers to, and of one that refers to itself first the rows that refer to none.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, BinaryIO

from data.backup_blobs import told
from data.backup_manifest import KeptFile, KeptTable
from data.errors import BackupError

LEFT_OUT = {
    "alembic_version": "the schema is made anew at its revision",
    "sign_ins": "who is signed in: whoever was signed out since would be in again",
    "sign_in_failures": "kept for a day, to slow down who guesses",
    "audit.followed": "made with the schema",
}
"""Tables that no backup holds, and why."""

LEVEL = 3
GZIP = 31
"""What zlib calls a stream with gzip's own head."""

FORMATS = """
SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'iso_8601'; SET LOCAL timezone = 'UTC';
SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL client_encoding = 'UTF8'
"""

_TABLES = """
SELECT c.oid, n.nspname AS schema, c.relname AS name,
       (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
       (SELECT array_agg(DISTINCT k.confrelid) FROM pg_constraint k
        WHERE k.conrelid = c.oid AND k.contype = 'f') AS refers,
       (SELECT array_agg(a.attname::text) FROM pg_constraint k
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
        WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid = c.oid) AS itself
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'audit') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname
"""

_MONTHS = r"""
SELECT DISTINCT regexp_replace(relname, '^.*_y(\d{4})m(\d\d)$', '\1-\2') FROM pg_class
WHERE relispartition AND relnamespace = 'public'::regnamespace AND relname ~ '_y\d{4}m\d\d$' ORDER BY 1
"""


@dataclass(frozen=True)
class Source:
    """A table as the catalogue has it; `itself` are the columns by which its rows refer to others of its own."""

    schema: str
    name: str
    columns: tuple[str, ...]
    itself: tuple[str, ...]

    @property
    def title(self) -> str:
        """How `LEFT_OUT` and messages call it."""
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"

    @property
    def query(self) -> str:
        """What reads its rows."""
        order = f" ORDER BY {', '.join(f'{each} NULLS FIRST' for each in self.itself)}" if self.itself else ""
        columns = ", ".join(map(quoted, self.columns))
        return f"SELECT {columns} FROM {quoted(self.schema)}.{quoted(self.name)}{order}"  # noqa: S608 - from the catalogue


async def sources(connection: Any) -> list[Source]:
    """Return the tables there are, in an order in which they can be filled."""
    rows = {row["oid"]: row for row in await connection.fetch(_TABLES)}
    refers = {oid: {each for each in row["refers"] or () if each in rows and each != oid} for oid, row in rows.items()}
    ordered = [rows[oid] for oid in TopologicalSorter(refers).static_order()]
    found = [Source(row["schema"], row["name"], tuple(row["columns"]), tuple(row["itself"] or ())) for row in ordered]
    return [each for each in found if each.title not in LEFT_OUT]


async def months(connection: Any) -> tuple[str, ...]:
    """Return the months, as `2026-11`, that have partitions."""
    return tuple(row[0] for row in await connection.fetch(_MONTHS))


async def dump(connection: Any, folder: Path, tell: Callable[[str], None]) -> tuple[KeptTable, ...]:
    """Write every table to a file of its own in `folder`; `tell` hears the name of each before.

    `connection` is asyncpg's, in a transaction that sees one moment.

    Raises:
        BackupFull: there is no room.
        BackupError: they cannot be written.
    """
    await connection.execute(FORMATS)
    kept = []
    for source in await sources(connection):
        tell(source.title)
        written = Written(folder / f"{source.schema}.{source.name}.copy.gz")
        with written:
            said = await connection.copy_from_query(source.query, output=written.add, format="text")
        kept.append(KeptTable(source.schema, source.name, source.columns, _count(said), written.kept))
    return tuple(kept)


class Written:
    """A compressed file as it is written; on the disk itself, and `kept`, when the context ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._packing = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        self._digest = hashlib.sha256()
        self._byte_count = 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> Written:
        with told(self._path.parent):
            self._file = self._path.open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._file is not None  # noqa: S101 - opened above
        with told(self._path.parent), self._file:
            self._write(self._packing.flush())
            self._file.flush()
            os.fsync(self._file.fileno())

    @property
    def kept(self) -> KeptFile:
        """What the manifest says of it."""
        return KeptFile(self._path.name, self._digest.hexdigest(), self._byte_count)

    async def add(self, data: bytes) -> None:
        """Append bytes."""
        await asyncio.to_thread(self.add_now, data)

    def add_now(self, data: bytes) -> None:
        """Append bytes, waiting for the disk."""
        with told(self._path.parent):
            self._write(self._packing.compress(data))

    def _write(self, packed: bytes) -> None:
        assert self._file is not None  # noqa: S101 - within the context
        self._file.write(packed)
        self._digest.update(packed)
        self._byte_count += len(packed)


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _count(said: str) -> int:
    """Return how many rows `COPY` says it copied."""
    word, _, count = said.partition(" ")
    if word != "COPY" or not count.isdigit():
        raise BackupError(f"the database says {said!r} where COPY and a number were expected")
    return int(count)
