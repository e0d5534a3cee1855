"""Keeping so many backups and no more: the oldest go, and with them the bytes that no other needs.

1. The newest whole backup stays, whatever is asked: one whose pictures were all there.
2. One whose manifest cannot be read stays too, for somebody to look at; while it is there, nobody knows which bytes it
   needs, and none are removed.
3. A backup goes first and its bytes after it. Whatever is killed in between leaves bytes that nothing needs, which go
   with the next one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from data.backup_blobs import told
from data.backup_folder import BackupFolder
from data.backup_manifest import Manifest
from data.errors import BackupDamaged, BackupError


@dataclass(frozen=True)
class Removed:
    """What went: backups by their names, blobs and their bytes; and why none did, where something is in the way."""

    names: tuple[str, ...] = ()
    blobs: int = 0
    byte_count: int = 0
    remark: str = ""


def keep_newest(folder: BackupFolder, keep: int) -> Removed:
    """Remove all but the newest `keep` backups (1 or more), and what only they needed.

    Raises:
        BackupError: something cannot be removed, or others use the folder.
    """
    if keep < 1:
        raise ValueError(f"expected 1 or more backups to keep, got {keep}")
    with folder.locked(alone=True):
        readable, unreadable = _read(folder)
        names = sorted(readable)
        whole = [name for name in names if not readable[name].lacking]
        kept = {*names[-keep:], *whole[-1:]}
        gone = tuple(name for name in names if name not in kept)
        for name in gone:
            folder.remove(name)
        if unreadable:
            return Removed(gone, remark=f"{unreadable} No bytes were removed: what it needs is not known.")
        try:
            return _without(folder, gone, {name: readable[name] for name in sorted(kept)})
        except BackupDamaged as error:
            return Removed(gone, remark=f"{error}. No bytes were removed: what that backup needs is not known.")


def _read(folder: BackupFolder) -> tuple[dict[str, Manifest], str]:
    readable, unreadable = {}, ""
    for name in folder.names():
        try:
            readable[name] = folder.manifest(name)
        except BackupError as error:  # a newer program's too
            unreadable = str(error)
    return readable, unreadable


def _without(folder: BackupFolder, gone: tuple[str, ...], kept: dict[str, Manifest]) -> Removed:
    for name, manifest in kept.items():
        folder.check_file(name, manifest.blobs)  # a list that is cut short would cost what it no longer names
    needed = heapq.merge(*(folder.listed(name, manifest) for name, manifest in kept.items()))
    blobs = byte_count = 0
    with told(folder.root):
        for address in _not_in(folder.blobs.addresses(), (address for address, _ in needed)):
            byte_count += folder.blobs.remove(address)
            blobs += 1
    return Removed(gone, blobs, byte_count)


def _not_in(there: Iterator[str], needed: Iterator[str]) -> Iterator[str]:
    """Yield what is there and not needed; both are in order, and neither is ever held in memory."""
    wanted = next(needed, None)
    for address in there:
        while wanted is not None and wanted < address:
            wanted = next(needed, None)
        if address != wanted:
            yield address
