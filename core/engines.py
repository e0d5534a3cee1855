"""The plug points of an inspection: what an engine must be able to do, and the set of engines handed to `inspect`.

Engines are made by the composition root and handed in; nothing in `core` makes one by itself but from model bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from core.frame import Frame
from core.reading import MarkReading

Clock = Callable[[], float]
"""A monotonic clock, in seconds; `time.perf_counter` in production, a counter in tests."""


class Reader(Protocol):
    """Finds the package and its marking lines in a picture, turns them upright and reads them."""

    name: str
    version: str
    """Names model files and preprocessing; part of a result's `signal_version`."""

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        """Read the mark in `frame`; a picture with nothing to read gives no lines and says why in `faults`."""
        ...


@dataclass(frozen=True)
class Engines:
    """The engines of one process, warm and loaded once. `readers` by the name a recipe gives."""

    readers: dict[str, Reader]
    clock: Clock

    def reader(self, name: str) -> Reader:
        """Return the reader called `name`.

        Raises:
            KeyError: no reader of that name is installed; the message lists those that are.
        """
        try:
            return self.readers[name]
        except KeyError:
            raise KeyError(f"no reader named {name!r}; installed: {', '.join(sorted(self.readers))}") from None
