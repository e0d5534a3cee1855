"""A folder in which pictures are dropped: what lies in it, reading it, and putting away what was handled.

1. Only files are seen that are whole as far as a name can say: not hidden ones, not those being written (`UNFINISHED`),
   no links, sockets or devices; nor what was put away, nor what lies on another disk.
2. What was handled is moved within the folder, to `done/<day>/` or `refused/<day>/`, with the folders it lay in; beside
   a refused file lies a note. Nothing is deleted, nothing written over: a name that is taken gets a number.
3. A file that has changed since it was looked at is another one: it is not read, and not put away.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from core.naming import PUT_AWAY

UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
LEFT_BY_SYSTEMS = {"thumbs.db", "desktop.ini"}
DEEPEST = 8
LONGEST_NAME_BYTES = 240
"""Shorter than any file system's own bound, to leave room for a number and the ending of a note."""

Kind = Literal["done", "refused"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file as it was seen: whoever writes to it, or puts another in its place, changes one of these."""

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> Sighting:
        """Return it from what the system says of a file."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ino)


class DropFolder:
    """The folder at `root`; names in it are relative, with `/` between folders."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def identity(self) -> tuple[int, int] | None:
        """Return what tells this folder from another at its path, or None where there is none."""
        try:
            found = self.root.stat()
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None

    def scan(self) -> Iterator[tuple[str, Sighting]]:
        """Yield the files that may be taken, with their names, as they are found: a folder may hold very many.

        Raises:
            OSError: the folder is not there, or cannot be looked into.
        """
        return self._scan(self.root, "", 0, self.root.stat().st_dev)

    def look_in(self) -> None:
        """See that the folder can be looked into.

        Raises:
            OSError: it cannot.
        """
        with os.scandir(self.root) as entries:
            next(entries, None)

    def read(self, name: str, seen: Sighting, max_bytes: int) -> bytes | None:
        """Return the bytes of a file, or None if it is not the one that was seen any more.

        Raises:
            OSError: it cannot be read.
        """
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe put in its place would be waited for
        try:
            descriptor = os.open(self.root / name, flags)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            if Sighting.of(os.fstat(descriptor)) != seen:
                return None
            data = file.read(max_bytes + 1)
            return data if Sighting.of(os.fstat(descriptor)) == seen and len(data) == seen.size else None

    def put_away(self, name: str, seen: Sighting, kind: Kind, day: str, note: str = "") -> Path | None:
        """Move a file that was handled; return where it is, or None if it is gone or not the one that was seen.

        Raises:
            OSError: it cannot be moved.
        """
        path = self.root / name
        if self._seen(path) != seen:
            return None
        (self.root / kind).mkdir(exist_ok=True)
        folder = _folder_in(self.root / kind, (day, *PurePosixPath(name).parent.parts))
        place = self._reserve(folder, path.name, note)
        try:
            path.rename(place)  # onto our own empty file, so that nobody's is written over
        except OSError as error:
            self._give_up(place, note)
            if isinstance(error, FileNotFoundError):
                return None
            raise
        if self._seen(place) == seen:
            return place
        self._give_up(self._put_back(place, path), note, keep=True)  # another was put in its place at this very moment
        return None

    def can_be_emptied(self) -> str:
        """Return why nothing can be put away here, in words; empty when it can be."""
        for folder in (self.root, *(self.root / kind for kind in PUT_AWAY)):
            if folder != self.root and not folder.is_symlink() and not folder.exists():
                continue
            if folder.is_symlink() and folder != self.root:
                return f"{folder} is a link; handled files are moved within the folder"
            if not folder.is_dir():
                return f"{folder} is not a folder"
            if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                return f"{folder} cannot be written to; handled files are moved within it"
            if folder.stat().st_dev != self.root.stat().st_dev:
                return f"{folder} lies on another disk; handled files are moved, and never copied"
        return ""

    def _scan(self, folder: Path, prefix: str, depth: int, disk: int) -> Iterator[tuple[str, Sighting]]:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = f"{prefix}{entry.name}"
                if entry.name.startswith(".") or (depth == 0 and entry.name in PUT_AWAY):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if depth < DEEPEST:
                        yield from self._inner(Path(entry.path), f"{name}/", depth + 1, disk)
                elif _is_taken(entry):
                    with suppress(FileNotFoundError):
                        yield name, Sighting.of(entry.stat(follow_symlinks=False))

    def _inner(self, folder: Path, prefix: str, depth: int, disk: int) -> Iterator[tuple[str, Sighting]]:
        """Yield what lies in a folder within; one that vanishes or is locked hides its own files alone.

        One on another disk is left: nothing can be moved from there.
        """
        with suppress(OSError):
            if folder.lstat().st_dev == disk:
                yield from self._scan(folder, prefix, depth, disk)

    @staticmethod
    def _seen(path: Path) -> Sighting | None:
        try:
            found = path.lstat()
        except OSError:
            return None
        return Sighting.of(found) if stat.S_ISREG(found.st_mode) else None

    @staticmethod
    def _reserve(folder: Path, name: str, note: str) -> Path:
        """Take a free name in `folder`, and for a note the name beside it, by making the files."""
        number = 1
        while True:
            place = folder / _numbered(name, number)
            try:
                os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640))
                if not note:
                    return place
                try:
                    with _note(place).open("x", encoding="utf-8") as file:
                        file.write(note)
                    return place
                except OSError:
                    place.unlink()
                    raise
            except FileExistsError:
                number += 1

    @staticmethod
    def _give_up(place: Path, note: str, *, keep: bool = False) -> None:
        with suppress(FileNotFoundError):
            if not keep:
                place.unlink()
        with suppress(FileNotFoundError):
            if note:
                _note(place).unlink()

    @staticmethod
    def _put_back(place: Path, path: Path) -> Path:
        """Move a file back to where it lay; where another lies there by now, it stays, and is taken by its new name."""
        back = DropFolder._reserve(path.parent, path.name, "")
        place.rename(back)
        return place


def _folder_in(folder: Path, parts: Sequence[str]) -> Path:
    """Make the folders `parts`, one within the other; one whose name a file or a link has gets a number."""
    for part in parts:
        number, place = 1, folder / part
        while place.is_symlink() or not _made(place):
            number += 1
            place = folder / _numbered(part, number)
        folder = place
    return folder


def _made(folder: Path) -> bool:
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError:
        return False
    return True


def _is_taken(entry: os.DirEntry[str]) -> bool:
    name = entry.name.lower()
    return entry.is_file(follow_symlinks=False) and not name.endswith(UNFINISHED) and name not in LEFT_BY_SYSTEMS


def _note(place: Path) -> Path:
    return place.with_name(f"{place.name}.txt")


def _numbered(name: str, number: int) -> str:
    """Return a name with a number before its ending, and no longer than a name may be."""
    stem, ending = os.path.splitext(name)  # noqa: PTH122 - Path would take the whole of `.x` or `a.` otherwise
    suffix = f"-{number}{ending}" if number > 1 else ending
    while stem and len(os.fsencode(stem + suffix)) > LONGEST_NAME_BYTES:
        stem = stem[:-1]
    return stem + suffix
