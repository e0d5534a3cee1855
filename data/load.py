"""The rows of a backup, put back into a database that was migrated to the backup's revision and holds nothing.

1. It is done within one transaction of the owner's, which its caller keeps or not: a database is as it was, or whole.
2. The triggers of the tables are off in that transaction alone. So the audit trail gets no entry of rows that come
   back, and its own entries are what they were: `verify` of `workers.auditing` says whether they fit together.
3. References between tables are checked by the database as the rows come in.
4. A row that does not fit, or a number of rows that is not the manifest's, undoes everything.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from data.backup_manifest import KeptTable
from data.dump import FORMATS, quoted, sources
from data.errors import BackupDamaged, BackupError

PIECE_BYTES = 16 << 20
"""So much text is one statement: PostgreSQL remembers each reference of a statement until it has checked them all."""

HEADS, ENTRIES, IDS = "audit.heads", "audit.entries", "audit.ids"

_REFUSALS = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.SyntaxOrAccessError)


async def is_empty(connection: Any) -> bool:
    """Tell whether no table holds a row, but those that are made with the schema."""
    for source in await sources(connection):
        if source.title != HEADS and await connection.fetchval(
            f"SELECT EXISTS (SELECT FROM {quoted(source.schema)}.{quoted(source.name)})"  # noqa: S608
        ):
            return False
    return True


async def load(
    connection: Any, tables: Iterable[tuple[KeptTable, Path]], months: Iterable[str], tell: Callable[[str, int], None]
) -> None:
    """Fill every table from its file; `tell` hears the title of each and how many of its rows are there.

    `connection` is asyncpg's, in a transaction of the owner's.

    Raises:
        BackupDamaged: what lies in a file does not fit.
        BackupError: the database has other tables or columns than the backup.
    """
    listed = list(tables)
    await _check_columns(connection, [table for table, _ in listed])
    await connection.execute(FORMATS)
    for month in months:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
        await connection.execute("SELECT ensure_month_partitions($1, 1)", first)
    await connection.execute(f"DELETE FROM {HEADS}")  # noqa: S608 - its rows are made with the schema
    names = [f"{quoted(table.schema)}.{quoted(table.name)}" for table, _ in listed]
    await _switch(connection, names, "DISABLE")
    for table, path in listed:
        await _fill(connection, table, path, lambda rows, table=table: tell(table.title, rows))  # type: ignore[misc]
    await _switch(connection, names, "ENABLE")
    await connection.execute(f"SELECT setval('{IDS}', max(id)) FROM {ENTRIES} HAVING max(id) IS NOT NULL")  # noqa: S608


async def _check_columns(connection: Any, tables: list[KeptTable]) -> None:
    there = {(each.schema, each.name): set(each.columns) for each in await sources(connection)}
    kept = {(table.schema, table.name): set(table.columns) for table in tables}
    differing = sorted(".".join(name) for name in {*there, *kept} if there.get(name) != kept.get(name))
    if differing:
        raise BackupError(
            f"The backup's tables are not those of its revision: {', '.join(differing)}. Nothing was put back."
        )


async def _switch(connection: Any, names: list[str], how: str) -> None:
    for name in names:
        await connection.execute(f"ALTER TABLE {name} {how} TRIGGER USER")


async def _fill(connection: Any, table: KeptTable, path: Path, tell: Callable[[int], None]) -> None:
    rows, pieces = 0, _pieces(path)
    while piece := await asyncio.to_thread(next, pieces, b""):
        try:
            said = await connection.copy_to_table(
                table.name, schema_name=table.schema, columns=table.columns, source=io.BytesIO(piece), format="text"
            )
        except _REFUSALS as error:
            raise BackupDamaged(f"{path} cannot be put back into {table.title}: {error}") from error
        rows += int(said.removeprefix("COPY "))
        tell(rows)
    if rows != table.rows:
        raise BackupDamaged(f"{path} holds {rows:,} rows of {table.title}, and its manifest says {table.rows:,}")


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file in pieces of some size: a row is a line, since `COPY` writes line feeds as `\\n`."""
    begun = b""
    try:
        with gzip.open(path, "rb") as file:
            while some := file.read(PIECE_BYTES):
                whole, feed, rest = some.rpartition(b"\n")
                if feed:
                    yield begun + whole + feed
                    begun = rest
                else:
                    begun += some
    except (OSError, EOFError, zlib.error) as error:
        raise BackupDamaged(f"{path} cannot be read: {error}") from error
    if begun:
        raise BackupDamaged(f"{path} is cut short: its last line does not end")
