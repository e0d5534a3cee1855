"""Anchors in a folder: of this machine, or of one that is mounted from elsewhere.

The file system must know hard links (all of Linux' own do, and NFS): a file that is linked to its name is there whole,
and no other is ever written over.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from data.anchors import name_of, number_at
from data.durable import make_folder, write_once
from data.errors import AnchorError, AnchorTaken


class AnchorFolder:
    """Anchors in `root`, which is made with the first of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = str(root)

    async def numbers(self) -> list[int]:
        """Return the numbers of the anchors that lie there; see `AnchorPlace.numbers`."""
        return await asyncio.to_thread(self._numbers)

    async def read(self, number: int) -> bytes:
        """Return the bytes of an anchor; see `AnchorPlace.read`."""
        return await asyncio.to_thread(self._read, number)

    async def add(self, number: int, data: bytes) -> None:
        """Keep an anchor; see `AnchorPlace.add`."""
        await asyncio.to_thread(self._add, number, data)

    def _numbers(self) -> list[int]:
        try:
            names = [each.name for each in self.root.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise AnchorError(f"The anchors in {self.name} cannot be looked through: {_words(error)}.") from error
        return sorted(number for number in map(number_at, names) if number is not None)

    def _read(self, number: int) -> bytes:
        try:
            return (self.root / name_of(number)).read_bytes()
        except OSError as error:
            raise AnchorError(f"Anchor {number} cannot be read from {self.name}: {_words(error)}.") from error

    def _add(self, number: int, data: bytes) -> None:
        try:
            make_folder(self.root)
            write_once(self.root / name_of(number), data)
        except FileExistsError as error:
            if not self.root.is_dir():
                raise AnchorError(f"Anchors cannot be kept in {self.name}: it is no folder.") from error
            raise AnchorTaken(f"Anchor {number} lies in {self.name} already.") from error
        except OSError as error:
            raise AnchorError(f"Anchors cannot be kept in {self.name}: {_words(error)}.") from error


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
