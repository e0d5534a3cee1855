"""Manifests and folders of backups for tests, made as the program makes them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.backup_folder import LIST, BackupFolder
from data.backup_manifest import KeptFile, KeptTable, Lacking, Manifest, Origin
from data.dump import Written

MADE_AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
ORIGIN = Origin("1.0", "0008", "marksight", "7", "18.4")


def manifest(**changes: Any) -> Manifest:
    """A manifest with one of everything."""
    table = KeptTable("audit", "entries", ("id", "at"), 3, KeptFile("audit.entries.copy.gz", "ab" * 32, 5))
    values: dict[str, Any] = {
        "made_at": MADE_AT,
        "origin": ORIGIN,
        "tables": (table,),
        "blobs": KeptFile(LIST, "cd" * 32, 7),
        "blob_count": 2,
        "blob_bytes": 9,
        "months": ("2026-03",),
        "lacking": (Lacking("ef" * 32, "There is no picture."),),
        "anchors": {1: "01" * 32, 12: "02" * 32},
        "files": {"spool/a.json": "03" * 32},
        "settings": {"workers": "4"},
        "secrets": ("admin_password",),
        "left_out": ("logs/",),
    }
    return Manifest(**(values | changes))


def address(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def once(data: bytes) -> AsyncIterator[bytes]:
    """The bytes in two chunks."""
    yield data[:3]
    yield data[3:]


async def made(folder: BackupFolder, *pictures: bytes, second: int = 0, lacking: int = 0) -> str:
    """Make a backup with these pictures and one table; return its name."""
    unfinished = folder.begin()
    table, listed = Written(unfinished / "public.lots.copy.gz"), Written(unfinished / LIST)
    with table:
        await table.add(f"row {second}\n".encode())
    with listed:
        for each in sorted(pictures, key=address):
            await folder.blobs.keep(address(each), once(each))
            listed.add_now(f"{address(each)} {len(each)}\n".encode())
    lacks = tuple(Lacking("ef" * 32, "There is no picture.") for _ in range(lacking))
    whole = manifest(
        made_at=MADE_AT.replace(second=second),
        tables=(KeptTable("public", "lots", ("code",), 1, table.kept),),
        blobs=listed.kept,
        blob_count=len(pictures),
        blob_bytes=sum(map(len, pictures)),
        lacking=lacks,
        anchors={},
        files={},
    )
    return folder.finish(unfinished, whole)


def tree(root: Path) -> set[str]:
    """Every file below a folder, by its path there."""
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
