"""Zip archives that lie in the image store: their directory first, then member by member, never unpacked to a disk.

The standard library reads them, through a reader that lets it have no more at a time than a directory may be long: an
archive's own word on how long that is would be believed otherwise.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from core.archive import (
    HEAD_BYTES,
    ArchiveLimits,
    Member,
    Refusal,
    archive_kind,
    is_noise,
    refuse_archive,
    refuse_member,
    twice,
)
from core.errors import MarksightError
from data.errors import StoreError

MAX_DIRECTORY_BYTES = 32 << 20
"""Of 100,000 members with names of 280 bytes each."""

CHUNK_BYTES = 1 << 20
UNIX = 3

DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OverflowError)
"""What the library raises for archives that are damaged or lie, by its own source (UnicodeDecodeError is a ValueError;
RuntimeError and NotImplementedError: encrypted, or of a version to come)."""


class FileRefused(MarksightError):
    """A file, a member or an archive that is not opened: a stable code, and what to do, in words."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Archive:
    """An archive as it was opened: its members without noise, in their order, and how to read one of them."""

    members: tuple[Member, ...]
    limits: ArchiveLimits
    max_bytes: int
    _twice: frozenset[int]
    _unpack: Callable[[int], bytes]

    def read(self, place: int) -> bytes:
        """Return the bytes of the member at `place`.

        Raises:
            FileRefused: the member breaks a rule, or is damaged.
        """
        refusal = refuse_member(self.members[place], self.limits, self.max_bytes)
        if place in self._twice:
            refusal = refusal or Refusal("MEMBER_TWICE", "A file of this name comes before it; give each its own name.")
        if refusal is not None:
            raise FileRefused(refusal.code, refusal.detail)
        return self._unpack(place)


@contextmanager
def opened(file: BinaryIO, limits: ArchiveLimits, max_bytes: int) -> Iterator[Archive]:
    """Open an archive; `max_bytes` is the most a picture in it may have. For threads: reading waits.

    Raises:
        FileRefused: it is damaged, or breaks a rule as a whole.
    """
    archive_bytes = file.seek(0, io.SEEK_END)
    try:
        held = zipfile.ZipFile(_Bounded(file))
    except DAMAGE as error:
        raise FileRefused("ARCHIVE_DAMAGED", f"The archive is cut short or damaged: {error}.") from error
    with held:
        infos = [info for info in held.infolist() if not is_noise(info.filename)]
        members = tuple(map(_member, infos))
        refusal = refuse_archive(members, archive_bytes, limits)
        if refusal is not None:
            raise FileRefused(refusal.code, refusal.detail)
        yield Archive(
            members, limits, max_bytes, twice(members), lambda place: _unpacked(held, infos[place], max_bytes)
        )


def read(file: BinaryIO, count: int = -1) -> bytes:
    """Return the next bytes of a file of the image store, all for -1.

    Raises:
        StoreError: they cannot be read; that says nothing of the file, nor of the database.
    """
    try:
        return file.read(count)
    except OSError as error:
        raise StoreError(f"The file cannot be read from the image store: {error}.") from error


def _unpacked(held: zipfile.ZipFile, info: zipfile.ZipInfo, max_bytes: int) -> bytes:
    """Return a member's bytes, counted as they come: what its header says was checked, and is not relied on."""
    parts: list[bytes] = []
    left = max_bytes
    try:
        with held.open(info) as member:
            parts.append(member.read(HEAD_BYTES))
            kind = archive_kind(parts[0])
            if kind is not None:
                raise FileRefused("NESTED_ARCHIVE", f"It is itself an archive ({kind}); unpack it and send its files.")
            while parts[-1] and left >= 0:
                left -= len(parts[-1])
                parts.append(member.read(min(CHUNK_BYTES, left + 1)))
    except DAMAGE as error:
        raise FileRefused("MEMBER_DAMAGED", f"It is damaged in the archive: {error}.") from error
    if left < 0:
        raise FileRefused("IMAGE_TOO_LARGE", f"It has more than {max_bytes:,} bytes, which are accepted at most.")
    return b"".join(parts)


def _member(info: zipfile.ZipInfo) -> Member:
    return Member(
        name=info.filename,
        offset=info.header_offset,
        packed_bytes=info.compress_size,
        unpacked_bytes=info.file_size,
        method=info.compress_type,
        flags=info.flag_bits,
        mode=info.external_attr >> 16 if info.create_system == UNIX else 0,
    )


class _Bounded:
    """A file of which no more than `MAX_DIRECTORY_BYTES` are read at a time."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, count: int = -1) -> bytes:
        if count > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"its directory has {count:,} bytes, more than {MAX_DIRECTORY_BYTES:,}")
        return read(self._file, count if count >= 0 else MAX_DIRECTORY_BYTES)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET and offset < 0:  # of a real file an OSError, which would say nothing of the archive
            raise zipfile.BadZipFile("it says that something lies before its beginning")
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        """The file is its opener's to close."""
