"""What an examination finds: one thing looked at, how it is, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Grade = Literal["ok", "note", "wrong"]
"""`note`: works, or cannot be seen yet; worth knowing. `wrong`: something will not work until it is mended."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    grade: Grade
    found: str
    mend: str = ""

    def __post_init__(self) -> None:
        if self.grade not in get_args(Grade):
            raise ValueError(f"expected one of {', '.join(get_args(Grade))}, got {self.grade!r}")
        if self.grade == "wrong" and not self.mend:
            raise ValueError(f"{self.name!r} is wrong: expected words on how to mend it, got none")


def ok(name: str, found: str) -> Finding:
    """Return that all is well."""
    return Finding(name, "ok", found)


def note(name: str, found: str, mend: str = "") -> Finding:
    """Return something worth knowing."""
    return Finding(name, "note", found, mend)


def wrong(name: str, found: str, mend: str) -> Finding:
    """Return something to be mended."""
    return Finding(name, "wrong", found, mend)
