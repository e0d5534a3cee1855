"""No connection is held for long by who never finishes asking, under both servers, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import pytest

from dashboard import server as page_server
from dashboard.api.app import create_app
from dashboard.connections import PATIENCE, Patience
from dashboard.server import api_config
from data.settings import Settings
from tests.dashboard.bare_services import BareServices
from tests.dashboard.probe import uvicorn_of
from tests.dashboard.test_server import hello

HURRIED = Patience(idle_s=1.0, page_body_s=0.5, head_bytes=8192)
PATIENT = Patience(idle_s=600.0, head_bytes=8192)
LONG_S = 30.0

Serve = Callable[[Path, Patience], AbstractAsyncContextManager[int]]
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def pages(home: Path, patience: Patience) -> AsyncIterator[int]:
    services = BareServices(Settings(home=home, port=0))
    built = page_server.build(services, {"/inspect": hello}, patience=patience)  # type: ignore[arg-type]
    async with built.running():
        yield built.port


@asynccontextmanager
async def api_alone(home: Path, patience: Patience) -> AsyncIterator[int]:
    config = api_config(create_app(BareServices(Settings(home=home))), patience)  # type: ignore[arg-type]
    config.lifespan = "off"
    async with uvicorn_of(config) as port:
        yield port


SERVED: dict[str, Serve] = {"pages": pages, "api alone": api_alone}


@pytest.fixture(params=list(SERVED))
async def port(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[int]:
    async with SERVED[request.param](tmp_path, HURRIED) as port:
        yield port


def head(port: int) -> bytes:
    """Return a head without its end."""
    return f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Stream]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def closed(stream: Stream, *pieces: bytes, every_s: float = 0.1) -> bytes:
    """Send the pieces, the last of them again and again; return what came until the server closed."""

    async def send() -> None:
        with suppress(ConnectionError):
            for piece in pieces[:-1]:
                stream[1].write(piece)
            while pieces and pieces[-1]:
                stream[1].write(pieces[-1])
                await stream[1].drain()
                await asyncio.sleep(every_s)

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(LONG_S):
            return await answered(stream[0])
    finally:
        sending.cancel()


async def answered(reader: asyncio.StreamReader) -> bytes:
    with suppress(ConnectionError):
        return await reader.read()
    return b""


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((b"",), id="nothing is sent"),
        pytest.param((b"GET /health HTTP/1.1", b""), id="a line is not ended"),
        pytest.param((b"", b"G"), id="a line trickles in"),
        pytest.param((b"GET /health HTTP/1.1\r\nHost: x\r\n", b""), id="fields are not ended"),
        pytest.param((b"GET /health HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n"), id="fields trickle in"),
    ],
)
async def test_a_head_that_never_ends_is_not_waited_for(port: int, pieces: tuple[bytes, ...]) -> None:
    async with connected(port) as stream:
        assert b" 200 " not in await closed(stream, *pieces)


async def test_a_connection_on_which_nothing_more_is_asked_is_closed(port: int) -> None:
    async with connected(port) as stream:
        answer = await closed(stream, head(port) + b"\r\n", b"")
        assert answer.count(b"HTTP/1.1 200 ") == 1


async def test_a_second_head_that_trickles_in_is_not_waited_for(port: int) -> None:
    async with connected(port) as stream:
        stream[1].write(head(port) + b"\r\n")
        assert (await stream[0].readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        await closed(stream, head(port), b"X-A: b\r\n")


async def test_who_asks_again_and_again_is_not_cut_off(port: int) -> None:
    async with connected(port) as stream:
        for _ in range(8):
            stream[1].write(head(port) + b"\r\n")
            told = await stream[0].readuntil(b"\r\n\r\n")
            assert told.startswith(b"HTTP/1.1 200 ")
            length = int(told.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await stream[0].readexactly(length)
            await asyncio.sleep(HURRIED.idle_s / 4)


@pytest.mark.parametrize("server", list(SERVED))
async def test_a_head_that_grows_too_long_is_not_taken(tmp_path: Path, server: str) -> None:
    async with SERVED[server](tmp_path, PATIENT) as port:
        async with connected(port) as stream:
            assert b" 200 " not in await closed(stream, head(port) + b"Cookie: a=", b"x" * 2048, every_s=0.01)
        async with connected(port) as stream:
            stream[1].write(head(port) + b"Cookie: a=%s\r\n\r\n" % (b"x" * (PATIENT.head_bytes // 2)))
            assert (await stream[0].readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


async def test_a_body_for_a_page_that_trickles_in_is_not_waited_for(tmp_path: Path) -> None:
    asked = b"POST /inspect HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n"
    async with pages(tmp_path, HURRIED) as port, connected(port) as stream:
        assert b" 200 " not in await closed(stream, asked, b"x")


def test_what_is_usual_has_its_time() -> None:
    assert PATIENCE.idle_s >= 60, "longer than most clients keep a connection"
    assert PATIENCE.head_bytes >= 16 * 1024, "cookies, and an address with a long search"
