"""The manifest of a backup: what is in it, by digest, and of what it was made.

1. It is one JSON document, written last. What it does not name is no part of the backup.
2. Its own SHA-256 begins the end of the backup's name, so that a manifest that was changed does not fit its folder.
3. It holds no secret: of settings that are secret it says only that they were set.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from data.errors import BackupDamaged, BackupError

FORMAT = 1
"""Of the folder and of the manifest; a program reads those up to its own."""

SHORT = 12
"""Letters of the manifest's SHA-256 in the name of its backup."""


@dataclass(frozen=True)
class KeptFile:
    """A file of a backup: its name in the backup's folder, its SHA-256 (hexadecimal), and its length."""

    file: str
    sha256: str
    byte_count: int


@dataclass(frozen=True)
class KeptTable:
    """A table of the database: schema and name, the columns in their order, how many rows, and where they lie."""

    schema: str
    name: str
    columns: tuple[str, ...]
    rows: int
    kept: KeptFile

    @property
    def title(self) -> str:
        """How messages call it."""
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Origin:
    """What a backup is of: the program's version, the schema's revision, the database, its cluster and its server."""

    program: str
    revision: str
    database: str
    system: str
    server: str


@dataclass(frozen=True)
class Lacking:
    """Bytes that a row names and the image store did not have whole: their address, and what was wrong."""

    address: str
    words: str


@dataclass(frozen=True)
class Manifest:
    """What is in a backup. `made_at` (UTC) is the moment that the database is kept as of.

    `blobs` is the list of all addresses that the backup needs, `blob_count` and `blob_bytes` how many and how large
    they are. `anchors` has the SHA-256 of each anchor of the audit trail by its number, `files` that of each file of
    the state folder by its path there; their bytes lie among the blobs. `months` are the months that had partitions.
    """

    made_at: datetime
    origin: Origin
    tables: tuple[KeptTable, ...]
    blobs: KeptFile
    blob_count: int
    blob_bytes: int
    months: tuple[str, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    anchors: Mapping[int, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.made_at.tzinfo is None:
            raise ValueError(f"expected a time with its zone, got {self.made_at!r}")

    @property
    def rows(self) -> int:
        """How many rows of all tables are in it."""
        return sum(table.rows for table in self.tables)

    def rows_of(self, name: str) -> int:
        """Return how many rows of a table are in it; 0 for one that is not."""
        return next((table.rows for table in self.tables if table.title == name), 0)

    def to_bytes(self) -> bytes:
        """Return the document."""
        document = {"format": FORMAT, **asdict(self)}
        return json.dumps(document, sort_keys=True, indent=1, default=_plain).encode() + b"\n"


def name_of(manifest: Manifest, data: bytes) -> str:
    """Return the name of the backup whose manifest has these bytes: by name is by time."""
    moment = manifest.made_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{moment}-{hashlib.sha256(data).hexdigest()[:SHORT]}"


def manifest_of(data: bytes) -> Manifest:
    """Return the manifest whose document `data` is.

    Raises:
        BackupError: it is of a newer program.
        BackupDamaged: it is none.
    """
    try:
        document = json.loads(data)
        if document["format"] > FORMAT:
            raise BackupError(
                f"it was made by a newer Marksight (format {document['format']}, this one reads up to {FORMAT})"
            )
        return _read(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BackupDamaged(f"its manifest is damaged or cut short ({type(error).__name__})") from error


def _read(document: Mapping[str, Any]) -> Manifest:
    return Manifest(
        made_at=datetime.fromisoformat(document["made_at"]),
        origin=Origin(**document["origin"]),
        tables=tuple(_table(each) for each in document["tables"]),
        blobs=KeptFile(**document["blobs"]),
        blob_count=int(document["blob_count"]),
        blob_bytes=int(document["blob_bytes"]),
        months=tuple(document["months"]),
        lacking=tuple(Lacking(**each) for each in document["lacking"]),
        anchors={int(number): sha256 for number, sha256 in document["anchors"].items()},
        files=dict(document["files"]),
        settings=dict(document["settings"]),
        secrets=tuple(document["secrets"]),
        left_out=tuple(document["left_out"]),
    )


def _table(document: Mapping[str, Any]) -> KeptTable:
    columns, kept = tuple(document["columns"]), KeptFile(**document["kept"])
    return KeptTable(document["schema"], document["name"], columns, int(document["rows"]), kept)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"expected plain values, got {value!r}")
