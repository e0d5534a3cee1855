"""A task that lives as long as a context: begun with it, ended before it is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager


@asynccontextmanager
async def alongside(work: Coroutine[object, object, object]) -> AsyncIterator[None]:
    """Do `work` while the context lasts; what it failed with is raised when the context is left."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])  # not the task itself: whoever is cancelled here in turn shall learn of it
        if not task.cancelled():
            task.result()
