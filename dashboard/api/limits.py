"""How much a request may hold, and how long its body may take, enforced while it is read, the same under every server.

1. A body that says it is too long is refused before any of it is read; one that does not say is refused at the first
   byte too many.
2. An answer given before the body was read must reach the client: closing at once would reset the connection under
   the answer. So the rest of the body is thrown away for a while before the answer is ended; then it is closed.
3. A body is waited for as long as `Pace` says: one that trickles, or never ends, is refused. Only the
   time counts in which the app waits for its sender, and not that in which it is the other way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.api.errors import ApiProblem

LINGER_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Pace:
    """How long a body may keep the app waiting: `grace_s`, and a second more for each `least_bytes_per_s` of it.

    `linger_s` is how long its rest is thrown away for, once there is an answer (rule 2).
    """

    grace_s: float = 90.0
    least_bytes_per_s: int = 2048
    linger_s: float = 3.0

    def allowed_s(self, read_bytes: int) -> float:
        """Return for how long in all, once so many bytes have come."""
        return self.grace_s + read_bytes / self.least_bytes_per_s


class BodyTooLarge(ApiProblem):
    """More bytes came than a request may have."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__("body-too-large", f"The request may hold {max_bytes} bytes at most.", max_bytes=max_bytes)


class BodyTooSlow(ApiProblem):
    """The body kept the app waiting for too long."""

    def __init__(self) -> None:
        super().__init__("body-too-slow", "The body of the request came too slowly, or not at all.")


class BoundedBody:
    """Middleware around the whole app. A body may have `max_bytes`, or what `by_path` says of its path.

    A path there that ends in `/` speaks for everything below it.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, by_path: Mapping[str, int] | None = None, pace: Pace | None = None
    ) -> None:
        self.app = app
        self.pace = pace or Pace()
        self.max_bytes = max_bytes
        self.by_path = by_path or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its body bounded."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        body = _Body(receive, send, max_bytes=self._bound(scope["path"]), pace=self.pace)
        body.declared_bytes = int(length) if length.isdigit() else 0
        body.whole = b"transfer-encoding" not in headers and body.declared_bytes == 0
        body.asked_to_wait = headers.get(b"expect", b"").lower() == b"100-continue"
        await self.app(scope, body.receive, body.send)

    def _bound(self, path: str) -> int:
        below = path[: path.rfind("/") + 1]
        return self.by_path.get(path, self.by_path.get(below, self.max_bytes))


@dataclass
class _Body:
    """One request's body on its way to the app, and the answer on its way back."""

    from_client: Receive
    to_client: Send
    max_bytes: int
    pace: Pace
    waited_s: float = 0.0
    declared_bytes: int = 0
    read_bytes: int = 0
    whole: bool = False
    asked_to_wait: bool = False
    """The client holds its body back until it is told to go on; it has not been told until the app reads."""

    async def receive(self) -> Message:
        if self.declared_bytes > self.max_bytes and not self.whole:
            raise BodyTooLarge(self.max_bytes)
        message = await self.from_client() if self.whole else await self._in_time()
        if self.read_bytes > self.max_bytes:
            raise BodyTooLarge(self.max_bytes)
        return message

    async def _in_time(self) -> Message:
        began_s = time.monotonic()
        try:
            async with asyncio.timeout(self.pace.allowed_s(self.read_bytes) - self.waited_s):
                return await self._next()
        except TimeoutError:
            raise BodyTooSlow from None
        finally:
            self.waited_s += time.monotonic() - began_s

    async def _next(self) -> Message:
        self.asked_to_wait = False
        message = await self.from_client()
        self.read_bytes += len(message.get("body", b""))
        self.whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self.whole:
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        early = message["type"] == "http.response.body" and not message.get("more_body", False) and not self.whole
        if early and not self.asked_to_wait:
            await self.to_client({**message, "more_body": True})
            await self._throw_rest_away()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self.to_client(message)

    async def _throw_rest_away(self) -> None:
        stop_at_bytes, stop_at_s = self.read_bytes + LINGER_BYTES, time.monotonic() + self.pace.linger_s
        while not self.whole and self.read_bytes < stop_at_bytes:
            left_s = stop_at_s - time.monotonic()
            try:
                await asyncio.wait_for(self._next(), left_s)
            except TimeoutError:
                return
