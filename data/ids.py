"""Where ids come from: UUIDv7 from the machine's clock and randomness, increasing within a process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from threading import Lock
from uuid import UUID

from core.ids import RANDOM_BYTES, uuid7

RANDOM_BITS = 74
STEP_BYTES = 4


class IdMaker:
    """Makes UUIDv7 ids; called, it returns one that is greater than every one it returned before.

    Within a millisecond, and while the clock stands still or steps back, the last id's random part is counted up by a
    random step (RFC 9562, section 6.2, method 2), so that ids of one process sort as they were made.
    """

    def __init__(
        self,
        unix_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._unix_ms = unix_ms
        self._randomness = randomness
        self._lock = Lock()
        self._last = (-1, 0)

    def __call__(self) -> UUID:
        """Return a new id."""
        with self._lock:
            self._last = self._after(self._last)
            unix_ms, tail = self._last
        return uuid7(unix_ms, tail.to_bytes(RANDOM_BYTES, "big"))

    def _after(self, last: tuple[int, int]) -> tuple[int, int]:
        last_ms, last_tail = last
        now_ms = self._unix_ms()
        if now_ms > last_ms:
            return now_ms, int.from_bytes(self._randomness(RANDOM_BYTES), "big") >> (RANDOM_BYTES * 8 - RANDOM_BITS)
        tail = last_tail + 1 + int.from_bytes(self._randomness(STEP_BYTES), "big")
        return (last_ms + 1, 0) if tail >> RANDOM_BITS else (last_ms, tail)
