"""Anchors of the audit trail: where every chain had come to at a moment, kept outside the database.

1. An anchor is one JSON document in one form: names sorted, no spaces, ASCII, a line feed at the end. Its SHA-256 is
   that of its bytes (`sha256sum` says the same), and bytes of any other form are no anchor.
2. Anchors are a chain themselves: each has the number after, and the SHA-256 of, the one before it; the first has 1 and
   32 zero bytes. So one that is changed, left out or put in another's place is told by its neighbours. The last one
   nobody vouches for yet but copies of it.
3. Whoever can write where anchors lie can write all of them anew. That is why copies belong where others rule.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from core.audit_chain import START
from core.errors import AnchorInvalid

SCHEMA = 1
HASH_BYTES = 32

Heads = Mapping[tuple[str, int], tuple[int, bytes]]
"""Position and hash of the last entry of each chain, by table and lane."""

FaultKind = Literal["missing", "changed", "reordered"]


@dataclass(frozen=True)
class Anchor:
    """What was anchored at a moment (`at`, timezone-aware) of which database.

    `system` is the identifier that PostgreSQL gave the cluster when it was made; `entry_id` is the greatest id of an
    entry at that moment.
    """

    number: int
    at: datetime
    database: str
    system: str
    entry_id: int
    before: bytes
    heads: Heads = field(hash=False)

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: one of them cannot be.
        """
        if self.number < 1:
            raise ValueError(f"expected a number from 1 on, got {self.number}")
        if self.at.tzinfo is None:
            raise ValueError(f"expected a time with its zone, got {self.at!r}")
        hashes = [self.before, *(digest for _, digest in self.heads.values())]
        wrong = [each for each in hashes if len(each) != HASH_BYTES]
        if wrong:
            raise ValueError(f"expected hashes of {HASH_BYTES} bytes, got {wrong[0].hex()}")
        if any(position < 1 for position, _ in self.heads.values()):
            raise ValueError("expected chains that have come to 1 or further")

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"anchor {self.number} of {_told(self.at)}"

    def to_bytes(self) -> bytes:
        """Return the document."""
        document = {
            "schema": SCHEMA,
            "number": self.number,
            "at": _told(self.at),
            "database": self.database,
            "system": self.system,
            "entry_id": self.entry_id,
            "before": self.before.hex(),
            "heads": [[*chain, position, digest.hex()] for chain, (position, digest) in sorted(self.heads.items())],
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def digest_of(data: bytes) -> bytes:
    """Return the SHA-256 of an anchor's bytes, which the next one carries."""
    return hashlib.sha256(data).digest()


def anchor_of(data: bytes) -> Anchor:
    """Return the anchor whose document `data` is.

    Raises:
        AnchorInvalid: it is none, of a newer program, or not in the one form that anchors have.
    """
    try:
        document = json.loads(data)
        if document["schema"] != SCHEMA:
            raise AnchorInvalid(f"It has the schema {document['schema']!r}, and this program knows {SCHEMA}.")
        anchor = _read(document)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise AnchorInvalid(f"It is no anchor ({type(error).__name__}: {error}).") from error
    if anchor.to_bytes() != data:
        raise AnchorInvalid("It is not in the one form that anchors have.")
    return anchor


def behind(heads: Heads, anchored: Heads) -> str:
    """Return how chains stand behind what was anchored of them, in words; empty where they do not.

    A chain never goes back, and has one hash at one position: where this has words, the trail was cut, or the database
    was put back to an earlier moment.
    """
    for (relation, lane), (position, digest) in sorted(anchored.items()):
        now, kept = heads.get((relation, lane), (0, START))
        if now < position:
            return f"lane {lane} of {relation} ends at {now}, and had come to {position}"
        if now == position and kept != digest:
            return f"lane {lane} of {relation} has another hash at {position} than it had"
    return ""


@dataclass(frozen=True)
class AnchorFault:
    """An anchor that is not as it was written: which, what happened, and how that was seen."""

    kind: FaultKind
    number: int
    words: str


class AnchorChain:
    """Anchors as they are read, by their numbers from the least on; `faults` is what their own chain tells of them."""

    def __init__(self) -> None:
        self.faults: list[AnchorFault] = []
        self._number = 0
        self._digest = START
        self._held: Anchor | None = None
        self._linked = True

    def see(self, number: int, data: bytes) -> Anchor | None:
        """Take the bytes that lie under a number; return the anchor before them where they vouch for it."""
        held, self._held = self._held, None
        if number > self._number + 1:
            self._miss(self._number + 1, number - 1)
        anchor = self._read(number, data)
        if anchor is not None and self._linked and anchor.before != self._digest:
            self._blame(number)
            held = None
        self._number, self._digest, self._held, self._linked = number, digest_of(data), anchor, anchor is not None
        return held

    def end(self) -> Anchor | None:
        """Return the last one, for which nobody vouches yet."""
        return self._held

    def _read(self, number: int, data: bytes) -> Anchor | None:
        try:
            anchor = anchor_of(data)
        except AnchorInvalid as error:
            self._fault("changed", number, str(error))
            return None
        if anchor.number != number:
            self._fault("reordered", number, f"anchor {anchor.number} lies in its place")
            return None
        return anchor

    def _blame(self, number: int) -> None:
        """Say that an anchor names another one before it than there is."""
        if number == 1:
            self._fault("changed", 1, "it is the first, and names another before it")
        else:
            self._fault("changed", number - 1, f"anchor {number} has another SHA-256 of it")

    def _miss(self, first: int, last: int) -> None:
        self._linked = False
        self._fault("missing", first, "it is not there" if first == last else f"all up to anchor {last} are not there")

    def _fault(self, kind: FaultKind, number: int, words: str) -> None:
        self.faults.append(AnchorFault(kind, number, words))


def _read(document: Mapping[str, Any]) -> Anchor:
    heads = {
        (str(relation), int(lane)): (int(position), bytes.fromhex(digest))
        for relation, lane, position, digest in document["heads"]
    }
    return Anchor(
        number=int(document["number"]),
        at=datetime.fromisoformat(document["at"]),
        database=str(document["database"]),
        system=str(document["system"]),
        entry_id=int(document["entry_id"]),
        before=bytes.fromhex(document["before"]),
        heads=heads,
    )


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
