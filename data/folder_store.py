"""The image store in a folder of this machine.

1. Bytes are written under a name of their own in `incoming`, flushed to the disk, renamed to their address, and the
   folder is flushed: what lies at an address is whole, always. Who finds them there already flushes the folder too: the
   one who renamed them may have died before.
2. A file that is adopted is linked to, and never copied where it lies on the same file system.
3. What fails is removed from `incoming`; what a crash leaves there is removed when the store is next opened, once it is
   older than any write can take.

(obstore writes local files too, but flushes neither file nor folder; so this adapter is ours.)
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from data.durable import flush_folder, make_folder
from data.errors import BlobDamaged, BlobMissing, StoreError, StoreFull
from data.store import CHUNK_BYTES, Blob, address_at, address_of, key_of

INCOMING = "incoming"
ABANDONED_S = 3600.0
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # the last: a limit on the size of files, `ulimit -f`
UNLINKABLE = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOSYS, errno.EOPNOTSUPP}
"""Another file system, or one without links: the file is copied."""

LISTED_AT_ONCE = 1000


class FolderStore:
    """Pictures in `root`, which is made if it is missing.

    Raises:
        StoreError: the folder cannot be made.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / INCOMING
        self._durable: set[Path] = set()  # folders of addresses that are known to be on the disk
        try:
            make_folder(self._incoming)
            _remove_abandoned(self._incoming)
        except OSError as error:
            raise StoreError(f"The image store {root} cannot be used: {_words(error)}.") from error

    async def put(self, data: bytes) -> str:
        """Keep bytes and return their address; see `ImageStore.put`."""
        return await asyncio.to_thread(self._put, data)

    async def adopt(self, path: Path, address: str) -> None:
        """Keep the bytes of a file; see `ImageStore.adopt`."""
        await asyncio.to_thread(self._adopt, path, address)

    async def get(self, address: str) -> bytes:
        """Return the bytes at an address; see `ImageStore.get`."""
        data = await asyncio.to_thread(_read, self._path(address))
        if address_of(data) != address:
            raise BlobDamaged(f"The picture {address} in {self._root} is damaged.")
        return data

    async def stream(self, address: str) -> AsyncIterator[bytes]:
        """Yield the bytes at an address; see `ImageStore.stream`.

        The file is opened for each chunk: whoever is cancelled in between leaves nothing open.
        """
        path, start = self._path(address), 0
        while chunk := await asyncio.to_thread(_read, path, start, CHUNK_BYTES):
            yield chunk
            start += len(chunk)

    def open(self, address: str) -> BinaryIO:
        """Open the bytes at an address; see `ImageStore.open`."""
        return _open(self._path(address))

    async def exists(self, address: str) -> bool:
        """Tell whether bytes lie at an address."""
        return await asyncio.to_thread(self._path(address).is_file)

    async def modified(self, address: str) -> datetime | None:
        """Return when the bytes at an address were stored last; see `ImageStore.modified`."""
        return await asyncio.to_thread(_modified, self._path(address))

    async def delete(self, address: str) -> None:
        """Remove the bytes at an address; nothing there is no error."""
        await asyncio.to_thread(_remove, self._path(address))

    async def addresses(self) -> AsyncIterator[Blob]:
        """Yield everything that lies in the store; see `ImageStore.addresses`."""
        found = self._blobs()
        while some := await asyncio.to_thread(lambda: list(islice(found, LISTED_AT_ONCE))):
            for blob in some:
                yield blob

    async def check(self) -> None:
        """Write and remove a few bytes; see `ImageStore.check`."""
        await asyncio.to_thread(self._check)

    def _path(self, address: str) -> Path:
        return self._root / key_of(address)

    def _put(self, data: bytes) -> str:
        address = address_of(data)
        self._keep(address, len(data), lambda temporary: _write_through(temporary, data))
        return address

    def _adopt(self, path: Path, address: str) -> None:
        try:
            byte_count = path.stat().st_size
        except OSError as error:
            raise StoreError(f"The file {path} cannot be kept: {_words(error)}.") from error
        self._keep(address, byte_count, lambda temporary: _link_or_copy(path, temporary))

    def _keep(self, address: str, byte_count: int, write: Callable[[Path], None]) -> None:
        """Have bytes written under a name of their own, and give them their address."""
        path = self._path(address)
        try:
            self._make_folder(path.parent)
            # A file of another size is what an older crash of the disk left; it is written anew.
            if not path.is_file() or path.stat().st_size != byte_count:
                self._place(path, write)
            os.utime(path)
            flush_folder(path.parent)
        except OSError as error:
            kind = StoreFull if error.errno in FULL else StoreError
            raise kind(f"The picture cannot be kept in {self._root}: {_words(error)}.") from error

    def _place(self, path: Path, write: Callable[[Path], None]) -> None:
        temporary = self._incoming / uuid4().hex
        try:
            write(temporary)
            temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink()  # what failed; and a second link to what lies there already, which is not renamed

    def _blobs(self) -> Iterator[Blob]:
        try:
            for folder in self._root.iterdir():
                for path in folder.iterdir() if folder.is_dir() else ():
                    address = address_at(f"{folder.name}/{path.name}")
                    with suppress(FileNotFoundError):
                        if address is not None:
                            found = path.stat()
                            yield Blob(address, datetime.fromtimestamp(found.st_mtime, UTC), found.st_size)
        except OSError as error:
            raise StoreError(f"The image store {self._root} cannot be looked through: {_words(error)}.") from error

    def _make_folder(self, folder: Path) -> None:
        """Make the folder of an address, durable before anything lies in it, whoever made it."""
        if folder not in self._durable or not folder.is_dir():
            folder.mkdir(exist_ok=True)
            flush_folder(self._root)
            self._durable.add(folder)

    def _check(self) -> None:
        trial = self._incoming / uuid4().hex
        try:
            _write_through(trial, b"marksight")
        except OSError as error:
            kind = StoreFull if error.errno in FULL else StoreError
            raise kind(f"Nothing can be written to {self._root}: {_words(error)}.") from error
        finally:
            with suppress(OSError):
                trial.unlink()


def _write_through(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _link_or_copy(source: Path, target: Path) -> None:
    """Have the bytes of a file durably at `target` too."""
    try:
        _flush_data(source)  # before it is linked to: costs next to nothing where its receiver has done so
        os.link(source, target)
        os.utime(target)  # young, so that nobody takes it for abandoned
    except OSError as error:
        if error.errno not in UNLINKABLE:
            raise
        shutil.copyfile(source, target)
        _flush_data(target)


def _flush_data(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, start: int = 0, most: int = -1) -> bytes:
    """Return up to `most` bytes from `start` on; all of them for -1."""
    with _open(path) as file:
        try:
            file.seek(start)
            return file.read(most)
        except OSError as error:
            raise StoreError(f"The picture {path.name} cannot be read: {_words(error)}.") from error


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise BlobMissing(f"There is no picture {path.name}.") from None
    except OSError as error:
        raise StoreError(f"The picture {path.name} cannot be read: {_words(error)}.") from error


def _modified(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"The picture {path.name} cannot be looked at: {_words(error)}.") from error


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"The picture {path.name} cannot be removed: {_words(error)}.") from error


def _remove_abandoned(incoming: Path) -> None:
    before = time.time() - ABANDONED_S
    for left in incoming.iterdir():
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < before:
                left.unlink()


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
