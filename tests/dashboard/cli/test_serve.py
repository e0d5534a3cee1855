"""`marksight serve` as a process: it serves on real services, stops when asked, and says what is wrong in one line."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest

from data.settings import Settings
from tests.conftest import ROOT
from tests.workers.programs import until


@dataclass
class Serving:
    process: asyncio.subprocess.Process
    client: httpx.AsyncClient

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 30)


def variables(settings: Settings, *, port: int = 0) -> dict[str, str]:
    given = {
        "MARKSIGHT_HOME": str(settings.home),
        "MARKSIGHT_PORT": str(port),
        "MARKSIGHT_DATABASE_URL": settings.database_url.get_secret_value() if settings.database_url else "",
        "MARKSIGHT_REDIS_URL": settings.redis_url.get_secret_value() if settings.redis_url else "",
    }
    return {**os.environ, **given}


async def start(settings: Settings, *options: str, port: int = 0) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "dashboard.cli", "serve", *options,
        cwd=ROOT, env=variables(settings, port=port),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


@asynccontextmanager
async def serving(settings: Settings, *options: str) -> AsyncIterator[Serving]:
    process = await start(settings, *options)
    assert process.stdout
    address = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        try:
            yield Serving(process, client)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


BOTH = pytest.mark.parametrize("options", [(), ("--api-only",)], ids=["pages", "api only"])


@BOTH
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
async def test_it_serves_until_asked_to_stop(
    postgres: Settings, valkey: str, options: tuple[str, ...], number: signal.Signals
) -> None:
    async with serving(postgres, *options) as found:
        assert (await found.client.get("/health")).status_code == 200
        assert (await found.client.get("/ready")).json()["status"] == "ready"
        assert await found.stop(number) == 0
        with pytest.raises(httpx.TransportError):
            await found.client.get("/health")


async def test_the_api_alone_has_no_pages(postgres: Settings, valkey: str) -> None:
    async with serving(postgres, "--api-only") as found:
        assert (await found.client.get("/")).headers["location"] == "/docs"
        assert (await found.client.get("/inspect")).status_code == 404


async def test_a_server_tidies_its_own_incoming_files(postgres: Settings, valkey: str, emptied: None) -> None:
    """The relay does the same for its own state folder, which may be on another machine."""
    stray, fresh = (postgres.home / "incoming" / uuid4().hex for _ in range(2))
    stray.parent.mkdir(exist_ok=True)
    for file in (stray, fresh):
        file.write_bytes(b"some")
    os.utime(stray, (1, 1))
    async with serving(postgres, "--api-only"):
        await until(lambda: not stray.exists())
        assert fresh.exists()
    fresh.unlink()


async def test_the_first_page_is_the_one_to_inspect_on(postgres: Settings, valkey: str) -> None:
    async with serving(postgres) as found:
        assert (await found.client.get("/")).headers["location"] == "/inspect"
        assert (await found.client.get("/inspect")).status_code == 200


@BOTH
async def test_a_port_in_use_is_said_in_one_line(postgres: Settings, valkey: str, options: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = await start(postgres, *options, port=taken.getsockname()[1])
        _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 4
    (line,) = said.decode().strip().splitlines()
    assert "MARKSIGHT_PORT" in line


@BOTH
async def test_who_waits_is_answered_before_it_stops(
    postgres: Settings, valkey: str, emptied: None, options: tuple[str, ...]
) -> None:
    sample = (ROOT / "data" / "assets" / "samples" / "mc74hc32an-clean-1.jpg").read_bytes()
    async with serving(postgres, *options) as found:
        waiting = asyncio.create_task(found.client.post("/v1/inspections?wait_ms=30000", files={"image": sample}))
        while not (await found.client.get("/v1/inspections")).json()["items"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert await found.stop() == 0
        assert (await waiting).json()["reasons"][0]["code"] == "TIME_OUT"
