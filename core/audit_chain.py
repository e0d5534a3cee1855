"""The chains of the audit trail: each entry's hash is of its own content and of the hash before it.

1. An entry's content is its fields in the order of `Entry`, each as text with its length in bytes before it
   (`6:update,`) or `-,` for one that is not there: no two entries have the same content.
2. The hash of an entry is SHA-256 over the hash before it and the SHA-256 of the content; before the first of a chain
   there are 32 zero bytes (`START`).
3. The database computes the same when it writes (migration 0006, `audit.field` and `audit.linked`). This is the other,
   independent way, by which what it kept is verified.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

START = bytes(32)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """One row of a table as it was before and after a write, in its place in a chain.

    `relation` is the table; a table has several chains (`lane`), and `position` counts from 1 in each. `id` counts
    over all tables; of one row, what came later has the greater one. `operation` is insert, update, delete, truncate,
    or found (it was there when the trail began). `before` and `after` are JSON, byte for byte as it is kept; `row_id`
    is the row's id as text. `at` is timezone-aware, to the microsecond.
    """

    relation: str
    lane: int
    position: int
    id: int
    operation: str
    row_id: str | None
    actor: str
    request_id: str | None
    at: datetime
    before: str | None
    after: str | None


_NAMES = tuple(each.name for each in fields(Entry))


def content(entry: Entry) -> bytes:
    """Return what is hashed of an entry."""
    return b"".join(_field(_told(getattr(entry, name))) for name in _NAMES)


def hash_after(before: bytes, entry: Entry) -> bytes:
    """Return the hash (32 bytes) of an entry that follows `before`, the hash of the one before it, or `START`."""
    return hashlib.sha256(before + hashlib.sha256(content(entry)).digest()).digest()


def _told(value: str | int | datetime | None) -> str | None:
    if isinstance(value, datetime):
        return str((value - _EPOCH) // timedelta(microseconds=1))
    return None if value is None else str(value)


def _field(value: str | None) -> bytes:
    if value is None:
        return b"-,"
    told = value.encode()
    return b"%d:%b," % (len(told), told)
