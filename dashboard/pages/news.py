"""News of inspections and recipes for pages, from the connection that listens for this whole process."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from data.channels import CHANNELS
from data.listening import Listener


class News:
    """Tells open pages to look again: what has happened is asked of the database by whoever is told."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.count = 0
        """How many follow."""

    @contextmanager
    def follow(self, told: asyncio.Event, channels: Collection[str] = CHANNELS) -> Iterator[None]:
        """Set `told` whenever there is news on `channels`, or some may have been missed, while the context lasts."""
        with self._listener.follow(channels, lambda _: told.set()):
            self.count += 1
            try:
                yield
            finally:
                self.count -= 1
