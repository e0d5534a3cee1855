"""The program's own parts on a state folder of a bench, with workers that the bench chooses."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from data.settings import Settings
from workers import parts
from workers.bench.program import HOST, START_S
from workers.child import Program
from workers.claim import free_port
from workers.embedded import home as state_folder
from workers.journal import Journal
from workers.supervisor import Part, Supervisor

LEFT_OUT = "server"


@dataclass(frozen=True)
class Stage:
    """The parts, running: their settings, and how each is."""

    settings: Settings
    journal: Journal

    def pids(self) -> dict[str, int]:
        """Return the process id of each part that runs."""
        return {part.name: part.pid for part in self.journal.status.parts if part.pid is not None}


@asynccontextmanager
async def staged(home: Path, *, workers: int, command: Sequence[str]) -> AsyncIterator[Stage]:
    """Run database, queue, relay and workers on `home` until the block ends; each worker runs `python -m` `command`.

    Raises:
        ServiceError: a part cannot start.
    """
    settings = Settings(home=home, host=HOST, port=free_port(HOST, 0), workers=workers)
    user = parts.servers_user(settings)
    state_folder.make(home, user)
    state_folder.prepare(home, user)
    chosen = [_chosen(part, command) for part in parts.parts(settings, settings.port, user) if part.name != LEFT_OUT]
    journal = Journal(home, HOST, tuple(part.name for part in chosen), lambda _: None)
    supervisor, ready = Supervisor(tuple(chosen), journal), asyncio.Event()
    running = asyncio.create_task(supervisor.run(ready.set))
    try:
        await _first(running, ready)
        yield Stage(settings, journal)
    finally:
        supervisor.ask()
        await asyncio.shield(running)
        journal.close()


async def _first(running: asyncio.Task[None], ready: asyncio.Event) -> None:
    """Wait until all is ready, or until it ends before, which raises why."""
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({running, waiting}, timeout=START_S, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if running.done():
        running.result()


def _chosen(part: Part, command: Sequence[str]) -> Part:
    if not part.name.startswith("worker-"):
        return part

    async def make() -> Program:
        program = await part.make()
        return replace(program, argv=(sys.executable, "-P", "-m", *command, "--name", part.name))

    return replace(part, make=make)
