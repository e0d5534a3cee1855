"""What a use case tells the process it works in, between two pieces of work, and what it asks of it.

A long use case calls `beat` before each piece, so that one that hangs is told from one that has much to do, and looks
at `stopping` after each: what it has not begun, it hands back.
"""

from __future__ import annotations

from typing import Protocol


class Pulse(Protocol):
    """The process that a use case works in, as far as the use case knows it."""

    def beat(self, seconds: float) -> None:
        """Say that a piece of work begins, which ends within so many seconds."""
        ...

    def stuck(self, what: str) -> None:
        """Say that a piece of work did not end in time and was left behind: the process should be replaced soon."""
        ...

    def urgent_beyond(self, priority: int) -> bool:
        """Tell whether something more urgent than `priority` may wait."""
        ...

    @property
    def stopping(self) -> bool:
        """Whether the process is to end as soon as it can."""
        ...


class NoProcess:
    """Nobody to tell, and no hurry to end: for use cases that are called by themselves."""

    stopping = False

    def urgent_beyond(self, priority: int) -> bool:
        """Say yes: nobody was told, so who asks has to look."""
        return True

    def beat(self, seconds: float) -> None:
        """Tell nobody."""

    def stuck(self, what: str) -> None:
        """Tell nobody."""
