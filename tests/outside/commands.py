"""Commands of the program as processes, each told by variables alone where everything is, as in a factory."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from workers.child import Child, Program, Stop
from workers.claim import free_port
from workers.parts import answers_health

COMMAND = (sys.executable, "-P", "-m", "dashboard.cli")
READY_S = 120.0
STOPS = (Stop(signal.SIGTERM, 20.0), Stop(signal.SIGKILL, 5.0))


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    text: str


async def run(variables: Mapping[str, str], *arguments: str, piped: str = "") -> Said:
    """Run a command to its end."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MARKSIGHT_")}
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, *arguments),
        cwd="/",
        env={**inherited, **variables},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(piped.encode()), READY_S)
    return Said(process.returncode or 0, said.decode())


@asynccontextmanager
async def running(variables: Mapping[str, str], *arguments: str) -> AsyncIterator[Child]:
    """Have a command run while the block lasts; it is asked to stop then, and does."""
    child = Child(Program(arguments[0], (*COMMAND, *arguments), Path("/"), environment=variables, stops=STOPS))
    await child.start()
    try:
        yield child
    finally:
        await child.stop()


async def until(true: Callable[[], Awaitable[bool]], within_s: float = READY_S) -> None:
    """Wait until something is so; the limit is for what never comes."""
    async with asyncio.timeout(within_s):
        while not await true():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.1)


@dataclass
class PageServer:
    """`marksight serve` at a port that stays the same however often it is started."""

    variables: Mapping[str, str]
    options: tuple[str, ...] = ()
    port: int = field(default_factory=lambda: free_port("127.0.0.1", 0))

    def __post_init__(self) -> None:
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[PageServer]:
        """Serve while the block lasts, whatever is done to it."""
        try:
            await self.start()
            yield self
        finally:
            await self.stop()

    async def start(self) -> None:
        """Start it, and return when it answers."""
        program = Program(
            *("server", (*COMMAND, "serve", *self.options), Path("/")),
            environment={**self.variables, "MARKSIGHT_PORT": str(self.port)},
            ready=lambda: answers_health("127.0.0.1", self.port),
            ready_s=READY_S,
            stops=STOPS,
        )
        self._child = Child(program)
        await self._child.start()
        await self._child.until_ready()

    async def kill(self) -> None:
        """Kill it, and return when it is dead."""
        assert self._child is not None
        self._child.hurry()
        await self._child.wait()

    async def stop(self) -> None:
        """Ask it to stop."""
        if self._child is not None:
            await self._child.stop()

    async def id(self) -> str:
        """Return what it calls itself in this life."""
        async with httpx.AsyncClient(base_url=self.url) as client:
            return str((await client.get("/health")).json()["server_id"])
