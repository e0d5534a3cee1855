"""`marksight up` as a whole process tree on a state folder of its own, to be struck in every way and looked into."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import httpx
from redis import asyncio as redis

from data import embedded_urls
from tests.workers.programs import alive, until
from workers import status

PATIENCE_S = 120.0
"""For what must happen and takes as long as the machine is busy; no test asserts how long."""

WORKERS = ("worker-1", "worker-2")
PARTS = ("server", *WORKERS, "relay", "valkey", "postgres")
SETTINGS = {
    "MARKSIGHT_WORKERS": str(len(WORKERS)),
    "MARKSIGHT_LEASE_S": "8",  # a step has half of it, also the first one of a worker that shares the cores
    "MARKSIGHT_MAX_ATTEMPTS": "30",  # a picture may be in hand each time that a worker is killed
}

TRANSACTIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'marksight' AND xact_start < now()"


class House:
    """The program; `url` stays the same however often it is started again."""

    def __init__(self, home: Path, port: int, variables: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.spoken = home.parent / "up.log"
        self.url = f"http://127.0.0.1:{port}"
        self._own = {"MARKSIGHT_HOME": str(home), "MARKSIGHT_PORT": str(port), "PYTHONUNBUFFERED": "1"}
        self._own |= {"MARKSIGHT_SINGLE_USER": "true", **SETTINGS, **(variables or {})}
        self._process: asyncio.subprocess.Process | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[House]:
        """Run until the block ends; whatever was done to it, nothing is left then."""
        try:
            await self.start()
            yield self
        finally:
            await self.end()

    async def start(self) -> None:
        """Start the program, and return when it says that everything is ready."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MARKSIGHT_")}
        with self.spoken.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "dashboard.cli", "up"),
                env={**inherited, **self._own},
                cwd="/",
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        await self.ready()

    async def ready(self) -> None:
        """Wait until every part that was asked about by `/ready` is there."""
        async with httpx.AsyncClient(base_url=self.url, timeout=10) as client, asyncio.timeout(PATIENCE_S):
            while not await _says_ready(client):
                assert self._process is not None
                assert self._process.returncode is None, self.spoken.read_text()[-4000:]
                await asyncio.sleep(0.1)

    async def end(self) -> None:
        """Ask it to end, as Ctrl-C does; asked twice, it waits for nobody."""
        process, self._process = self._process, None
        if process is None:
            return
        for _ in range(2):
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
                await asyncio.sleep(0.3)
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # or it warns when it is collected

    async def killed(self) -> None:
        """Kill the supervisor itself; return when it is dead, its children perhaps still on their way out."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()
        self._process = None

    async def pid(self, part: str) -> int:
        """Return the process id of a part, once it runs."""

        def running() -> int | None:
            found = status.read(self.home)
            named = [each for each in found.parts if each.name == part] if found else []
            return next((each.pid for each in named if each.state == "running" and each.pid and alive(each.pid)), None)

        await until(running, PATIENCE_S)
        return running() or await self.pid(part)

    async def send(self, part: str, number: signal.Signals) -> int:
        """Send a signal to the one process of a part, as soon as it runs; return its id."""
        pid = await self.pid(part)
        with suppress(ProcessLookupError):  # it was just dying by itself
            os.kill(pid, number)
        return pid

    async def kill(self, part: str) -> None:
        """Kill a part, and return when it is dead."""
        pid = await self.send(part, signal.SIGKILL)
        await until(lambda: not alive(pid), PATIENCE_S)

    @asynccontextmanager
    async def unattended(self) -> AsyncIterator[None]:
        """Nothing is started again while the block lasts: the supervisor sleeps."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def log(self, part: str) -> str:
        """Return all that a part has printed."""
        files = sorted(self.home.glob(f"logs/{part}.log*"), reverse=True)
        return "".join(file.read_text(encoding="utf-8") for file in files)

    @asynccontextmanager
    async def no_file_longer_than(self, limit_bytes: int) -> AsyncIterator[None]:
        """No file that the server writes may grow beyond so many bytes while the block lasts: its disk is full."""
        pid = await self.pid("server")
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
        try:
            yield
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection that may look at everything."""
        connection = await asyncpg.connect(
            embedded_urls.postgres_url(self.home, embedded_urls.SUPERUSER), timeout=10, command_timeout=30
        )
        try:
            yield connection
        finally:
            await connection.close()

    async def held_by(self, worker: str) -> int:
        """Return how many inspections a worker holds by a lease, run out or not; 0 while the database is away."""
        return await self._count("SELECT count(*) FROM outbox WHERE leased_by = $1", worker)

    async def files(self, state: str) -> int:
        """Return how many files of runs are in a state; 0 while the database is away."""
        return await self._count("SELECT count(*) FROM run_files WHERE state = $1", state)

    async def opener(self) -> str | None:
        """Return the worker that opens files now, as Redis knows it; None if none does."""
        client = redis.Redis.from_url(embedded_urls.redis_url(self.home), decode_responses=True)
        try:
            for key in await client.smembers("rq:workers"):
                job, pid = await client.hmget(key, "current_job", "pid")
                if job and job.startswith("opening-") and alive(int(pid)):  # of the dead it goes on to tell for a while
                    return next((each for each in WORKERS if key.startswith(f"rq:worker:{each}-")), None)
        finally:
            await client.aclose()
        return None

    async def in_no_transaction(self) -> bool:
        """Tell whether every transaction of the program ends, whoever is frozen."""
        for _ in range(50):
            async with self.database() as connection:
                if not await connection.fetchval(TRANSACTIONS):
                    return True
            await asyncio.sleep(0.02)
        return False

    async def _count(self, statement: str, value: str) -> int:
        try:
            async with self.database() as connection:
                count = await connection.fetchval(statement, value)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return 0
        return int(count)


async def _says_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/ready")).is_success
    except httpx.TransportError:
        return False
