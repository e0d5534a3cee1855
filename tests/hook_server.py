"""A real HTTP server that answers a webhook as it is told, and keeps what it heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

FINE = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


class Hook:
    """Listens at `url`; `heard` are the bodies that came, `heads` their heads. An `answer` of None never comes."""

    def __init__(self) -> None:
        self.answer: bytes | None = FINE
        self.heard: list[bytes] = []
        self.heads: list[str] = []
        self.url = ""
        self._server: asyncio.Server | None = None
        self._waiting: set[asyncio.Task[None]] = set()

    def says(self, status: int) -> None:
        """Answer with a status from now on."""
        self.answer = f"HTTP/1.1 {status} So\r\nContent-Length: 0\r\nLocation: {self.url}/else\r\n\r\n".encode()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def end(self) -> None:
        """Hang up on everybody."""
        assert self._server is not None
        self._server.close()
        for task in list(self._waiting):
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        with suppress(asyncio.CancelledError, asyncio.IncompleteReadError, OSError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(int(line.split(":")[1]) for line in head.lower().splitlines() if "content-length" in line)
            self.heads.append(head)
            self.heard.append(await reader.readexactly(length))
            if self.answer is None:
                await asyncio.sleep(600)
            writer.write(self.answer or b"")
            await writer.drain()
        writer.transport.abort() if self.answer is None else writer.close()


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """One that runs, and is fine with everything."""
    server = Hook()
    await server.start()
    yield server
    await server.end()
