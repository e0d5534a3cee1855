"""Time by step, on a clock that is handed in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.engines import Clock

REST = "rest"
"""What is called what was spent in no step."""


class Stopwatch:
    """Adds up the seconds spent in named steps, in the order in which they were first taken, and those in none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun = clock()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def timing(self, step: str) -> Iterator[None]:
        """Add the time until the block ends to `step`."""
        started = self._clock()
        try:
            yield
        finally:
            self._seconds[step] = self._seconds.get(step, 0.0) + self._clock() - started

    @property
    def seconds(self) -> tuple[tuple[str, float], ...]:
        """Each step with its seconds, and the `rest`: together all the time since the watch was made."""
        all_of_it = self._clock() - self._begun
        return *self._seconds.items(), (REST, all_of_it - sum(self._seconds.values()))
