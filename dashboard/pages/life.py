"""What a page does while it is open: one task from when it is drawn until its session ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import panel as pn

log = logging.getLogger(__name__)

AGAIN_S = 5.0
Work = Callable[[], Awaitable[None]]


def while_open(work: Work) -> None:
    """Run `work` from when the page of the current session is drawn until the session is destroyed.

    A session whose page was never drawn (a browser that went away, a program that asked for the address) runs nothing.
    """
    life = Life(work)
    pn.state.on_session_destroyed(lambda _: life.end())
    pn.state.onload(life.begin)


class Life:
    """The task that does `work`: begun once, ended once, and never begun after its end."""

    def __init__(self, work: Work, *, again_s: float = AGAIN_S) -> None:
        self._work = work
        self._again_s = again_s
        self._task: asyncio.Task[None] | None = None
        self._ended = False

    async def begin(self) -> None:
        """Begin, unless the session has ended meanwhile: a page may be closed while it is still being drawn."""
        if self._task is None and not self._ended:
            self._task = asyncio.create_task(self._run())

    def end(self) -> None:
        """End."""
        self._ended = True
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            try:
                return await self._work()
            except Exception:  # the boundary of a session: the log says why, and the page goes on after a while
                log.exception("what keeps a page up to date has failed; beginning again")
            await asyncio.sleep(self._again_s)


def draw(change: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """Change what the page shows, under the lock of its document."""
    pn.state.execute(partial(change, *args, **kwargs), schedule=True)


def begin(act: Work) -> None:
    """Do what a click would do."""
    pn.state.execute(act)


def arguments() -> dict[str, str]:
    """Return the query of the page's address; of a name given twice, the first."""
    given: dict[str, list[bytes]] = pn.state.session_args
    return {name: values[0].decode("utf-8", "replace") for name, values in given.items() if values}
