"""The whole program on a state folder of its own, to be measured from outside as its users see it."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from workers.child import Child, Program, Stop
from workers.claim import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
START_S = 180.0
STOPS = (Stop(signal.SIGTERM, 40.0), Stop(signal.SIGKILL, 5.0))
"""The supervisor ends its children one after another, each with patience of its own."""


@dataclass(frozen=True)
class Running:
    """The program, up: where it answers, and the seconds from its command until it was ready for work."""

    url: str
    start_s: float


@contextmanager
def scratch_home() -> Iterator[Path]:
    """Yield a state folder that is gone afterwards; its path is short, for sockets, and its users may pass."""
    home = Path(tempfile.mkdtemp(prefix="msbench-"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def running(home: Path, *, workers: int) -> AsyncIterator[Running]:
    """Run `marksight up` on `home` until the block ends.

    Raises:
        ChildFailed: it ended, or did not answer in time.
    """
    port = free_port(HOST, 0)
    child = Child(
        Program(
            name="marksight up",
            argv=(sys.executable, "-P", "-m", "dashboard.cli", "up"),
            cwd=home,  # where no `.env` lies
            environment={
                "MARKSIGHT_HOME": str(home),
                "MARKSIGHT_SINGLE_USER": "true",
                "MARKSIGHT_HOST": HOST,
                "MARKSIGHT_PORT": str(port),
                "MARKSIGHT_WORKERS": str(workers),
            },
            stops=STOPS,
            ready=partial(_ready, f"http://{HOST}:{port}"),
            ready_s=START_S,
        )
    )
    started = time.perf_counter()
    try:
        await child.start()
        await child.until_ready()
        yield Running(f"http://{HOST}:{port}", time.perf_counter() - started)
    finally:
        await asyncio.shield(child.stop())


async def _ready(url: str) -> bool:
    """Tell whether database, migrations, queue, store and models are all there."""
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        try:
            return (await client.get("/ready")).is_success
        except httpx.TransportError:
            return False
