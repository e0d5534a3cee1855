"""Pages of a list: newest first, in an order that new rows do not shift.

A cursor names the last row that was seen, not how many were; what comes in meanwhile goes before the first page and
moves nothing. To whoever holds it, it is an opaque word.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, TypeVarTuple
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from data.errors import CursorInvalid

DEFAULT_LIMIT = 50
MAX_LIMIT = 500

Item = TypeVar("Item")
Columns = TypeVarTuple("Columns")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items of a list, and the cursor of those that follow, or None at the end."""

    items: tuple[Item, ...]
    next_cursor: str | None


def encode(last: UUID) -> str:
    """Return the cursor of what follows `last`."""
    return urlsafe_b64encode(last.bytes).rstrip(b"=").decode()


def decode(cursor: str) -> UUID:
    """Return the id that a cursor names.

    Raises:
        CursorInvalid: it was not made by `encode`.
    """
    try:
        value = UUID(bytes=urlsafe_b64decode(cursor.encode() + b"=="))
    except (ValueError, NotBase64) as error:
        raise CursorInvalid(f"{cursor[:64]!r} is no cursor of this list; begin without one.") from error
    if encode(value) != cursor:
        raise CursorInvalid(f"{cursor[:64]!r} is no cursor of this list; begin without one.")
    return value


def bounded(limit: int | None) -> int:
    """Return how many items a page may hold: `limit`, within 1 and `MAX_LIMIT`."""
    return DEFAULT_LIMIT if limit is None else max(1, min(limit, MAX_LIMIT))


def newest(
    rows: Select[*Columns], id_: InstrumentedAttribute[UUID], *, cursor: str | None, size: int
) -> Select[*Columns]:
    """Return the newest of `rows` beyond a cursor, one more than a page of `size` holds, for `page_of`.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    some = rows.order_by(id_.desc()).limit(size + 1)
    return some if cursor is None else some.where(id_ < decode(cursor))


def page_of(items: Sequence[Item], limit: int, id_of: Callable[[Item], UUID]) -> Page[Item]:
    """Return the page of `items`, of which one more than `limit` was asked for, to know whether more follow."""
    shown = tuple(items[:limit])
    return Page(shown, encode(id_of(shown[-1])) if len(items) > limit else None)
