"""A folder of backups: each has its own tables and lists, and all share the bytes of pictures.

    DEST/
      marksight-backups.json            says that the folder is one of backups
      blobs/ab/<sha256>                 pictures, archives, anchors, spooled records: each once over all backups
      backups/<time>-<digest>/          one backup
        manifest.json                   written last; `<digest>` is the beginning of its SHA-256
        blobs.txt.gz                    every address that this backup needs, and its length
        <schema>.<table>.copy.gz        the rows of a table

1. A backup is made under another name, flushed, and renamed when it is whole: what has a backup's name is one.
2. One writes at a time, and nobody who reads meanwhile loses what they read: a lock of the kernel on the folder's file.
3. A folder in which other things lie is never taken for one of backups.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from uuid import uuid4

from data.backup_blobs import BackupBlobs, flush, told, words
from data.backup_manifest import FORMAT, KeptFile, Manifest, manifest_of, name_of
from data.durable import make_folder
from data.errors import BackupDamaged, BackupError

MARKER = "marksight-backups.json"
MANIFEST = "manifest.json"
LIST = "blobs.txt.gz"
UNFINISHED = ".unfinished-"
HARMLESS = {f"{MARKER}.new", "lost+found"}
"""What may lie in a folder that is to be one of backups: what a killed run left, and what a fresh disk has."""

_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{12}")
_PLAIN = re.compile(r"[A-Za-z0-9_.]+")
_LISTED = re.compile(r"([0-9a-f]{64}) (\d+)\n")


class BackupFolder:
    """Backups below `root`; made by `make` or `open`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.blobs = BackupBlobs(root / "blobs")
        self._backups = root / "backups"

    @classmethod
    def make(cls, root: Path) -> Self:
        """Return the folder of backups at `root`, made if there is none.

        Raises:
            BackupError: other things lie there, or it cannot be written.
        """
        with told(root):
            make_folder(root)
            if not (root / MARKER).exists():
                if any(each.name not in HARMLESS for each in root.iterdir()):
                    raise BackupError(f"{root} holds other things than backups; name an empty folder, or a new one.")
                _write(root / f"{MARKER}.new", json.dumps({"format": FORMAT}).encode() + b"\n")
                (root / f"{MARKER}.new").replace(root / MARKER)
                flush(root)
            made = cls.open(root)
            for folder in (made.blobs.root, made._backups):
                folder.mkdir(exist_ok=True, mode=0o700)
            return made

    @classmethod
    def open(cls, root: Path) -> Self:
        """Return the folder of backups at `root`.

        Raises:
            BackupError: there is none, or it is of a newer program.
        """
        try:
            document = json.loads((root / MARKER).read_bytes())
        except FileNotFoundError:
            raise BackupError(f"There are no backups in {root}: it has no {MARKER}.") from None
        except (OSError, ValueError) as error:
            raise BackupError(f"{root / MARKER} cannot be read ({error}).") from error
        if document.get("format", 0) > FORMAT:
            raise BackupError(f"The backups in {root} were made by a newer Marksight; install that one here.")
        return cls(root)

    @contextmanager
    def locked(self, *, alone: bool) -> Iterator[None]:
        """Hold the folder: `alone` to write there, else beside others who read.

        Raises:
            BackupError: somebody writes there, or, to be alone, reads.
        """
        with (self.root / MARKER).open("rb") as marker:
            try:
                fcntl.flock(marker, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupError(f"Another backup or restore uses {self.root} now; wait until it has ended.") from None
            yield

    def names(self) -> list[str]:
        """Return the names of all backups there, the oldest first."""
        with told(self.root):
            return sorted(each.name for each in self._backups.iterdir() if _NAME.fullmatch(each.name))

    def begin(self) -> Path:
        """Make a folder for a new backup, and remove what killed runs left; for who is alone here."""
        with told(self.root):
            for left in self._backups.glob(f"{UNFINISHED}*"):
                shutil.rmtree(left)
            self.blobs.clear()
            folder = self._backups / f"{UNFINISHED}{uuid4().hex}"
            folder.mkdir(mode=0o700)
            return folder

    def finish(self, folder: Path, manifest: Manifest) -> str:
        """Let what lies in `folder` be a backup; return its name. Once this returns, it survives the loss of power."""
        data = manifest.to_bytes()
        name = name_of(manifest, data)
        self.blobs.flush()
        with told(self.root):
            _write(folder / MANIFEST, data)
            flush(folder)
            folder.replace(self._backups / name)
            flush(self._backups)
        return name

    def manifest(self, name: str) -> Manifest:
        """Return the manifest of a backup.

        Raises:
            BackupError: there is no such backup, or a newer program made it.
            BackupDamaged: it is not what was written.
        """
        if not _NAME.fullmatch(name) or not (self._backups / name).is_dir():
            raise BackupError(f"There is no backup {name[:80]!r} in {self.root}; see: marksight backup list")
        try:
            data = (self._backups / name / MANIFEST).read_bytes()
        except OSError as error:
            raise BackupDamaged(f"The backup {name} has no manifest that can be read: {words(error)}.") from error
        try:
            manifest = manifest_of(data)
        except BackupDamaged as error:
            raise BackupDamaged(f"The backup {name} cannot be used: {error}.") from error
        except BackupError as error:
            raise BackupError(f"The backup {name} cannot be used: {error}.") from error
        if name_of(manifest, data) != name:
            raise BackupDamaged(
                f"The manifest of the backup {name} was changed: its SHA-256 is not what its name says."
            )
        return manifest

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a backup's manifest, which vouches for all of it."""
        return hashlib.sha256((self._backups / name / MANIFEST).read_bytes()).hexdigest()

    def file(self, name: str, kept: KeptFile) -> Path:
        """Return where a file of a backup lies.

        Raises:
            BackupDamaged: its name leads elsewhere.
        """
        if not _PLAIN.fullmatch(kept.file):
            raise BackupDamaged(f"The backup {name} names the file {kept.file[:80]!r}, which is none of a backup.")
        return self._backups / name / kept.file

    def check_file(self, name: str, kept: KeptFile) -> None:
        """Read a file of a backup, and hold it against the manifest.

        Raises:
            BackupDamaged: it is not there, not whole, or something else.
        """
        path = self.file(name, kept)
        try:
            found = path.stat().st_size
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            raise BackupDamaged(f"{path} is missing") from None
        except OSError as error:
            raise BackupDamaged(f"{path} cannot be read: {words(error)}") from error
        if found != kept.byte_count:
            raise BackupDamaged(f"{path} has {found:,} bytes and should have {kept.byte_count:,}")
        if digest != kept.sha256:
            raise BackupDamaged(f"{path} was changed: its SHA-256 is not that of the manifest")

    def listed(self, name: str, manifest: Manifest) -> Iterator[tuple[str, int]]:
        """Yield every address that a backup needs, and its length, in order.

        Raises:
            BackupDamaged: the list is not what was written.
        """
        path = self.file(name, manifest.blobs)
        try:
            with gzip.open(path, "rt", encoding="ascii") as lines:
                for line in lines:
                    found = _LISTED.fullmatch(line)
                    if found is None:
                        raise BackupDamaged(f"{path} was changed: it holds what is no address")
                    yield found[1], int(found[2])
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise BackupDamaged(f"{path} cannot be read: {error}") from error

    def remove(self, name: str) -> None:
        """Remove a backup; the bytes that it shared stay. A run that is killed here leaves none that looks whole."""
        with told(self.root):
            gone = self._backups / f"{UNFINISHED}{uuid4().hex}"
            (self._backups / name).replace(gone)
            flush(self._backups)
            shutil.rmtree(gone)


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
