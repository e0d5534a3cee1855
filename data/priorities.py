"""Who is served first."""

from __future__ import annotations

from enum import IntEnum


class Priority(IntEnum):
    """The urgency of an inspection; less goes first."""

    WAITING = 0
    """Somebody holds a request open until the verdict is there."""
    LIVE = 10
    """From a camera on a line."""
    BATCH = 20
    """From a pile of files."""
