"""Bytes of opened pictures on their way into the store while the next picture is looked at.

1. Nothing of them is named by a row before `all_there` has returned.
2. What waits for the disk is small (`SMALL_BYTES` each); larger bytes are awaited at once, so memory stays bounded.
"""

from __future__ import annotations

import asyncio

from data.store import ImageStore

SMALL_BYTES = 1 << 20


class Putting:
    """Bytes that are being put into a store."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store
        self._puts: list[asyncio.Task[str]] = []

    async def put(self, data: bytes) -> None:
        """Put bytes, or begin to.

        Raises:
            StoreError: they cannot be kept.
        """
        if len(data) > SMALL_BYTES:
            await self._store.put(data)
        else:
            self._puts.append(asyncio.create_task(self._store.put(data)))

    async def all_there(self) -> None:
        """Return when all bytes begun so far are kept.

        Raises:
            StoreError: some cannot be kept; none is on its way any more.
        """
        puts, self._puts = self._puts, []
        for outcome in await asyncio.gather(*puts, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
