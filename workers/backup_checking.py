"""Checking a backup without putting it back: all that it needs is read, and held against its digests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from data.backup_folder import BackupFolder
from data.backup_manifest import KeptFile, Manifest
from data.errors import BackupDamaged, BackupError


@dataclass(frozen=True)
class Checked:
    """What came of it: the manifest where it can be read, what was read, and what is wrong, in words."""

    name: str
    manifest: Manifest | None
    files: int
    blobs: int
    faults: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether all of it is as it was written. What the image store lacked then is no fault of the backup."""
        return not self.faults


def check(folder: BackupFolder, name: str, tell: Callable[[str, int, int], None]) -> Checked:
    """Read a whole backup; what is wrong is told, each by its name, and the rest is read all the same.

    Raises:
        BackupError: there is no such backup, or a newer program made it.
    """
    try:
        manifest = folder.manifest(name)
    except BackupDamaged as error:
        return Checked(name, None, 0, 0, (str(error),))
    faults: list[str] = []
    files = (*(table.kept for table in manifest.tables), manifest.blobs)
    for number, kept in enumerate(files):
        tell("Files", number, len(files))
        faults += _faults(lambda kept=kept: folder.check_file(name, kept))  # type: ignore[misc]
    blobs = 0
    try:
        for address, byte_count in _listed(folder, name, manifest):
            faults += _faults(lambda at=address, size=byte_count: folder.blobs.check(at, size))  # type: ignore[misc]
            blobs += 1
            tell("Pictures", blobs, manifest.blob_count)
    except BackupDamaged as error:
        faults.append(str(error))
    else:
        if blobs != manifest.blob_count:
            faults.append(
                f"{manifest.blobs.file} lists {blobs:,} addresses, and the manifest says {manifest.blob_count:,}"
            )
    return Checked(name, manifest, len(files), blobs, tuple(dict.fromkeys(faults)))


def check_rows(folder: BackupFolder, name: str, manifest: Manifest) -> None:
    """Hold all that a restore reads before it writes against the manifest: the tables and the list.

    Raises:
        BackupDamaged: a file is not what was written.
    """
    kept: KeptFile
    for kept in (*(table.kept for table in manifest.tables), manifest.blobs):
        folder.check_file(name, kept)


def _listed(folder: BackupFolder, name: str, manifest: Manifest) -> Iterator[tuple[str, int]]:
    folder.check_file(name, manifest.blobs)
    return folder.listed(name, manifest)


def _faults(look: Callable[[], None]) -> list[str]:
    try:
        look()
    except BackupError as error:
        return [str(error)]
    return []
