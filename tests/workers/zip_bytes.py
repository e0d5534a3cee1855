"""Zip archives byte by byte (PKWARE's APPNOTE), for what no writer of Python's will write: encrypted ones, odd ones."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A member as its headers say: `name` and `data` as bytes, `mode` as of `st_mode` if `system` is Unix (3)."""

    name: bytes
    data: bytes
    method: int = 8
    flags: int = 0
    mode: int = 0o100644
    system: int = 3
    password: bytes | None = None


def built(entries: Sequence[Entry], *, before: bytes = b"", comment: bytes = b"") -> bytes:
    """Return an archive of members; `before` stands before it, and no offset knows of it."""
    body, directory = b"", b""
    for entry in entries:
        packed = _packed(entry)
        flags = entry.flags | (entry.password is not None)
        sizes = struct.pack("<LLL", zlib.crc32(entry.data), len(packed), len(entry.data))
        common = struct.pack("<HHHHH", 20, flags, entry.method, 0, 0x5821) + sizes
        lengths = struct.pack("<HH", len(entry.name), 0)
        ending = struct.pack("<HHHLL", 0, 0, 0, entry.mode << 16, len(body))
        directory += b"PK\1\2" + bytes([20, entry.system]) + common + lengths + ending + entry.name
        body += b"PK\3\4" + common + lengths + entry.name + packed
    counts = struct.pack("<HHHHLLH", 0, 0, len(entries), len(entries), len(directory), len(body), len(comment))
    return before + body + directory + b"PK\5\6" + counts + comment


def streamed(entries: Sequence[Entry]) -> bytes:
    """Return an archive as a program writes it that cannot go back: sizes stand behind the members (bit 3)."""
    held = io.BytesIO()
    with zipfile.ZipFile(_Onwards(held), "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for entry in entries:
            archive.writestr(entry.name.decode(), entry.data)
    return held.getvalue()


class _Onwards:
    """A file that cannot be sought in."""

    def __init__(self, file: io.BytesIO) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def flush(self) -> None:
        """Nothing waits."""


def _packed(entry: Entry) -> bytes:
    packed = entry.data
    if entry.method == 8:
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = squeeze.compress(entry.data) + squeeze.flush()
    return packed if entry.password is None else encrypted(packed, entry.password, zlib.crc32(entry.data))


def encrypted(data: bytes, password: bytes, crc: int) -> bytes:
    """Return bytes as PKWARE's traditional encryption has them (APPNOTE 6.1): twelve random ones first, then `data`.

    The last of the twelve tells a reader whether the password is right.
    """
    keys = [0x12345678, 0x23456789, 0x34567890]
    for byte in password:
        _turn(keys, byte)
    return bytes(_hidden(keys, byte) for byte in bytes(11) + bytes([crc >> 24]) + data)


def _hidden(keys: list[int], byte: int) -> int:
    mask = (keys[2] & 0xFFFF) | 2
    hidden = byte ^ ((mask * (mask ^ 1)) >> 8 & 0xFF)
    _turn(keys, byte)
    return hidden


def _turn(keys: list[int], byte: int) -> None:
    keys[0] = _crc_of(keys[0], byte)
    keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
    keys[2] = _crc_of(keys[2], keys[1] >> 24)


def _crc_of(crc: int, byte: int) -> int:
    """Turn a CRC-32 by one byte, without the inversions that `zlib.crc32` begins and ends with."""
    return ~zlib.crc32(bytes([byte]), ~crc & 0xFFFFFFFF) & 0xFFFFFFFF
