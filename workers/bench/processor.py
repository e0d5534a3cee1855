"""How long the processor worked for a process and all that stem from it, living or dead."""

from __future__ import annotations

import os
from pathlib import Path

_UTIME, _CUTIME = 11, 13  # proc(5), fields of /proc/PID/stat, counted from the one after the command's name
_PARENT = 1


def seconds_of(pid: int) -> float:
    """Return the processor seconds of a process and its descendants so far; 0 where the system does not say it."""
    stats = _stats()
    ticks, wanted = 0, [pid]
    while wanted:
        one = wanted.pop()
        fields = stats.get(one)
        if fields is None:
            continue
        own_and_reaped = fields[_UTIME : _CUTIME + 2]
        ticks += sum(map(int, own_and_reaped))
        wanted += [child for child, found in stats.items() if int(found[_PARENT]) == one]
    return ticks / os.sysconf("SC_CLK_TCK")


def _stats() -> dict[int, list[str]]:
    """Return the fields of every process's `stat` after the command's name, which may hold anything."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found[int(folder.name)] = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
