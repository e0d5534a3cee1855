"""How much memory there is left, as the kernel counts it: for this process's control group, or for the machine.

A process that takes more than its group may have is killed without a word. A worker looks here between two pictures
and ends in good time; but only if it has grown itself: memory that others take is not given back by its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MB = 2**20
RESERVE = 0.08
LEAST_RESERVE_MB = 128
"""Less than this share of what there is, and less than so much of it, is too little."""

GROWN = 1.25
GROWN_MB = 64
"""A process has grown that holds so many times what it held at first, and so much more."""

V1 = {"max": "memory.limit_in_bytes", "current": "memory.usage_in_bytes", "cache": "total_inactive_file"}
V2 = {"max": "memory.max", "current": "memory.current", "cache": "inactive_file"}


@dataclass(frozen=True)
class Room:
    """What there is of memory and what of it is left, in MB."""

    total_mb: int
    left_mb: int

    @property
    def is_short(self) -> bool:
        """Whether too little is left."""
        return self.left_mb < max(RESERVE * self.total_mb, min(LEAST_RESERVE_MB, self.total_mb / 4))


def why_to_end(resident_mb: int, first_mb: int, room: Room | None, most_mb: int) -> str | None:
    """Return why a process that held `first_mb` once it had begun should end, or None."""
    if resident_mb > most_mb:
        return f"it holds {resident_mb} MB, more than {most_mb}"
    has_grown = resident_mb > max(GROWN * first_mb, first_mb + GROWN_MB)
    if room is not None and room.is_short and has_grown:
        return f"{room.left_mb} MB of {room.total_mb} are left, and it has grown from {first_mb} to {resident_mb} MB"
    return None


def room(root: Path = Path("/")) -> Room | None:
    """Return the least room of this process's control groups and the machine; None where the system does not say."""
    found = [each for each in (_machine(root), *_groups(root)) if each is not None]
    return min(found, key=lambda each: each.left_mb, default=None)


def _machine(root: Path) -> Room | None:
    try:
        lines = (root / "proc/meminfo").read_text(encoding="ascii").splitlines()
        kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if rest}
        return Room(kib["MemTotal"] // 1024, kib["MemAvailable"] // 1024)
    except (OSError, KeyError, ValueError, IndexError):
        return None


def _groups(root: Path) -> Iterator[Room | None]:
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            yield from _upwards(root / "sys/fs/cgroup", path, V2)
        elif "memory" in controllers.split(","):
            yield from _upwards(root / "sys/fs/cgroup/memory", path, V1)


def _upwards(mount: Path, path: str, names: dict[str, str]) -> Iterator[Room | None]:
    """Yield the room of a group and of those it lies in; a container sees its own as the root."""
    own = PurePosixPath(path)
    for group in (own, *own.parents):
        yield _group(mount / str(group).lstrip("/"), names)


def _group(folder: Path, names: dict[str, str]) -> Room | None:
    try:
        most = int((folder / names["max"]).read_text(encoding="ascii"))  # "max" where there is no bound: a ValueError
        held = int((folder / names["current"]).read_text(encoding="ascii"))
        stat = (folder / "memory.stat").read_text(encoding="ascii").split()
        cache = int(stat[stat.index(names["cache"]) + 1])
    except (OSError, ValueError, IndexError):
        return None
    return Room(most // MB, max(0, most - held + cache) // MB)
