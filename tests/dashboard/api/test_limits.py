"""Limits hold while a body is read, through both servers, and the refusal reaches the client that is still sending."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
from fastapi import FastAPI, Request

from dashboard.api import failures
from dashboard.api.limits import BoundedBody, Pace
from tests.dashboard.probe import SERVERS

LIMIT_BYTES = 100_000
MEGABYTE = 2**20


class Sink:
    """An app that reads bodies, or does not."""

    def __init__(self, pace: Pace | None = None) -> None:
        self.read_bytes = 0
        self.ends: list[str] = []
        self.app = FastAPI()
        self.app.add_middleware(BoundedBody, max_bytes=LIMIT_BYTES, pace=pace)
        self.app.add_api_route("/read", self.read, methods=["POST"])
        self.app.add_api_route("/late", self.late, methods=["POST"])
        self.app.add_api_route("/ignore", self.ignore, methods=["POST"])
        self.app.add_api_route("/form", self.form, methods=["POST"])
        self.app.add_api_route("/json", self.json, methods=["POST"])
        failures.install(self.app)

    async def read(self, request: Request) -> int:
        async for chunk in request.stream():
            self.read_bytes += len(chunk)
        self.ends.append("whole")
        return self.read_bytes

    async def late(self, request: Request) -> int:
        await asyncio.sleep(2 * SLOW.grace_s)
        return await self.read(request)

    async def ignore(self) -> str:
        return "not looked at"

    async def form(self, request: Request) -> int:
        async with request.form() as form:
            return len(form)

    async def json(self, body: dict[str, str]) -> int:
        return len(body)


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture(params=list(SERVERS))
async def client(request: pytest.FixtureRequest, sink: Sink) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        SERVERS[request.param](sink.app) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        yield client


async def chunks(total: int, size: int = 10_000) -> AsyncIterator[bytes]:
    for _ in range(total // size):
        yield b"z" * size


def assert_too_large(response: httpx.Response) -> None:
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "/problems/body-too-large"
    assert response.json()["max_bytes"] == LIMIT_BYTES


@pytest.mark.parametrize("size", [0, 1, LIMIT_BYTES], ids=["empty", "one", "exactly the limit"])
async def test_a_body_up_to_the_limit_is_read(client: httpx.AsyncClient, size: int) -> None:
    response = await client.post("/read", content=b"z" * size)
    assert (response.status_code, response.json()) == (200, size)


async def test_a_chunked_body_up_to_the_limit_is_read(client: httpx.AsyncClient) -> None:
    assert (await client.post("/read", content=chunks(LIMIT_BYTES))).json() == LIMIT_BYTES


@pytest.mark.parametrize("size", [LIMIT_BYTES + 1, 5 * MEGABYTE], ids=["one too many", "far too many"])
async def test_a_declared_length_over_the_limit_is_refused_unread(
    client: httpx.AsyncClient, sink: Sink, size: int
) -> None:
    assert_too_large(await client.post("/read", content=b"z" * size))
    assert sink.read_bytes == 0
    assert sink.ends == []


@pytest.mark.parametrize("size", [LIMIT_BYTES + 10_000, 5 * MEGABYTE], ids=["a little", "far too many"])
async def test_an_undeclared_length_over_the_limit_is_refused_while_reading(
    client: httpx.AsyncClient, sink: Sink, size: int
) -> None:
    assert_too_large(await client.post("/read", content=chunks(size)))
    assert sink.read_bytes <= LIMIT_BYTES
    assert sink.ends == []


@pytest.mark.parametrize("path", ["/form", "/json"])
async def test_parsers_of_the_framework_pass_the_refusal_on(client: httpx.AsyncClient, path: str) -> None:
    kinds = {"/form": "multipart/form-data; boundary=b", "/json": "application/json"}
    head = {"/form": b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n', "/json": b'{"a": "'}

    async def body() -> AsyncIterator[bytes]:
        yield head[path]
        async for chunk in chunks(2 * MEGABYTE):
            yield chunk

    assert_too_large(await client.post(path, content=body(), headers={"content-type": kinds[path]}))


async def test_an_answer_before_the_body_is_read_arrives_whole(client: httpx.AsyncClient) -> None:
    response = await client.post("/ignore", content=b"z" * LIMIT_BYTES)
    assert (response.status_code, response.json()) == (200, "not looked at")
    assert (await client.post("/read", content=b"next")).json() == 4


async def test_who_waits_for_100_is_refused_without_sending(client: httpx.AsyncClient, sink: Sink) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
    head = f"POST /read HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {LIMIT_BYTES + 1}\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 " not in answer
    writer.close()
    assert sink.read_bytes == 0


async def test_an_endless_body_is_not_read_for_ever(client: httpx.AsyncClient, sink: Sink) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
    writer.write(b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    status = asyncio.create_task(reader.readline())
    sent = 0
    block = b"10000\r\n" + b"z" * 65536 + b"\r\n"
    with suppress(ConnectionError):  # reset or broken pipe, as the system likes
        while sent < 512 * MEGABYTE:
            writer.write(block)
            await writer.drain()
            sent += len(block)
    assert sent < 512 * MEGABYTE
    assert sink.read_bytes <= LIMIT_BYTES
    assert b" 413 " in await status
    writer.close()


SLOW = Pace(grace_s=0.3, least_bytes_per_s=1000, linger_s=0.2)


@pytest.fixture(params=list(SERVERS))
async def impatient(request: pytest.FixtureRequest) -> AsyncIterator[tuple[int, Sink]]:
    """A server that waits for no body longer than a moment."""
    sink = Sink(pace=SLOW)
    async with SERVERS[request.param](sink.app) as port:
        yield port, sink


async def trickle(writer: asyncio.StreamWriter, piece: bytes, every_s: float) -> None:
    with suppress(ConnectionError):
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every_s)


@pytest.mark.parametrize("path", ["/read", "/json", "/form"])
@pytest.mark.parametrize("length", ["Content-Length: 90000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("every_s", [0.02, 1000], ids=["trickles", "stops"])
async def test_a_body_that_trickles_or_stops_is_refused(
    impatient: tuple[int, Sink], path: str, length: str, every_s: float
) -> None:
    port, sink = impatient
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    kind = {"/form": "multipart/form-data; boundary=b"}.get(path, "application/json")
    writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n{length}\r\n\r\n".encode())
    piece = b"1\r\n\n\r\n" if "chunked" in length else b"\n"  # which no parser minds
    sending = asyncio.create_task(trickle(writer, piece, every_s))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in head
    await asyncio.wait_for(reader.read(), 20)  # and then it is closed
    sending.cancel()
    writer.close()
    assert sink.ends == []


async def test_a_slow_body_that_keeps_up_is_read_whole(impatient: tuple[int, Sink]) -> None:
    port, _ = impatient

    async def steady() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"z" * 200
            await asyncio.sleep(0.05)

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        assert (await client.post("/read", content=steady())).json() == 4000


async def test_the_time_in_which_the_app_does_not_read_is_not_the_senders(impatient: tuple[int, Sink]) -> None:
    port, _ = impatient
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        assert (await client.post("/late", content=b"z" * LIMIT_BYTES)).json() == LIMIT_BYTES


def test_a_body_of_any_size_has_its_time() -> None:
    pace = Pace()
    assert pace.allowed_s(0) == pace.grace_s > 60, "longer than a stalled upload is waited for"
    assert pace.allowed_s(2**20) == pytest.approx(pace.grace_s + 512)
