"""What lies in a folder, as it was seen look by look: what has settled, in the order it is to be taken in.

1. A file has settled when neither its size nor its time of change has moved for `settle_s`.
2. It is in order by its time of change, then its name.
3. At most `most` files are remembered: those whose turn comes first, and of these such as rest last of all, so that a
   pile of broken files stands in nobody's way. The others are counted, and seen again once there is room.
4. A look may take many pieces, and be broken off: what was seen in it is known, and nothing is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workers.drop_folder import Sighting

MOST = 20_000
"""Some 10 MB of memory."""


@dataclass(slots=True)
class Seen:
    """A file that lies there: as it was seen, since when so, and, where it could not be taken, when to try again."""

    sighting: Sighting
    since: float
    look: int
    tries: int = 0
    again: float = 0.0


class Sightings:
    """The files of one folder. Times are of a clock that never jumps, in seconds."""

    def __init__(self, settle_s: float, most: int = MOST) -> None:
        self._settle_s, self._most = settle_s, most
        self._seen: dict[str, Seen] = {}
        self._look = 0
        self._found = 0
        self._beyond = 0

    def __len__(self) -> int:
        """How many files lie there, those that are not remembered too."""
        return len(self._seen) + self._beyond

    def __getitem__(self, name: str) -> Seen:
        """Return what is remembered of a file."""
        return self._seen[name]

    def begin(self) -> None:
        """Begin to look."""
        self._look += 1
        self._found = 0

    def see(self, found: Iterable[tuple[str, Sighting]], now: float) -> None:
        """Take note of some files; one that has changed settles anew."""
        for name, sighting in found:
            self._found += 1
            known = self._seen.get(name)
            if known is None or known.sighting != sighting:
                self._seen[name] = Seen(sighting, now, self._look)
            else:
                known.look = self._look
        if len(self._seen) > 2 * self._most:
            self._cut()

    def end(self) -> None:
        """Forget what is not there any more."""
        self._seen = {name: seen for name, seen in self._seen.items() if seen.look == self._look}
        self._cut()
        self._beyond = self._found - len(self._seen)

    def forget(self, name: str) -> None:
        """Forget one file, which was handled."""
        self._seen.pop(name, None)

    def forget_all(self) -> None:
        """Forget everything: nothing can be taken from there."""
        self._seen, self._beyond = {}, 0

    def ready(self, now: float) -> list[str]:
        """Return the files that may be taken now, in order."""
        ready = [name for name, seen in self._seen.items() if self._due(seen) <= now]
        return sorted(ready, key=lambda name: (self._seen[name].sighting.mtime_ns, name))

    def next_due(self) -> float | None:
        """Return when the next file settles or has rested; None: nothing lies there."""
        return min(map(self._due, self._seen.values()), default=None)

    def _due(self, seen: Seen) -> float:
        return max(seen.since + self._settle_s, seen.again)

    def _cut(self) -> None:
        """Keep those whose turn comes first."""
        if len(self._seen) > self._most:
            ordered = sorted(self._seen, key=lambda name: self._turn(name, self._seen[name]))
            self._seen = {name: self._seen[name] for name in ordered[: self._most]}

    @staticmethod
    def _turn(name: str, seen: Seen) -> tuple[bool, int, str]:
        return seen.tries > 0, seen.sighting.mtime_ns, name
