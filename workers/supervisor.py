"""Starts the parts in the order of their needs, starts them again when they crash, and stops them in reverse.

1. A part is started when everything it needs is ready (an `early` one at once), and stopped when everything that
   needs it has ended.
2. A part that fails before it was ever ready ends the whole with its own words: something must be mended first.
3. One that was ready once is started again for ever, after a pause that doubles up to a bound.
4. Whatever happens, the end is reached: every stop escalates (`workers.child`), and no process is left behind.

Why not a process manager from the shelf: honcho knows neither readiness nor restarts, and stops everything at once with
one signal; supervisord is a daemon with a configuration file and its own socket, starts by number rather than by
readiness, and leaves its children alive when it is killed; circus has been quiet for years and needs pyzmq and
tornado's loop. None sets a parent-death signal, or stops PostgreSQL by SIGINT, then SIGQUIT.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from workers.child import Child, Program
from workers.errors import ChildFailed, ServiceError
from workers.journal import Journal, Note

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
"""A part that ran this long is healthy again: its pauses begin anew."""

Sweep = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Part:
    """One thing to run: `make` prepares and returns the program each time it is started.

    An `early` part is started at once, while what it needs is still on its way; its needs only order the end.
    """

    name: str
    make: Callable[[], Awaitable[Program]]
    needs: tuple[str, ...] = ()
    once: bool = False
    early: bool = False
    quiet: bool = False


def pause_s(crashes: int) -> float:
    """Return how long to wait after so many crashes in a row (1 or more)."""
    return float(min(FIRST_PAUSE_S * 2 ** (crashes - 1), LONGEST_PAUSE_S))


async def _nothing() -> None:
    """Sweep nothing: for a process that has other children than parts."""


class Supervisor:
    """Runs parts until it is asked to stop; `sweep` ends what a dead part left behind (`workers.strays`)."""

    def __init__(self, parts: tuple[Part, ...], journal: Journal, sweep: Sweep = _nothing) -> None:
        names = {part.name for part in parts}
        unknown = {need for part in parts for need in part.needs} - names
        if unknown or len(names) < len(parts):
            raise ValueError(f"expected parts of different names that need each other, unknown: {sorted(unknown)}")
        self._parts = parts
        self._sweep = sweep
        self._journal = journal
        self._ready = {name: asyncio.Event() for name in names}
        self._stopped = {name: asyncio.Event() for name in names}
        self._children: dict[str, Child] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._asked = asyncio.Event()
        self._ending: set[str] = set()  # asked about besides cancelling: what a part awaits may swallow that
        self._failure: Exception | None = None

    def ask(self) -> None:
        """Ask for the end; asked again, every part is ended at once."""
        if self._asked.is_set():
            for life in self._children.values():
                life.hurry()
        self._asked.set()

    async def run(self, announce: Callable[[], None] = lambda: None) -> None:
        """Start everything, `announce` when all is ready, and return when all has ended.

        Raises:
            Exception: what kept a part from its first start; the others were stopped.
        """
        self._keepers = {part.name: asyncio.create_task(self._keep(part)) for part in self._parts}
        announcing = asyncio.create_task(self._announce(announce))
        try:
            await self._asked.wait()
        finally:
            announcing.cancel()
            await asyncio.gather(*(self._stop(part) for part in self._parts))
            await self._sweep()
        if self._failure:
            raise self._failure

    async def _announce(self, announce: Callable[[], None]) -> None:
        for ready in self._ready.values():
            await ready.wait()
        announce()

    async def _stop(self, part: Part) -> None:
        dependents = [self._stopped[other.name].wait() for other in self._parts if part.name in other.needs]
        await asyncio.gather(*dependents)
        if not self._keepers[part.name].done():
            self._journal.note(part.name, Note("stopping"))
        self._ending.add(part.name)
        self._keepers[part.name].cancel()
        await asyncio.wait({self._keepers[part.name]})
        life = self._children.pop(part.name, None)
        if life is not None:  # the keeper was stopping it just then, and was cancelled in the middle
            await life.stop()
        self._journal.note(part.name, Note("stopped"))
        self._stopped[part.name].set()

    async def _keep(self, part: Part) -> None:
        """Start a part and start it again, until cancelled; a step that is done once just ends."""
        for need in () if part.early else part.needs:
            await self._ready[need].wait()
        try:
            await self._keep_alive(part)
        except Exception as error:  # noqa: BLE001 - task boundary: whatever it is, it ends the whole, and `run` raises it
            self._failure = self._failure or error
            self.ask()

    async def _keep_alive(self, part: Part) -> None:
        restarts = crashes = 0
        while True:
            began = time.monotonic()
            try:
                return await self._live(part, restarts)
            except (ServiceError, OSError) as error:
                if part.name in self._ending:
                    return None
                if not self._ready[part.name].is_set():
                    raise
                crashes = 1 if time.monotonic() - began > STEADY_S else crashes + 1
                restarts += 1
                await self._mourn(part, Note("crashed", None, restarts, str(error)), pause_s(crashes))

    async def _mourn(self, part: Part, note: Note, pause: float) -> None:
        self._journal.note(part.name, note)
        self._journal.tell(part.name, f"{note.reason.splitlines()[0].rstrip(':')}; starting it again in {pause:g} s")
        await self._sweep()
        await asyncio.sleep(pause)

    async def _live(self, part: Part, restarts: int) -> None:
        """Run one life of a part; only a step that is done once ends well."""
        self._journal.note(part.name, Note("starting", None, restarts))
        life = Child(await part.make(), lambda line: self._journal.heard(part.name, line, quiet=part.quiet))
        self._children[part.name] = life
        try:
            await life.start()
            self._journal.note(part.name, Note("starting", life.pid, restarts))
            await (life.until_done() if part.once else life.until_ready())
            if part.name in self._ending:
                return
            self._journal.note(part.name, Note("done") if part.once else Note("running", life.pid, restarts))
            self._ready[part.name].set()
            if not part.once:
                raise ChildFailed(await life.obituary())
        finally:
            await life.stop()
            del self._children[part.name]
