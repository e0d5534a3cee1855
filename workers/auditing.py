"""Verification of the audit trail: every chain is walked and hashed anew, outside the database.

1. What is found is told by the first bad entry of each chain: behind a wrong link nothing of that chain can be trusted.
2. A chain must reach what its head says, and pass through what was anchored outside the database (`workers.anchoring`).
   Whoever rewrites a whole chain and its head is found out by an anchor, and by nothing else.
3. A table that is followed must have its triggers, and its rows must say what the trail says of them last.
4. All of it is read as of one moment; it may run while others write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from core.audit_chain import START, Entry, hash_after
from data.database import Database
from data.queries import audit, audit_tables
from data.tables.audit import FOLLOWED

Kind = Literal["changed", "removed", "inserted", "reordered", "rewritten", "differs", "unguarded"]

Chain = tuple[str, int]
"""A table and a lane of it."""

TELL_EVERY = 100_000


@dataclass(frozen=True)
class Anchored:
    """Where a chain had come to at a moment, as kept outside the database; `source` says where that was read."""

    relation: str
    lane: int
    position: int
    hash: bytes
    source: str


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written: what happened, to which entry or row, and how that was seen."""

    kind: Kind
    relation: str
    words: str
    lane: int | None = None
    position: int | None = None
    entry_id: int | None = None
    row_id: str | None = None
    expected: int | None = None
    """The position that should have come, where another did."""


@dataclass
class Verified:
    """What came of a verification."""

    entries: int = 0
    chains: int = 0
    anchors: int = 0
    faults: list[Fault] = field(default_factory=list)


def _nobody(entries: int) -> None:
    pass


async def verify(
    database: Database, *, anchors: Iterable[Anchored] = (), tell: Callable[[int], None] = _nobody
) -> Verified:
    """Walk every chain there is, and compare tables, triggers, heads and `anchors` with it.

    `tell` hears how many entries were seen, now and then.
    """
    found = Verified()
    wanted: dict[Chain, list[Anchored]] = {}
    for anchor in anchors:
        wanted.setdefault((anchor.relation, anchor.lane), []).append(anchor)
    async with database.snapshot() as session:
        heads = await audit.heads(session)
        for relation in sorted({*FOLLOWED, *(relation for relation, _ in (*heads, *wanted))}):
            ours = {lane: head for (of, lane), head in heads.items() if of == relation}
            walk = _Walk(relation, ours, {lane: each for (of, lane), each in wanted.items() if of == relation})
            async for entry, kept in audit.walk(session, relation):
                walk.see(entry, kept)
                found.entries += 1
                if found.entries % TELL_EVERY == 0:
                    tell(found.entries)
            walk.end()
            found.chains += len(walk.chains)
            found.anchors += walk.anchors
            found.faults += [await _told_apart(session, fault) for fault in walk.faults]
        for relation in FOLLOWED:
            found.faults += await _besides(session, relation)
    return found


class _Walk:
    """The chains of one table, seen entry by entry in the order of ids."""

    def __init__(
        self, relation: str, heads: Mapping[int, tuple[int, bytes]], anchors: Mapping[int, list[Anchored]]
    ) -> None:
        self.chains: dict[int, tuple[int, bytes]] = {}
        self.faults: list[Fault] = []
        self.anchors = 0
        self._relation = relation
        self._heads = heads
        self._anchors = {lane: _by_position(listed) for lane, listed in anchors.items()}
        self._agreed: dict[int, int] = {}
        self._broken: set[int] = set()

    def see(self, entry: Entry, kept: bytes) -> None:
        """Check one entry against the one before it in its chain."""
        if entry.lane in self._broken:
            return
        position, before = self.chains.get(entry.lane, (0, START))
        if entry.position > self._heads.get(entry.lane, (0, START))[0]:
            self._break("inserted", entry, "its chain had not come so far, as its head says")
        elif entry.position != position + 1:
            kind: Kind = "removed" if entry.position > position + 1 else "inserted"
            self._break(kind, entry, f"{entry.position} comes after {position}", expected=position + 1)
        elif hash_after(before, entry) != kept:
            self._break("changed", entry, "its content does not give the hash that is kept with it")
        else:
            self.chains[entry.lane] = (entry.position, kept)
            self._pass_anchor(entry, kept)

    def end(self) -> None:
        """Check that every chain has come to where its head is, and passed every anchor."""
        for lane in sorted({*self._heads, *self.chains, *self._anchors} - self._broken):
            position, digest = self.chains.get(lane, (0, START))
            head = self._heads.get(lane, (0, START))
            if position < head[0]:
                self._end(lane, position, "removed", f"it ends at {position}, and its head is at {head[0]}")
            elif digest != head[1]:
                self._end(lane, position, "rewritten", "its head has another hash of its last entry")
            missing = min((each for each in self._anchors.get(lane, {}) if each > position), default=0)
            if missing:
                source = self._anchors[lane][missing][0].source
                self._end(lane, position, "removed", f"it ends at {position}, and {source} knows of {missing}")

    def _pass_anchor(self, entry: Entry, kept: bytes) -> None:
        passed = self._anchors.get(entry.lane, {}).get(entry.position, [])
        others = [anchor.source for anchor in passed if anchor.hash != kept]
        self.anchors += len(passed)
        if others:
            since = self._agreed.get(entry.lane, 0) + 1
            self._break("rewritten", entry, f"{others[0]} has another hash of it; what differs lies from {since} on")
        elif passed:
            self._agreed[entry.lane] = entry.position

    def _break(self, kind: Kind, entry: Entry, words: str, *, expected: int | None = None) -> None:
        self._broken.add(entry.lane)
        at = Fault(kind, self._relation, words, entry.lane, entry.position, entry.id, entry.row_id, expected)
        self.faults.append(at)

    def _end(self, lane: int, position: int, kind: Kind, words: str) -> None:
        self.faults.append(Fault(kind, self._relation, words, lane=lane, position=position))


def _by_position(anchors: Iterable[Anchored]) -> dict[int, list[Anchored]]:
    """Return anchors of one chain by position: a chain that was rewritten between two has several hashes at one."""
    listed: dict[int, list[Anchored]] = {}
    for anchor in anchors:
        listed.setdefault(anchor.position, []).append(anchor)
    return listed


async def _told_apart(session: AsyncSession, fault: Fault) -> Fault:
    """Return a fault of a missing entry as reordered, where the entry lies elsewhere in the chain."""
    if fault.kind != "removed" or fault.lane is None or fault.expected is None:
        return fault
    elsewhere = await audit.is_there(session, fault.relation, fault.lane, fault.expected)
    return replace(fault, kind="reordered") if elsewhere else fault


async def _besides(session: AsyncSession, relation: str) -> list[Fault]:
    """Return what is wrong with the triggers of a table, and its first row that is not as the trail says of it last."""
    guarded = await audit_tables.listened_to(session, relation)
    missing = [operation for operation in audit_tables.OPERATIONS if operation not in guarded]
    faults = [Fault("unguarded", relation, f"nothing listens to {each}: no enabled trigger") for each in missing]
    differing = await audit_tables.first_difference(session, relation)
    if differing is not None:
        faults.append(Fault("differs", relation, differing.words, row_id=str(differing.row_id)))
    return faults
