"""A task that lives as long as a context: begun with it, ended before it is left.

A task that goes on although it was cancelled is cancelled again: in Python 3.11 `asyncio.wait_for`, which libraries
use, loses a cancellation that comes as what it waits for is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

AGAIN_S = 3.0
"""Longer than whatever a task closes when it ends may take."""


@asynccontextmanager
async def alongside(work: Coroutine[object, object, object]) -> AsyncIterator[None]:
    """Do `work` while the context lasts; what it failed with is raised when the context is left."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await end(task)


async def end(task: asyncio.Task[object]) -> None:
    """End a task; what it failed with is raised."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_S)  # not the task itself: who is cancelled here in turn learns of it
    if not task.cancelled():
        task.result()
