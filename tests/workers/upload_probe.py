"""What tests of receiving share: chunks, a store that can be made to fail, and a bucket behind a real S3 server."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from data.errors import StoreError
from data.folder_store import FolderStore


def unseen(byte_count: int) -> bytes:
    """Bytes that no test has stored before."""
    return secrets.token_bytes(byte_count)


async def chunks(data: bytes, *, size: int = 65536, fail_at: int | None = None) -> AsyncIterator[bytes]:
    """Bytes as they come over a connection, which is cut at `fail_at`."""
    for start in range(0, len(data), size):
        if fail_at is not None and start >= fail_at:
            raise ConnectionResetError("cut")
        yield data[start : start + size]
    if fail_at is not None and fail_at >= len(data):
        raise ConnectionResetError("cut")


class FailingStore(FolderStore):
    """A store that cannot adopt anything until it is mended."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.broken = True

    async def adopt(self, path: Path, address: str) -> None:
        if self.broken:
            raise StoreError("out of order")
        await super().adopt(path, address)
