"""A real server that speaks S3, in a process of its own, to be taken away and brought back."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import httpx
import pytest

from workers.claim import free_port

BUCKET = "pictures"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
"""What the environment must say for it."""


class Bucket:
    """A server that speaks S3, in a process of its own, with one bucket in it."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self._port = port
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and return when the bucket is there."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "moto.server", "-p", str(self._port)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with httpx.AsyncClient(base_url=self.endpoint) as client, asyncio.timeout(60):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    (await client.put(f"/{BUCKET}")).raise_for_status()
                    return
                await asyncio.sleep(0.1)

    async def end(self) -> None:
        """End it at once, and forget all that lay in it; one that has ended stays so."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await process.wait()


@pytest.fixture
async def bucket(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bucket]:
    """One that runs, and whose keys the environment says."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    server = Bucket(free_port("127.0.0.1", 0))
    await server.start()
    yield server
    await server.end()
