"""The image store in a folder of this machine.

1. Bytes are written under a name of their own in `incoming`, flushed to the disk, renamed to their address, and the
   folder is flushed: what lies at an address is whole, always. Who finds them there already flushes the folder too: the
   one who renamed them may have died before.
2. What fails is removed from `incoming`; what a crash leaves there is removed when the store is next opened, once it is
   older than any write can take.

(obstore writes local files too, but flushes neither file nor folder; so this adapter is ours.)
"""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from data.durable import flush_folder, make_folder
from data.errors import BlobDamaged, BlobMissing, StoreError, StoreFull
from data.store import CHUNK_BYTES, address_of, key_of

INCOMING = "incoming"
ABANDONED_S = 3600.0
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # the last: a limit on the size of files, `ulimit -f`


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

    async def exists(self, address: str) -> bool:
        """Tell whether bytes lie at an address."""
        return await asyncio.to_thread(self._path(address).is_file)

    async def delete(self, address: str) -> None:
        """Remove the bytes at an address; nothing there is no error."""
        await asyncio.to_thread(_remove, self._path(address))

    async def check(self) -> None:
        """Write and remove a few bytes; see `ImageStore.check`."""
        await asyncio.to_thread(self._check)

    def _path(self, address: str) -> Path:
        return self._root / key_of(address)

    def _put(self, data: bytes) -> str:
        address = address_of(data)
        path = self._path(address)
        try:
            self._make_folder(path.parent)
            # A file of another size is what an older crash of the disk left; it is written anew.
            if not path.is_file() or path.stat().st_size != len(data):
                self._write(path, data)
            flush_folder(path.parent)
        except OSError as error:
            kind = StoreFull if error.errno in FULL else StoreError
            raise kind(f"The picture cannot be kept in {self._root}: {_words(error)}.") from error
        return address

    def _write(self, path: Path, data: bytes) -> None:
        temporary = self._incoming / uuid4().hex
        try:
            _write_through(temporary, data)
            temporary.replace(path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise

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


def _read(path: Path, start: int = 0, most: int = -1) -> bytes:
    """Return up to `most` bytes from `start` on; all of them for -1."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(most)
    except FileNotFoundError:
        raise BlobMissing(f"There is no picture {path.name}.") from None
    except OSError as error:
        raise StoreError(f"The picture {path.name} cannot be read: {_words(error)}.") from error


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
