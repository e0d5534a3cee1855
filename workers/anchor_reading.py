"""Reads the anchors of the audit trail for verification, and holds them against each other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from core.audit_anchor import Anchor, AnchorChain, AnchorFault, anchor_of, digest_of
from core.errors import AnchorInvalid
from data.anchor_folder import AnchorFolder
from data.anchors import AnchorPlace
from data.errors import AnchorError
from workers.anchor_notes import AnchorNotes
from workers.auditing import Anchored

MAX_BYTES = 64 << 20
"""A file that is said to be an anchor and is larger is not read."""


@dataclass
class AnchorsRead:
    """What anchors say, and what is wrong with them. One that is damaged, or not as the next has it, says nothing.

    `place` is where they were read, `of` the databases (name and system) that they are of, in their order.
    """

    place: str
    count: int = 0
    of: list[tuple[str, str]] = field(default_factory=list)
    faults: list[AnchorFault] = field(default_factory=list)
    _heads: dict[tuple[str, int, int, bytes], str] = field(default_factory=dict)

    @property
    def anchored(self) -> Iterable[Anchored]:
        """Every head, once, with the first anchor that names it."""
        return (Anchored(*head, source) for head, source in self._heads.items())

    def take(self, anchor: Anchor | None) -> None:
        """Keep what a sound anchor says."""
        if anchor is None:
            return
        if (anchor.database, anchor.system) not in self.of:
            self.of.append((anchor.database, anchor.system))
        title = anchor.title
        for chain, head in anchor.heads.items():
            self._heads.setdefault((*chain, *head), title)


async def read_place(place: AnchorPlace, notes: AnchorNotes | None = None) -> AnchorsRead:
    """Read all that lie in a place; with `notes`, hold the last one written from here against what lies there.

    Raises:
        AnchorError: the place cannot be read.
    """
    found, chain = AnchorsRead(place.name), AnchorChain()
    noted = notes if notes is not None and notes.place == place.name else AnchorNotes()
    numbers = await place.numbers()
    for number in numbers:
        data = await place.read(number)
        found.take(chain.see(number, data))
        if number == noted.number and digest_of(data).hex() != noted.sha256:
            chain.faults.append(AnchorFault("changed", number, "it is not what was written from here"))
    found.take(chain.end())
    found.count, found.faults = len(numbers), chain.faults
    if noted.number > max(numbers, default=0):
        found.faults.append(AnchorFault("missing", noted.number, "it was written from here, and is not there"))
    return found


async def read_path(path: Path) -> AnchorsRead:
    """Read the anchors in a folder, or the one that a file is.

    Raises:
        AnchorError: there are none.
        OSError: the file cannot be read.
    """
    if not await asyncio.to_thread(path.is_dir):
        return await asyncio.to_thread(_read_file, path)
    found = await read_place(AnchorFolder(path))
    if not found.count:
        raise AnchorError(f"There are no anchors in {path}; they are named anchor-0000000001.json and so on.")
    return found


def _read_file(path: Path) -> AnchorsRead:
    found = AnchorsRead(str(path), 1)
    if path.stat().st_size > MAX_BYTES:
        raise AnchorError(f"{path} is larger than any anchor.")
    try:
        found.take(anchor_of(path.read_bytes()))
    except AnchorInvalid as error:
        raise AnchorError(f"{path} cannot be used: {error}") from error
    return found
