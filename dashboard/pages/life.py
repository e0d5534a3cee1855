"""What a page does while it is open: one task from when it is drawn until its session ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import panel as pn

log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]


def while_open(work: Work) -> None:
    """Run `work` from when the page of the current session is drawn until the session is destroyed.

    A session whose page was never drawn (a browser that went away, a program that asked for the address) runs nothing.
    """
    tasks: list[asyncio.Task[None]] = []

    async def begin() -> None:
        tasks.append(asyncio.create_task(_run(work)))

    def end(_: Any) -> None:
        for task in tasks:
            task.cancel()
        tasks.clear()

    pn.state.on_session_destroyed(end)
    pn.state.onload(begin)


def draw(change: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """Change what the page shows, under the lock of its document."""
    pn.state.execute(partial(change, *args, **kwargs), schedule=True)


def arguments() -> dict[str, str]:
    """Return the query of the page's address; of a name given twice, the first."""
    given: dict[str, list[bytes]] = pn.state.session_args
    return {name: values[0].decode("utf-8", "replace") for name, values in given.items() if values}


async def _run(work: Work) -> None:
    try:
        await work()
    except Exception:  # the boundary of a session: its page goes on with what it shows, and the log says why
        log.exception("a page stopped following")
