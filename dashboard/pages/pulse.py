"""How the parts of the system are, asked once for all open pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from dashboard.models.system import Part, SystemModel
from dashboard.pages.following import Following

EVERY_S = 2.0
SHOWN = ("Database", "Queue", "Workers")
"""The dots in the strip, each the gravest state of its parts."""


class Pulse:
    """The parts as last seen; asked every two seconds while any page is open."""

    def __init__(self, read: Callable[[], Awaitable[tuple[list[Part], str]]]) -> None:
        self._read = read
        self.following = Following(self._beat)
        self.parts: tuple[Part, ...] = ()
        self.read_at = ""

    @contextmanager
    def follow(self, told: asyncio.Event) -> Iterator[None]:
        """Set `told` whenever the parts were seen anew, while the context lasts."""
        with self.following.follow(told):
            yield

    def health(self) -> list[dict[str, str]]:
        """Return what the strip shows: one dot a group, with the reason of its gravest part."""
        return [_dot(word, [part for part in self.parts if part.dot == word]) for word in SHOWN]

    async def _beat(self, tell: Callable[[], None]) -> None:
        while True:
            parts, self.read_at = await self._read()
            self.parts = tuple(parts)
            tell()
            await asyncio.sleep(EVERY_S)


def _dot(word: str, parts: list[Part]) -> dict[str, str]:
    model = SystemModel(parts=parts)
    worst = model.worst
    bad = next((part for part in parts if part.state == worst), None)
    says = (bad.reason or bad.figure or "working") if bad else "not known yet"
    return {"word": word, "state": worst, "says": says}
