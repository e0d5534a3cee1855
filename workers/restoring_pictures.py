"""Putting the bytes of a backup back: pictures into the image store, files into the state folder.

1. Nothing reaches the store but what its address says: each byte is hashed on the way.
2. What lies there whole is left, so that a restore that was cut off goes on where it was; what is damaged there is
   written anew.
3. What is damaged or missing in the backup is named, and the rest is put back.
4. No file of the state folder is written over.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from data.backup_folder import BackupFolder
from data.backup_manifest import Manifest
from data.durable import make_folder, write_once
from data.errors import BackupDamaged, BlobMissing
from data.store import ImageStore
from workers.abreast import abreast
from workers.backing_up import Tell

SMALL_BYTES = 8 << 20
"""What is larger goes through a file, in constant memory."""

RESTORING = "restoring"
_FILES = re.compile(r"anchoring\.json|spool/(?:\w+/)?[\w-]+\.json", re.ASCII)


@dataclass
class Put:
    """What was put back: pictures, those that lay there already, files; and what is not whole in the backup."""

    pictures: int = 0
    there: int = 0
    files: int = 0
    damaged: list[str] = field(default_factory=list)


async def put_pictures(
    store: ImageStore, folder: BackupFolder, name: str, manifest: Manifest, *, scratch: Path, tell: Tell
) -> Put:
    """Put every picture of a backup into the store; `scratch` is a folder for large ones on their way.

    Raises:
        StoreError: the store takes nothing.
    """
    put = Put()
    beside = {*manifest.anchors.values(), *manifest.files.values()}

    async def one(pair: tuple[str, int]) -> None:
        try:
            await _put(store, folder, put, pair, scratch / RESTORING)
        except BackupDamaged as error:
            put.damaged.append(str(error))

    try:
        async for _ in abreast((pair for pair in folder.listed(name, manifest) if pair[0] not in beside), one):
            tell("Pictures", put.pictures + put.there + len(put.damaged), manifest.blob_count)
    finally:
        shutil.rmtree(scratch / RESTORING, ignore_errors=True)
    return put


def check_paths(manifest: Manifest) -> None:
    """See that the files of a backup belong into a state folder, and to what a backup holds of it.

    Raises:
        BackupDamaged: one leads elsewhere.
    """
    for path in manifest.files:
        if not _FILES.fullmatch(path):
            raise BackupDamaged(f"The manifest names the file {path[:80]!r}, which no backup holds.")


def put_files(folder: BackupFolder, manifest: Manifest, home: Path, put: Put) -> None:
    """Put the spooled records and the notes of a backup into a state folder, beside what lies there.

    Raises:
        OSError: they cannot be written.
    """
    for path, address in manifest.files.items():
        if (home / path).exists():
            continue
        try:
            data = folder.blobs.read(address)
        except BackupDamaged as error:
            put.damaged.append(f"{path}: {error}")
            continue
        make_folder((home / path).parent)
        write_once(home / path, data)
        put.files += 1


def anchors_of(folder: BackupFolder, manifest: Manifest, put: Put) -> dict[int, bytes]:
    """Return the bytes of the anchors in a backup by their numbers, but of those that are damaged."""
    found = {}
    for number, address in sorted(manifest.anchors.items()):
        try:
            found[number] = folder.blobs.read(address)
        except BackupDamaged as error:
            put.damaged.append(f"anchor {number}: {error}")
    return found


async def _put(store: ImageStore, folder: BackupFolder, put: Put, pair: tuple[str, int], scratch: Path) -> None:
    address, byte_count = pair
    if await _is_whole(store, address):
        put.there += 1
        return
    if byte_count <= SMALL_BYTES:
        await store.put(await asyncio.to_thread(folder.blobs.read, address))
    else:
        await _adopt(store, folder, address, scratch)
    put.pictures += 1


async def _is_whole(store: ImageStore, address: str) -> bool:
    """Tell whether a picture lies in the store as it should; one that is damaged is removed."""
    digest = hashlib.sha256()
    try:
        async for chunk in store.stream(address):
            digest.update(chunk)
    except BlobMissing:
        return False
    if digest.hexdigest() != address:
        await store.delete(address)
        return False
    return True


async def _adopt(store: ImageStore, folder: BackupFolder, address: str, scratch: Path) -> None:
    await asyncio.to_thread(make_folder, scratch)
    copy, digest = scratch / uuid4().hex, hashlib.sha256()
    try:
        with await asyncio.to_thread(copy.open, "wb") as file:
            async for chunk in folder.blobs.stream(address):
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
        if digest.hexdigest() != address:
            path = folder.blobs.path(address)
            raise BackupDamaged(f"{path} was changed: its bytes are not what its name says")
        await store.adopt(copy, address)
    finally:
        copy.unlink(missing_ok=True)
