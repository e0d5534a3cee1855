"""An image store whose reads, writes, bytes and errors are counted."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from data.errors import BlobMissing
from data.store import Blob, ImageStore
from workers import metrics
from workers.counting import Counting
from workers.tracing import UNTRACED, Tracing

SPANS = {operation: f"store {operation}" for operation in ("write", "read", "look", "delete")}


class CountedStore:
    """An `ImageStore` that counts what another one does, and tells of it in traces."""

    def __init__(self, store: ImageStore, counting: Counting, tracing: Tracing | None = None) -> None:
        self._store = store
        self._counting = counting
        self._tracing = tracing or Tracing()

    async def put(self, data: bytes) -> str:
        """Keep bytes."""
        with self._counted("write", len(data)):
            return await self._store.put(data)

    async def adopt(self, path: Path, address: str) -> None:
        """Keep the bytes of a file."""
        with self._counted("write", path.stat().st_size):  # noqa: ASYNC240 - a look at a local file
            await self._store.adopt(path, address)

    async def get(self, address: str) -> bytes:
        """Return bytes."""
        with self._counted("read"):
            found = await self._store.get(address)
        self._bytes("read", len(found))
        return found

    async def stream(self, address: str) -> AsyncIterator[bytes]:
        """Yield bytes; who takes them slowly makes it slow. No span: it is left in whatever task takes the last."""
        with self._counted("read", spanned=False):
            async for chunk in self._store.stream(address):
                self._bytes("read", len(chunk))
                yield chunk

    @contextmanager
    def open(self, address: str) -> Iterator[BinaryIO]:
        """Open bytes; counted is what it takes to open them."""
        with ExitStack() as stack:
            with self._counted("read"):
                file = stack.enter_context(self._store.open(address))
            yield file

    async def exists(self, address: str) -> bool:
        """Tell whether bytes are there."""
        with self._counted("look"):
            return await self._store.exists(address)

    async def modified(self, address: str) -> datetime | None:
        """Return when bytes were stored last."""
        with self._counted("look"):
            return await self._store.modified(address)

    async def delete(self, address: str) -> None:
        """Remove bytes."""
        with self._counted("delete"):
            await self._store.delete(address)

    def addresses(self) -> AsyncIterator[Blob]:
        """Yield everything that lies in the store; not counted: it takes as long as there is much."""
        return self._store.addresses()

    async def check(self) -> None:
        """Show that bytes can be kept; not counted: it is no work of the program's."""
        await self._store.check()

    def _bytes(self, operation: str, count: int) -> None:
        self._counting.count(metrics.STORE_BYTES, count, operation=operation)

    @contextmanager
    def _counted(self, operation: str, byte_count: int = 0, *, spanned: bool = True) -> Iterator[None]:
        told = {"marksight.bytes": byte_count}
        span = self._tracing.span(SPANS[operation], told) if spanned else UNTRACED
        began = time.perf_counter()
        try:
            with span:
                yield
        except BlobMissing:  # an answer, and none that the store is at fault for
            raise
        except Exception:
            self._counting.count(metrics.STORE_ERRORS, operation=operation)
            raise
        self._counting.observe(metrics.STORE_SECONDS, time.perf_counter() - began, operation=operation)
        if byte_count:
            self._bytes(operation, byte_count)
