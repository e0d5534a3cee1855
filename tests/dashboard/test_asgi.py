"""Our Tornado handler and uvicorn, run through the same cases over real sockets: the answers must be the same."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from dashboard.asgi import AsgiMount
from tests.conftest import ROOT
from tests.dashboard.probe import CHUNK, SERVERS, Probe, ServerFactory, tornado_server
from tests.workers.programs import until

MEGABYTE = 2**20
ECHO_CHUNKS = 800  # of 64 KiB: 50 MB
SOCKETS_HOLD_BYTES = 16 * MEGABYTE  # what two sockets' buffers and the server's own may hold between two programs
GROWTH_KIB = 24 * 1024  # allowed for 50 MB each way: buffers, not bodies


@pytest.fixture(params=list(SERVERS))
def serve(request: pytest.FixtureRequest) -> ServerFactory:
    return SERVERS[request.param]


@pytest.fixture
async def probe() -> Probe:
    return Probe()


@pytest.fixture
async def port(serve: ServerFactory, probe: Probe) -> AsyncIterator[int]:
    async with serve(probe) as port:
        yield port


@pytest.fixture
async def client(port: int) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield client


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[Stream]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def send_head(stream: Stream, head: str) -> None:
    stream[1].write(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n")
    await stream[1].drain()


async def fill(writer: asyncio.StreamWriter, *, at_most: int) -> int:
    """Send until the other side takes no more for a good while; return the bytes handed to the socket."""
    sent = 0
    while sent < at_most:
        writer.write(CHUNK)
        sent += len(CHUNK)
        try:
            await asyncio.wait_for(writer.drain(), 0.5)
        except TimeoutError:
            return sent
    return sent


async def settled(seen: Probe, what: str) -> None:
    while what not in seen.seen:
        seen.happened.clear()
        await asyncio.wait_for(seen.happened.wait(), 20)


async def test_a_body_is_echoed_while_it_is_still_being_sent(port: int) -> None:
    async with connect(port) as stream:
        await send_head(stream, "POST /echo HTTP/1.1\nHost: x\nTransfer-Encoding: chunked")
        stream[1].write(b"3\r\none\r\n")
        head = await stream[0].readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert await stream[0].readuntil(b"one\r\n")
        stream[1].write(b"3\r\ntwo\r\n0\r\n\r\n")
        assert (await stream[0].readuntil(b"0\r\n\r\n")).startswith(b"3\r\ntwo")


async def test_fifty_megabytes_come_back_as_they_went(port: int) -> None:
    blocks = [bytes([n % 251]) * len(CHUNK) for n in range(ECHO_CHUNKS)]
    expected = hashlib.sha256(b"".join(blocks)).hexdigest()
    echoed = hashlib.sha256()
    async with connect(port) as (reader, writer):
        await send_head((reader, writer), f"POST /echo HTTP/1.1\nHost: x\nContent-Length: {ECHO_CHUNKS * len(CHUNK)}")

        async def upload() -> None:
            for block in blocks:
                writer.write(block)
                await writer.drain()

        async with asyncio.TaskGroup() as group:
            group.create_task(upload())
            await reader.readuntil(b"\r\n\r\n")
            async for piece in dechunked(reader):
                echoed.update(piece)
    assert echoed.hexdigest() == expected


async def dechunked(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int(await reader.readline(), 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)


@pytest.mark.parametrize("kind", list(SERVERS))
async def test_memory_stays_constant_while_bodies_stream(kind: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.dashboard.probe", kind,
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stdin
    port, before_kib = map(int, (await process.stdout.readline()).split())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:

        async def body() -> AsyncIterator[bytes]:
            for _ in range(ECHO_CHUNKS):
                yield CHUNK

        sunk = await client.post("/sink", content=body())
        assert sunk.text == str(ECHO_CHUNKS * len(CHUNK))
        received = 0
        async with client.stream("GET", "/source") as response:
            async for piece in response.aiter_raw():
                received += len(piece)
        assert received == ECHO_CHUNKS * len(CHUNK)
    process.stdin.close()
    after_kib = int(await process.stdout.readline())
    assert await process.wait() == 0
    assert after_kib - before_kib < GROWTH_KIB


async def test_a_client_is_held_back_while_the_app_does_not_read(port: int, probe: Probe) -> None:
    total = 64 * MEGABYTE
    async with connect(port) as stream:
        await send_head(stream, f"POST /sink HTTP/1.1\nHost: x\nContent-Length: {total}")
        sent = await fill(stream[1], at_most=total)
        assert sent < SOCKETS_HOLD_BYTES
        assert probe.received_bytes == 0
        probe.gate.set()
        while sent < total:
            stream[1].write(CHUNK)
            sent += len(CHUNK)
            await stream[1].drain()
        await stream[0].readuntil(b"\r\n\r\n")
        assert await stream[0].readexactly(8) == str(total).encode()


async def test_the_app_is_held_back_while_the_client_does_not_read(port: int, probe: Probe) -> None:
    async with connect(port) as stream:
        await send_head(stream, "GET /source HTTP/1.1\nHost: x")
        last = -1
        while last != probe.sent_bytes:
            last = probe.sent_bytes
            await asyncio.sleep(0.3)
        assert probe.sent_bytes < SOCKETS_HOLD_BYTES
        await stream[0].readuntil(b"\r\n\r\n")
        assert sum([len(piece) async for piece in dechunked(stream[0])]) == ECHO_CHUNKS * len(CHUNK)
    await settled(probe, "sent")


async def test_a_client_that_goes_in_the_middle_of_its_body_is_a_disconnect(port: int, probe: Probe) -> None:
    probe.gate.set()
    async with connect(port) as stream:
        await send_head(stream, "POST /sink HTTP/1.1\nHost: x\nContent-Length: 1000")
        stream[1].write(b"only some")
        await stream[1].drain()
        await until(lambda: probe.received_bytes == len(b"only some"))
    await settled(probe, "disconnect")
    assert (probe.received_bytes, probe.seen) == (len(b"only some"), ["disconnect"])


async def test_a_client_that_goes_in_the_middle_of_the_answer_is_a_disconnect(port: int, probe: Probe) -> None:
    async with connect(port) as stream:
        await send_head(stream, "GET /listen HTTP/1.1\nHost: x")
        await stream[0].readuntil(b"one\r\n")
        assert probe.seen == []
    await settled(probe, "disconnect")
    assert probe.seen == ["disconnect"]


async def test_a_client_that_stops_reading_for_good_does_not_hold_the_app(port: int, probe: Probe) -> None:
    async with connect(port) as stream:
        await send_head(stream, "GET /source HTTP/1.1\nHost: x")
        await stream[0].readuntil(b"\r\n\r\n")
        assert probe.seen == []
    await settled(probe, "sent")
    assert probe.sent_bytes == ECHO_CHUNKS * len(CHUNK)


async def test_after_the_answer_the_app_may_work_on_and_sees_a_disconnect(
    client: httpx.AsyncClient, probe: Probe
) -> None:
    assert (await client.get("/late")).text == "done"
    await settled(probe, "disconnect after the answer")


async def test_the_first_event_arrives_before_the_last_is_made(client: httpx.AsyncClient, probe: Probe) -> None:
    async with client.stream("GET", "/events") as response:
        lines = response.aiter_lines()
        assert await anext(lines) == "data: first"
        assert not probe.gate.is_set()
        probe.gate.set()
        assert [line async for line in lines if line] == ["data: last"]


async def test_failing_before_the_answer_gives_500(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    response = await client.get("/boom")
    assert (response.status_code, response.text) == (500, "Internal Server Error")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert "before the answer" in caplog.text


@pytest.mark.parametrize("path", ["/mute", "/wrong"])
async def test_an_app_that_does_not_answer_gives_500(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 500


@pytest.mark.parametrize("path", ["/half", "/open", "/overrun"])
async def test_a_broken_answer_never_looks_whole(client: httpx.AsyncClient, path: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get(path)


@pytest.mark.parametrize("path", ["/half", "/boom", "/overrun"])
async def test_the_server_serves_on_after_a_failure(client: httpx.AsyncClient, path: str) -> None:
    with suppress(httpx.RemoteProtocolError):
        await client.get(path)
    assert (await client.post("/echo", content=b"alive")).text == "alive"


async def test_an_early_answer_reaches_a_client_still_sending(client: httpx.AsyncClient) -> None:
    response = await client.post("/early", content=b"y" * 100_000)
    assert (response.status_code, response.text) == (403, "enough")


async def test_a_client_that_waits_for_100_is_refused_before_it_sends(port: int) -> None:
    async with connect(port) as stream:
        head = "POST /early HTTP/1.1\nHost: x\nContent-Length: 1000000\nExpect: 100-continue"
        await send_head(stream, head)
        assert b" 403 " in await stream[0].readline()


async def test_a_client_that_waits_for_100_is_told_when_the_app_reads(port: int, probe: Probe) -> None:
    probe.gate.set()
    async with connect(port) as stream:
        await send_head(stream, "POST /sink HTTP/1.1\nHost: x\nContent-Length: 5\nExpect: 100-continue")
        seen = await stream[0].readuntil(b"\r\n\r\n")
        stream[1].write(b"hello")
        assert b"HTTP/1.1 100" in seen
        assert b"HTTP/1.1 200" in await stream[0].readuntil(b"\r\n\r\n")


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_without_body_has_no_framing(client: httpx.AsyncClient, status: int) -> None:
    response = await client.get(f"/bare?{status}")
    assert response.status_code == status
    assert "transfer-encoding" not in response.headers
    assert response.content == b""
    assert (await client.post("/echo", content=b"next on the same connection")).status_code == 200


async def test_head_gives_the_headers_and_no_body(client: httpx.AsyncClient) -> None:
    response = await client.head("/scope")
    assert response.status_code == 200
    assert int(response.headers["content-length"]) > 0
    assert response.content == b""
    assert (await client.get("/scope")).json()["method"] == "GET"


async def test_headers_keep_their_bytes_and_their_number(port: int) -> None:
    async with connect(port) as stream:
        await send_head(stream, "GET /headers HTTP/1.1\nHost: x\nConnection: close")
        head = (await stream[0].read()).split(b"\r\n\r\n")[0].lower()
    assert head.count(b"set-cookie:") == 2
    assert b"x-latin: \xe9" in head
    assert b"server:" not in head
    assert head.count(b"content-type:") == 1
    assert b"date:" in head


async def test_the_scope_carries_the_request_as_it_came(port: int) -> None:
    async with connect(port) as stream:
        head = "PUT /scope/a%20b%2Fc%C3%A9?q=%31&&x HTTP/1.1\nHost: x\nX-A: 1\nX-a: 2\nX-L: \xe9\nContent-Length: 0"
        await send_head(stream, head + "\nConnection: close")
        own = list(stream[1].get_extra_info("sockname"))
        scope = json.loads((await stream[0].read()).split(b"\r\n\r\n", 1)[1])
    assert scope["method"] == "PUT"
    assert scope["path"] == "/scope/a b/cé"
    assert scope["raw_path"] == "/scope/a%20b%2Fc%C3%A9"
    assert scope["query_string"] == "q=%31&&x"
    assert scope["http_version"] == "1.1"
    assert scope["scheme"] == "http"
    assert scope["client"] == own
    assert scope["server"] == ["127.0.0.1", port]
    assert [pair for pair in scope["headers"] if pair[0].startswith("x-")] == [["x-a", "1"], ["x-a", "2"], ["x-l", "é"]]


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "PATCH", "PROPFIND", "TRACE"])
async def test_every_method_reaches_the_app(client: httpx.AsyncClient, method: str) -> None:
    assert (await client.request(method, "/scope")).json()["method"] == method


async def test_a_root_path_stays_in_the_path_and_is_named(probe: Probe) -> None:
    async with tornado_server(AsgiMount(probe, root_path="/behind")) as port, httpx.AsyncClient() as client:
        scope = (await client.get(f"http://127.0.0.1:{port}/behind/scope")).json()
    assert (scope["root_path"], scope["path"]) == ("/behind", "/behind/scope")


async def test_requests_on_one_connection_follow_each_other(client: httpx.AsyncClient) -> None:
    clients = {tuple((await client.get("/scope")).json()["client"]) for _ in range(3)}
    assert len(clients) == 1


async def test_http_1_0_gets_an_unframed_answer_and_a_close(port: int) -> None:
    async with connect(port) as stream:
        await send_head(stream, "POST /echo HTTP/1.0\nHost: x\nContent-Length: 5")
        stream[1].write(b"hello")
        answer = await stream[0].read()
    assert answer.endswith(b"\r\n\r\nhello")


async def test_draining_lets_a_running_request_end(probe: Probe) -> None:
    mount = AsgiMount(probe)
    async with tornado_server(mount) as port, connect(port) as stream:
        await send_head(stream, "GET /events HTTP/1.1\nHost: x")
        await stream[0].readuntil(b"first\n\n\r\n")
        draining = asyncio.create_task(mount.drain(30))
        probe.gate.set()
        await draining
        assert await stream[0].readuntil(b"last\n\n\r\n")


async def test_draining_cuts_off_what_does_not_end(probe: Probe) -> None:
    mount = AsgiMount(probe)
    async with tornado_server(mount) as port, connect(port) as stream:
        await send_head(stream, "GET /events HTTP/1.1\nHost: x")
        await stream[0].readuntil(b"first\n\n\r\n")
        await mount.drain(0)
        assert await stream[0].read() == b""
        assert not mount.running
