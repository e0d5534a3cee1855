"""Redis as a factory has it: the system's own, over TCP, with a password."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis import asyncio as redis
from redis.exceptions import RedisError

from workers.child import Child, Program
from workers.claim import free_port

PASSWORD = "queue-secret"


@asynccontextmanager
async def queue_server(folder: Path, *options: str) -> AsyncIterator[str]:
    """Run Redis in a folder of its own, with more `options` of its configuration; yields its URL."""
    found = shutil.which("redis-server")
    assert found, "Redis is not installed; .ci/packages does that"
    folder.mkdir()  # noqa: ASYNC240
    port = free_port("127.0.0.1", 0)
    url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"

    async def answers() -> bool:
        async with redis.Redis.from_url(url) as client:
            try:
                return bool(await client.ping())
            except RedisError:
                return False

    own = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--requirepass", PASSWORD)
    server = Child(Program("redis", (found, *own, *options), folder, ready=answers))
    await server.start()
    try:
        await server.until_ready()
        yield url
    finally:
        await server.stop()
