"""Seen twice: what is old by the clock may be young, since clocks are set; what was old a day of our own ago is old.

Who removes by age alone looks now and then, at intervals that the process measures by itself, and removes what he saw
the last time too, unchanged. A process that ends forgets what it saw, and what is to be removed waits for another look.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

Agrees = Callable[[Hashable, object], bool]
"""Tells whether something that seems old, and of which this is known, may be removed."""


def at_once(thing: Hashable, known: object) -> bool:
    """Agree: whoever asks has seen to it that the clock is right."""
    return True


class SeenTwice:
    """What was seen at the last look that came to its end, and at this one."""

    def __init__(self) -> None:
        self._before: dict[Hashable, object] = {}
        self._now: dict[Hashable, object] = {}

    def agrees(self, thing: Hashable, known: object) -> bool:
        """Note that something is seen, and tell whether it was seen at the last look as it is known now."""
        self._now[thing] = known
        return thing in self._before and self._before[thing] == known

    def end(self) -> None:
        """End a look: what was seen at it was seen before, from now on."""
        self._before, self._now = self._now, {}
