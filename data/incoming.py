"""Incoming files: what is being received, under the id of its row, until it is whole and the image store adopts it.

1. What lies here is no picture yet, and nobody reads it but who receives it. Its length on the disk says how much came:
   a receiver that was killed goes on from there, in whatever process.
2. One receiver at a time: it holds a lock on the file, which ends with its process.
3. `sync` returns when everything written is on the disk itself; it is called before anything is acknowledged. On the
   way it is done every `SYNC_BYTES`, so that a large file never has much left to do.
4. Bytes that are still to be checked (`check_from`) are written behind a marker that lies beside the file; whoever
   finds the marker, because the check failed or its process was killed, cuts the file back to it.
5. Bytes that the store has adopted are never written again: it shares them (a link), so a fresh start is a fresh file.
6. Some room is always left on the disk: the database writes there too, and stops when it cannot.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from data.errors import StoreError, StoreFull, UploadBusy

BUFFER_BYTES = 1 << 20
SYNC_BYTES = 64 << 20
RESERVE_BYTES = 256 << 20
"""Room that is left to the database and the rest of the machine."""

MARKER = ".checked"
POLL_S = 0.02
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """An incoming file as it lies there; `modified` (UTC) is when bytes last came."""

    file_id: UUID
    byte_count: int
    modified: datetime


class Incoming:
    """The folder of incoming files, made when the first one comes."""

    def __init__(self, root: Path, *, reserve_bytes: int = RESERVE_BYTES) -> None:
        self.root = root
        self._reserve_bytes = reserve_bytes

    def path(self, file_id: UUID) -> Path:
        """Return where a file's bytes lie while they come."""
        return self.root / file_id.hex

    async def length(self, file_id: UUID) -> int:
        """Return how many bytes of a file came and count; 0 if it was never begun here."""
        return await asyncio.to_thread(_length, self.path(file_id))

    async def check_room(self, byte_count: int) -> None:
        """See that so many bytes more would fit.

        Raises:
            StoreFull: they would not.
        """
        await asyncio.to_thread(self._check_room, byte_count)

    @asynccontextmanager
    async def receiving(self, file_id: UUID, *, wait_s: float = 0.0) -> AsyncIterator[IncomingFile]:
        """Give the file to one receiver, its offset behind what came before.

        Raises:
            UploadBusy: another receiver has it, and still has after `wait_s`.
            StoreError: it cannot be opened.
        """
        file = IncomingFile(self.path(file_id), self._check_room)
        until = time.monotonic() + wait_s
        while not await asyncio.to_thread(file.open):
            if time.monotonic() >= until:
                raise UploadBusy("This file is being sent already; wait for that to end, or for its connection to.")
            await asyncio.sleep(POLL_S)
        try:
            yield file
        finally:
            await asyncio.shield(asyncio.to_thread(file.close))

    async def remove(self, file_id: UUID) -> None:
        """Remove what came of a file; nothing there is no error."""
        await asyncio.to_thread(_remove, self.path(file_id))

    async def entries(self) -> list[Entry]:
        """Return every incoming file that lies here."""
        return await asyncio.to_thread(lambda: list(_entries(self.root)))

    def _check_room(self, byte_count: int) -> None:
        nearest = next(folder for folder in (self.root, *self.root.parents) if folder.is_dir())
        free = shutil.disk_usage(nearest).free
        if byte_count + self._reserve_bytes > free:
            raise StoreFull(f"There is no room for {byte_count} bytes more: {free} are free, and some are kept so.")


class IncomingFile:
    """One incoming file in the hands of its receiver; made by `Incoming.receiving`."""

    def __init__(self, path: Path, check_room: Callable[[int], None]) -> None:
        self.path = path
        self.offset = 0
        """Bytes that came, those on their way to the disk included."""
        self._check_room = check_room
        self._marker = path.with_name(path.name + MARKER)
        self._descriptor = -1
        self._buffer = bytearray()
        self._seen: hashlib._Hash | None = None
        self._unsynced = 0
        self._lock = threading.Lock()  # a thread may still write when its task was cancelled: closing waits for it

    def open(self) -> bool:
        """Open and lock the file, at the end of what came before; False if another receiver has it."""
        with _told(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if not _locked(descriptor, self.path):
                os.close(descriptor)
                return False
            self._descriptor = descriptor
            self._cut_to_marker()
            self.offset = os.fstat(descriptor).st_size
            self._seen = hashlib.sha256() if self.offset == 0 else None
        return True

    def close(self) -> None:
        """Let the file go; what was not synced may be lost."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
            if descriptor >= 0:
                os.close(descriptor)

    async def write(self, chunk: bytes) -> None:
        """Append bytes.

        Raises:
            StoreFull: there is no room for them; what came before is kept.
            StoreError: they cannot be written.
        """
        self._buffer += chunk
        self.offset += len(chunk)
        if len(self._buffer) >= BUFFER_BYTES:
            await self._in_thread(self._flush)

    async def sync(self) -> None:
        """Return when all that was written is on the disk; see `write` for what is raised."""
        await self._in_thread(self._sync)

    async def check_from(self) -> None:
        """Let what is written from here on count only once `checked` is called."""
        await self._in_thread(self._mark)

    async def checked(self) -> None:
        """Let what was written since `check_from` count."""
        await self._in_thread(lambda: self._marker.unlink(missing_ok=True))

    async def cut(self, offset: int) -> None:
        """Throw away everything behind `offset`."""
        await self._in_thread(lambda: self._cut(offset))

    async def restart(self) -> None:
        """Throw everything away, and begin anew."""
        await self._in_thread(self._restart)

    async def digest(self) -> str:
        """Return the SHA-256 of all that came, in hexadecimal; read again from the disk where others wrote it."""
        await self._in_thread(self._flush)
        return await self._in_thread(self._digest)

    async def remove(self) -> None:
        """Remove the file from here; its bytes live on where the store has adopted them."""
        await self._in_thread(lambda: _remove(self.path))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def alone() -> T:
            with self._lock, _told(self.path):
                if self._descriptor < 0:
                    raise StoreError(f"The incoming file {self.path.name} was let go already.")
                return work()

        return await asyncio.to_thread(alone)

    def _flush(self) -> None:
        if not self._buffer:
            return
        data, self._buffer = self._buffer, bytearray()
        try:
            self._check_room(len(data))
            os.lseek(self._descriptor, 0, os.SEEK_END)
            _write_all(self._descriptor, memoryview(data))
        except (OSError, StoreFull):
            self.offset, self._seen = os.fstat(self._descriptor).st_size, None
            raise
        if self._seen is not None:
            self._seen.update(data)
        self._unsynced += len(data)
        if self._unsynced >= SYNC_BYTES:
            self._sync()

    def _sync(self) -> None:
        self._flush()
        os.fdatasync(self._descriptor)
        self._unsynced = 0

    def _mark(self) -> None:
        self._sync()
        fresh = self._marker.with_name(self._marker.name + "-")
        fresh.write_text(str(self.offset), encoding="ascii")
        fresh.replace(self._marker)

    def _cut_to_marker(self) -> None:
        kept = _marked(self._marker)
        if kept is not None:
            os.ftruncate(self._descriptor, min(kept, os.fstat(self._descriptor).st_size))
            self._marker.unlink(missing_ok=True)

    def _cut(self, offset: int) -> None:
        self._buffer.clear()
        if os.fstat(self._descriptor).st_nlink == 1:
            os.ftruncate(self._descriptor, offset)
        self._marker.unlink(missing_ok=True)
        self.offset = os.fstat(self._descriptor).st_size
        self._seen = hashlib.sha256() if self.offset == 0 else None

    def _restart(self) -> None:
        if os.fstat(self._descriptor).st_nlink > 1:
            self.path.unlink()
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.close(self._descriptor)
            self._descriptor = descriptor
        self._cut(0)

    def _digest(self) -> str:
        if self._seen is not None:
            return self._seen.hexdigest()
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _locked(descriptor: int, path: Path) -> bool:
    """Lock an open file; False if somebody has it, or it was removed in the meantime."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _write_all(descriptor: int, view: memoryview) -> None:
    while view:
        view = view[os.write(descriptor, view) :]


def _length(path: Path) -> int:
    with _told(path):
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return 0
        kept = _marked(path.with_name(path.name + MARKER))
        return size if kept is None else min(size, kept)


def _marked(marker: Path) -> int | None:
    """Return the offset that a marker names; one cut short by a crash is as good as none of its bytes."""
    try:
        told = marker.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    return int(told) if told.isdigit() else 0


def _remove(path: Path) -> None:
    with _told(path):
        path.unlink(missing_ok=True)
        path.with_name(path.name + MARKER).unlink(missing_ok=True)


def _entries(root: Path) -> Iterator[Entry]:
    for path in root.iterdir() if root.is_dir() else ():
        with suppress(FileNotFoundError, ValueError):
            found = path.stat()
            modified = datetime.fromtimestamp(found.st_mtime, UTC)
            yield Entry(UUID(hex=path.name), _length(path), modified)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say what went wrong with a file as an error of the store."""
    try:
        yield
    except OSError as error:
        kind = StoreFull if error.errno in FULL else StoreError
        words = (error.strerror or str(error)).lower()
        raise kind(f"The upload cannot be kept in {path.parent}: {words}.") from error
