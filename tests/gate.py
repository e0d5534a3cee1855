"""A socket in front of a service's socket, to take the service away and bring it back without touching it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path


class Gate:
    """Passes everything between `front` and `back` while it is open."""

    def __init__(self, front: Path, back: Path) -> None:
        self._front = front
        self._back = back
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._passing = asyncio.Event()
        self._passing.set()

    def freeze(self) -> None:
        """Keep every connection, and let nothing through, as a machine does that has lost its power."""
        self._passing.clear()

    def thaw(self) -> None:
        """Let everything through again, with what waited."""
        self._passing.set()

    async def open(self) -> None:
        """Let connections through."""
        self._server = await asyncio.start_unix_server(self._pass, self._front)

    async def close(self) -> None:
        """Cut every connection, and let nobody in."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        self._front.unlink(missing_ok=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        back_reader, back_writer = await asyncio.open_unix_connection(self._back)
        both = [
            asyncio.create_task(self._copy(reader, back_writer)),
            asyncio.create_task(self._copy(back_reader, writer)),
        ]
        with suppress(asyncio.CancelledError):
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for copying in both:
            copying.cancel()
        for one in (writer, back_writer):
            one.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._passing.wait()
                writer.write(data)
                await writer.drain()
