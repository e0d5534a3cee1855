"""One Tornado handler that speaks ASGI 3, so that an ASGI app can live inside Panel's server.

1. The app sees each request once, and its body in order; at most `HIGH_WATER_BYTES` and one chunk wait for it, after
   which the client is not read from.
2. The app's `send` returns only when the bytes have left for the client's socket: a slow reader holds the app back.
3. When the client is gone, `receive` says `http.disconnect` and `send` does nothing.
4. An app that fails before it has started its response is answered for with 500; one that fails later has its
   connection cut, so that half an answer never looks whole.

The same cases are run through uvicorn in `tests/dashboard/test_asgi.py`, and must give the same answers.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from http.client import responses
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler, stream_request_body

HIGH_WATER_BYTES = 256 * 1024
SPEC_VERSION = "2.3"  # as uvicorn says: Starlette then listens for disconnects by itself and cancels its streams
_DISCONNECT: Message = {"type": "http.disconnect"}
_ERROR_BODY = b"Internal Server Error"
_ERROR_HEADERS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"content-length", str(len(_ERROR_BODY)).encode()),
    (b"connection", b"close"),
]

log = logging.getLogger(__name__)


class AsgiMount:
    """An ASGI app hung into a Tornado server, and its requests now running."""

    def __init__(self, app: ASGIApp, *, root_path: str = "") -> None:
        self.app = app
        self.root_path = root_path
        self.running: set[asyncio.Task[None]] = set()

    def start(self, handler: AsgiHandler) -> asyncio.Task[None]:
        """Run the app for one request."""
        task = asyncio.create_task(handler.run_app())
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return task

    async def drain(self, timeout_s: float) -> None:
        """Wait for the running requests to end; those that have not after `timeout_s` are cancelled."""
        if not self.running:
            return
        _, late = await asyncio.wait(set(self.running), timeout=timeout_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


class RequestBody:
    """What the client sends and the app has not taken yet."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._more = True
        self._closed = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def feed(self, chunk: bytes) -> None:
        """Add `chunk`, and wait while too much lies here. What comes after `close` is dropped."""
        if self._closed:
            return
        self._waiting += chunk
        self._news.set()
        if len(self._waiting) >= HIGH_WATER_BYTES:
            self._room.clear()
        await self._room.wait()

    def end(self) -> None:
        """Say that the body is whole."""
        self._more = False
        self._news.set()

    def close(self) -> None:
        """Say that nobody will take more: the client is gone, or the answer is complete."""
        self._closed = True
        self._waiting.clear()
        self._news.set()
        self._room.set()

    async def receive(self) -> Message:
        """Return the next ASGI message: body as it comes, then nothing until `http.disconnect`."""
        await self._news.wait()
        if self._closed:
            return _DISCONNECT
        self._news.clear()
        body = bytes(self._waiting)
        self._waiting.clear()
        self._room.set()
        return {"type": "http.request", "body": body, "more_body": self._more}


@stream_request_body
class AsgiHandler(RequestHandler):
    """Hands every request of its routes to the app of an `AsgiMount`."""

    def initialize(self, mount: AsgiMount) -> None:
        """Take the mount from the route's arguments."""
        self._mount = mount
        self._body = RequestBody()
        self._task: asyncio.Task[None] | None = None
        self._gone = self._started = self._complete = False
        self._asked = asyncio.Event()
        self._auto_finish = False
        self._method = self.request.method or "GET"
        if self._method not in self.SUPPORTED_METHODS:
            self.request.method = "POST"  # Tornado would refuse it by itself; which methods there are is the app's word

    def set_default_headers(self) -> None:
        """Leave but the date: all other headers are the app's."""
        self.clear_header("Server")
        self.clear_header("Content-Type")

    async def prepare(self) -> None:
        """Start the app before a body is there. Limits of size and time are the app's, which can say what is wrong."""
        self.request.connection.set_max_body_size(sys.maxsize)  # type: ignore[union-attr]
        self.request.connection.set_body_timeout(None)  # type: ignore[union-attr]
        self.request.connection.stream.set_nodelay(True)  # type: ignore[union-attr]
        headers = self.request.headers
        if "Transfer-Encoding" not in headers and headers.get("Content-Length", "0") == "0":
            return  # Tornado closes a connection that is answered before it has looked for a body
        self._task = self._mount.start(self)
        if headers.get("Expect", "").lower() == "100-continue":
            await self._until_body_is_wanted(self._task)

    async def _until_body_is_wanted(self, task: asyncio.Task[None]) -> None:
        """Hold back Tornado's `100 Continue` until the app asks for the body, or has answered without it."""
        asking = asyncio.create_task(self._asked.wait())
        await asyncio.wait({asking, task}, return_when=asyncio.FIRST_COMPLETED)
        asking.cancel()

    async def data_received(self, chunk: bytes) -> None:
        """Pass a piece of the body on; Tornado reads no more until this returns."""
        await self._body.feed(chunk)

    async def _after_body(self, *_: str) -> None:
        self._body.end()
        await (self._task or self._mount.start(self))

    get = head = post = put = patch = delete = options = _after_body

    def on_connection_close(self) -> None:
        """Tell the app that the client is gone."""
        super().on_connection_close()
        self._gone = True
        self._body.close()

    async def run_app(self) -> None:
        """Run the app for this request, and see to it that the client gets a whole answer or none."""
        try:
            await self._mount.app(self._scope(), self._receive, self._send)
        except Exception:  # the app's boundary: whatever it raises must not take the server with it
            log.exception("the app failed at %s %s", self._method, self.request.path)
            await self._answer_for_app()
        except asyncio.CancelledError:
            self._cut()
            raise
        else:
            if not self._complete and not self._gone:
                log.error("the app left %s %s without a whole answer", self._method, self.request.path)
                await self._answer_for_app()
        finally:
            self._body.close()

    async def _answer_for_app(self) -> None:
        if self._started:
            self._cut()
            return
        await self._send({"type": "http.response.start", "status": 500, "headers": _ERROR_HEADERS})
        await self._send({"type": "http.response.body", "body": _ERROR_BODY})

    def _cut(self) -> None:
        self._gone = True
        if not self._complete:
            self.request.connection.stream.close()  # type: ignore[union-attr]

    def _scope(self) -> Scope:
        request = self.request
        raw_path, _, query = (request.uri or "/").partition("?")
        context = request.connection.context  # type: ignore[union-attr]
        socket = request.connection.stream.socket  # type: ignore[union-attr]
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": SPEC_VERSION},
            "http_version": request.version.removeprefix("HTTP/"),
            "server": _address(socket.getsockname() if socket else None),
            "client": _address(context.address),
            "scheme": request.protocol,
            "method": self._method,
            "root_path": self._mount.root_path,
            "path": unquote(raw_path),
            "raw_path": raw_path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in request.headers.get_all()],
            "state": {},
        }

    async def _receive(self) -> Message:
        self._asked.set()
        return await self._body.receive()

    async def _send(self, message: Message) -> None:
        if self._gone:
            return
        expected = "http.response.body" if self._started else "http.response.start"
        if self._complete or message["type"] != expected:
            raise RuntimeError(f"expected {'nothing more' if self._complete else expected}, got {message['type']!r}")
        try:
            await (self._send_body(message) if self._started else self._send_start(message))
        except StreamClosedError:
            self._gone = True
            self._body.close()

    async def _send_start(self, message: Message) -> None:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]
        if any(name.lower() == "date" for name, _ in headers):
            self.clear_header("Date")
        self.set_status(message["status"], responses.get(message["status"], "Unknown"))
        for name, value in headers:
            self.add_header(name, value)
        self._close_after = ("connection", "close") in {(name.lower(), value.lower()) for name, value in headers}
        self._started = True
        self.request.headers.pop("Expect", None)  # or Tornado would say `100 Continue` into the answer
        self._asked.set()
        await self.flush()

    async def _send_body(self, message: Message) -> None:
        body = message.get("body", b"")
        if body and not self._should_not_send_content(self.get_status()):
            self.write(bytes(body))
            await self.flush()
        if not message.get("more_body", False):
            self._complete = True
            self._body.close()
            await self.finish()
            if self._close_after:
                self.request.connection.close()  # type: ignore[union-attr]


def _address(value: object) -> tuple[str, int] | None:
    """Return host and port of a TCP socket's address; a unix socket has none."""
    return (value[0], value[1]) if isinstance(value, tuple) else None
