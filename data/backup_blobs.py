"""The bytes that backups share: each lies once under its SHA-256, whichever backups need it.

1. Bytes are written under a name of their own, hashed on the way, flushed to the disk and renamed to their address:
   what lies at an address is whole. What is not what its address says never gets there.
2. They are copied, never linked: a backup shares nothing with what it is a backup of.
3. What a killed run left under names of its own is removed by the next one.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from data.durable import flush_folder, make_folder
from data.errors import BackupDamaged, BackupError, BackupFull, BlobDamaged
from data.folder_store import FULL
from data.store import CHUNK_BYTES, address_at, key_of

INCOMING = "incoming"
NO_FLUSHING = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}
"""What file systems say that cannot flush a folder, as some of the network do."""


class BackupBlobs:
    """Bytes by their address (hexadecimal SHA-256) below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, address: str) -> Path:
        """Return where the bytes of an address lie."""
        return self.root / key_of(address)

    def holds(self, address: str, byte_count: int | None = None) -> bool:
        """Tell whether bytes lie at an address, as many as they should be where that is known."""
        try:
            found = self.path(address).stat().st_size
        except FileNotFoundError:
            return False
        return byte_count is None or found == byte_count

    async def keep(self, address: str, chunks: AsyncIterator[bytes]) -> int:
        """Keep what `chunks` yield, in constant memory; return how many bytes it was.

        Raises:
            BlobDamaged: it is not what the address says; nothing was kept.
            BackupFull: there is no room; nothing was kept.
            BackupError: it cannot be written.
        """
        temporary, digest = self.root / INCOMING / uuid4().hex, hashlib.sha256()
        with told(self.root):
            await asyncio.to_thread(make_folder, temporary.parent)
            try:
                file = await asyncio.to_thread(_create, temporary)
                with file:
                    async for chunk in chunks:
                        digest.update(chunk)
                        await asyncio.to_thread(file.write, chunk)
                    await asyncio.to_thread(_flush, file)
                    byte_count = file.tell()
                if digest.hexdigest() != address:
                    raise BlobDamaged(f"the bytes of {address} are not what their address says")
                await asyncio.to_thread(self._place, temporary, address)
            finally:
                with suppress(OSError):
                    temporary.unlink()
        return byte_count

    def flush(self) -> None:
        """Bring the names of all that was kept to the disk."""
        with told(self.root):
            for folder in (*self._folders(), self.root):
                flush(folder)

    def check(self, address: str, byte_count: int) -> None:
        """Read what lies at an address, and hold it against the address.

        Raises:
            BackupDamaged: it is not there, not whole, or something else.
        """
        try:
            found = self.path(address).stat().st_size
            if found != byte_count:
                raise BackupDamaged(f"{self.path(address)} has {found:,} bytes and should have {byte_count:,}")
            with self.path(address).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            raise BackupDamaged(f"{self.path(address)} is missing") from None
        except OSError as error:
            raise BackupDamaged(f"{self.path(address)} cannot be read: {words(error)}") from error
        if digest != address:
            raise BackupDamaged(f"{self.path(address)} was changed: its bytes are not what its name says")

    async def stream(self, address: str) -> AsyncIterator[bytes]:
        """Yield the bytes at an address in chunks.

        Raises:
            BackupDamaged: they are not there, or cannot be read.
        """
        path, start = self.path(address), 0
        while chunk := await asyncio.to_thread(_read, path, start):
            yield chunk
            start += len(chunk)

    def read(self, address: str) -> bytes:
        """Return the bytes at an address, checked.

        Raises:
            BackupDamaged: they are not there, or not what the address says.
        """
        try:
            data = self.path(address).read_bytes()
        except OSError as error:
            raise BackupDamaged(f"{self.path(address)} cannot be read: {words(error)}") from error
        if hashlib.sha256(data).hexdigest() != address:
            raise BackupDamaged(f"{self.path(address)} was changed: its bytes are not what its name says")
        return data

    def addresses(self) -> Iterator[str]:
        """Yield every address at which bytes lie, in order."""
        for folder in self._folders():
            found = (address_at(f"{folder.name}/{path.name}") for path in folder.iterdir())
            yield from sorted(address for address in found if address is not None)

    def remove(self, address: str) -> int:
        """Remove the bytes at an address; return how many they were."""
        path = self.path(address)
        byte_count = path.stat().st_size
        path.unlink()
        return byte_count

    def clear(self) -> None:
        """Remove what a killed run left; for who is alone here."""
        shutil.rmtree(self.root / INCOMING, ignore_errors=True)

    def _folders(self) -> list[Path]:
        folders = self.root.iterdir() if self.root.is_dir() else ()
        return sorted(each for each in folders if each.is_dir() and each.name != INCOMING)

    def _place(self, temporary: Path, address: str) -> None:
        path = self.path(address)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        temporary.replace(path)


@contextmanager
def told(root: Path) -> Iterator[None]:
    """Say what went wrong with a disk as an error of backups."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise BackupFull(
                f"There is no room left in {root}. Nothing is lost: free some, remove backups with --keep, or use "
                "another disk, and run it again; it goes on where it was."
            ) from error
        raise BackupError(f"{error.filename or root} cannot be used for backups: {words(error)}.") from error


def flush(folder: Path) -> None:
    """Bring the entries of a folder to the disk, where its file system knows how.

    Raises:
        OSError: the disk failed.
    """
    try:
        flush_folder(folder)
    except OSError as error:
        if error.errno not in NO_FLUSHING:
            raise


def words(error: OSError) -> str:
    """Return what the system says of an error."""
    return (error.strerror or str(error)).lower()


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _read(path: Path, start: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(CHUNK_BYTES)
    except OSError as error:
        raise BackupDamaged(f"{path} cannot be read: {words(error)}") from error
