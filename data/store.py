"""The image store: bytes in, their address out. Where they lie is behind one Protocol, with one adapter a file.

1. The address of bytes is the hexadecimal form of their SHA-256. Equal bytes have one address and are kept once; bytes
   at an address never change, so storing them again, or by two at once, is harmless.
2. When `put` returns, the bytes survive the death of the process and the machine. When it raises, nothing is kept.
3. An address is checked before it becomes a path or a key: nothing else than 64 hexadecimal digits is ever looked up.
4. Bytes that are stored again while they lie there count as new: whoever collects what no row names goes by their age,
   and must not take what is being named at this moment.
5. Nothing points from the store to the database. Bytes that no row names are orphans, left by a crash between the two;
   they cost room and nothing else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from data.errors import BlobMissing, StoreError

CHUNK_BYTES = 1 << 20
FRESH = timedelta(hours=1)
"""Bytes stored again are sure to be younger than this; whoever collects by age leaves what is not older by far."""

_ADDRESS = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Blob:
    """Bytes that lie in the store: their address, when they were stored last (UTC), and how many they are."""

    address: str
    modified: datetime
    byte_count: int


class ImageStore(Protocol):
    """A place where pictures are kept by their content."""

    async def put(self, data: bytes) -> str:
        """Keep bytes and return their address; bytes that are there already are left as they are.

        Raises:
            StoreFull: there is no room; nothing was kept.
            StoreError: they cannot be kept; nothing was.
        """
        ...

    async def adopt(self, path: Path, address: str) -> None:
        """Keep the bytes of a file, at whatever size in constant memory; `address` is theirs, and must be true.

        The file stays where it is for the caller to remove, and is never written again: the store may share it.

        Raises:
            StoreFull: there is no room; nothing was kept.
            StoreError: they cannot be kept; nothing was.
        """
        ...

    async def get(self, address: str) -> bytes:
        """Return the bytes at an address, whole and checked against it.

        Raises:
            BlobMissing: nothing lies there.
            BlobDamaged: what lies there is not what the address names.
            StoreError: it cannot be read.
        """
        ...

    def stream(self, address: str) -> AsyncIterator[bytes]:
        """Yield the bytes at an address in chunks of about a mebibyte, in constant memory.

        Raises:
            BlobMissing: nothing lies there; raised at the first chunk.
        """
        ...

    def open(self, address: str) -> AbstractContextManager[BinaryIO]:
        """Open the bytes at an address for reading here and there, in constant memory; for threads, since it waits.

        Raises:
            BlobMissing: nothing lies there.
            StoreError: it cannot be read.
        """
        ...

    async def exists(self, address: str) -> bool:
        """Tell whether bytes lie at an address."""
        ...

    async def modified(self, address: str) -> datetime | None:
        """Return when the bytes at an address were stored last (UTC), as `addresses` says it; None: nothing is there.

        Raises:
            StoreError: it cannot be asked.
        """
        ...

    async def delete(self, address: str) -> None:
        """Remove the bytes at an address; nothing there is no error."""
        ...

    def addresses(self) -> AsyncIterator[Blob]:
        """Yield everything that lies in the store, in no order, in constant memory.

        Raises:
            StoreError: it cannot be looked through.
        """
        ...

    async def check(self) -> None:
        """Show that bytes can be kept now.

        Raises:
            StoreError: they cannot, and why.
        """
        ...


def address_of(data: bytes) -> str:
    """Return the address of bytes."""
    return hashlib.sha256(data).hexdigest()


def key_of(address: str) -> str:
    """Return where the bytes of an address lie below the store's root: `ab/<address>`.

    256 folders: a new one, which costs two flushes more, is soon the exception; 10 million pictures are 40,000 in each.

    Raises:
        BlobMissing: it is no address, so nothing can lie there.
    """
    if not _ADDRESS.fullmatch(address):
        raise BlobMissing(f"{address[:80]!r} is no address of the image store.")
    return f"{address[:2]}/{address}"


def address_at(key: str) -> str | None:
    """Return the address whose bytes lie at a key below the store's root, or None for what is none of the store's."""
    folder, _, name = key.rpartition("/")
    return name if _ADDRESS.fullmatch(name) and folder == name[:2] else None


def open_store(url: str) -> ImageStore:
    """Return the image store at `file:///folder` or `s3://bucket/prefix`.

    `s3://bucket/prefix?endpoint=http://host:9000` names another endpoint than the environment (`AWS_...`) does.

    Raises:
        StoreError: the URL names no kind of store that there is, or one that cannot be used.
    """
    from data.bucket_store import BucketStore  # noqa: PLC0415  # both know this module
    from data.folder_store import FolderStore  # noqa: PLC0415

    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        return FolderStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        endpoint = parse_qs(parts.query).get("endpoint", [None])[0]
        return BucketStore.at(parts.netloc, parts.path.strip("/"), endpoint=endpoint)
    raise StoreError(f"The image store is file:///folder or s3://bucket/prefix; {url!r} is neither.")
