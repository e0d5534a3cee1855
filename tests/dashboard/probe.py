"""A small ASGI app that shows what a server does, and the two servers that must do the same with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import resource
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from dashboard.asgi import AsgiHandler, AsgiMount

CHUNK = b"x" * 65536
TEXT = (b"content-type", b"text/plain")


class Probe:
    """The app; `seen` tells what happened to it, `gate` lets the waiting routes go on."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.received_bytes = 0
        self.sent_bytes = 0
        self.gate = asyncio.Event()
        self.happened = asyncio.Event()

    def note(self, what: str) -> None:
        self.seen.append(what)
        self.happened.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            name = scope["path"].removeprefix(scope["root_path"]).strip("/").split("/")[0]
            route: Callable[[Scope, Receive, Send], Awaitable[None]] = getattr(self, "at_" + name)
            await route(scope, receive, send)

    async def at_echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [TEXT]})
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return self.note("disconnect")
            more = message["more_body"]
            await send({"type": "http.response.body", "body": message["body"], "more_body": more})
        return None

    async def at_sink(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the whole body, but only when the gate is open; answer with its length."""
        await self.gate.wait()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return self.note("disconnect")
            self.received_bytes += len(message["body"])
            more = message["more_body"]
        await _answer(send, str(self.received_bytes).encode())
        return self.note("whole")

    async def at_source(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send 50 MB, a chunk at a time."""
        await send({"type": "http.response.start", "status": 200, "headers": [TEXT]})
        for _ in range(800):
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
            self.sent_bytes += len(CHUNK)
        await send({"type": "http.response.body"})
        self.note("sent")

    async def at_events(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b"data: first\n\n", "more_body": True})
        await self.gate.wait()
        await send({"type": "http.response.body", "body": b"data: last\n\n"})

    async def at_listen(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send one event, then nothing, until the client has gone."""
        await send({"type": "http.response.start", "status": 200, "headers": [TEXT]})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        message = await receive()
        while message["type"] != "http.disconnect":
            message = await receive()
        await send({"type": "http.response.body", "body": b"into the void", "more_body": True})
        self.note("disconnect")

    async def at_early(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer without looking at the body."""
        await _answer(send, b"enough", status=403)

    async def at_late(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, then go on working."""
        await _answer(send, b"done")
        message = await receive()
        while message["type"] != "http.disconnect":
            message = await receive()
        self.note("disconnect after the answer")

    async def at_boom(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("before the answer")

    async def at_half(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [TEXT]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("in the middle of the answer")

    async def at_mute(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Return without an answer."""

    async def at_open(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Return without having ended the answer."""
        await send({"type": "http.response.start", "status": 200, "headers": [TEXT]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    async def at_wrong(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the body before the start."""
        await send({"type": "http.response.body", "body": b"body first"})

    async def at_overrun(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send more than the announced length."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"three"})

    async def at_bare(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the status in the query and no body."""
        await send({"type": "http.response.start", "status": int(scope["query_string"]), "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def at_headers(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-latin", "é".encode("latin-1")), TEXT]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    async def at_scope(self, scope: Scope, receive: Receive, send: Send) -> None:
        shown = {k: v for k, v in scope.items() if k not in {"state", "app", "asgi", "extensions"}}
        await _answer(send, json.dumps(shown, default=lambda value: value.decode("latin-1")).encode())


async def _answer(send: Send, body: bytes, *, status: int = 200) -> None:
    headers = [TEXT, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def tornado_server(app: ASGIApp | AsgiMount) -> AsyncIterator[int]:
    """Serve `app` through our handler; gives the port."""
    mount = app if isinstance(app, AsgiMount) else AsgiMount(app)
    server = HTTPServer(Application([(".*", AsgiHandler, {"mount": mount})]), max_body_size=1024)
    with _free_socket() as listener:
        server.add_sockets([listener])
        try:
            yield listener.getsockname()[1]
        finally:  # or the loop goes on watching for the socket, and takes whatever gets its number for it
            server.stop()
            await mount.drain(5)
            await server.close_all_connections()


class _QuietServer(uvicorn.Server):
    """Leaves the signals of the test run alone."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


@asynccontextmanager
async def uvicorn_server(app: ASGIApp) -> AsyncIterator[int]:
    """Serve `app` through uvicorn; gives the port."""
    config = uvicorn.Config(
        app,
        log_config=None,
        lifespan="off",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    async with uvicorn_of(config) as port:
        yield port


@asynccontextmanager
async def uvicorn_of(config: uvicorn.Config) -> AsyncIterator[int]:
    """Serve through uvicorn what `config` says; gives the port."""
    server = _QuietServer(config)
    with _free_socket() as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


def _free_socket() -> socket.socket:
    (listener,) = bind_sockets(0, "127.0.0.1")  # one that asyncio knows for TCP, and so sends small answers at once
    return listener


ServerFactory = Callable[[ASGIApp], AbstractAsyncContextManager[int]]
SERVERS = {"tornado": tornado_server, "uvicorn": uvicorn_server}


async def _main(kind: str) -> None:
    """Serve the probe until standard input ends; print the port first, and the peak of memory in KiB last."""
    probe = Probe()
    probe.gate.set()
    async with SERVERS[kind](probe) as port:
        print(port, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
        await asyncio.to_thread(sys.stdin.read)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)


if __name__ == "__main__":
    logging.disable(logging.INFO)
    asyncio.run(_main(sys.argv[1]))
