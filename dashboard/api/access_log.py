"""What was asked, and how it was answered: one line in the log, one count and one span for each request.

1. It lies around the whole app, within what gives a request its id; its line names that id, who asked, and from where.
2. A request is named by its method and the template of its route: by no query string, and nothing that a sender made
   up. What leads to no route is `OTHER`, and so are methods that are none of `METHODS`.
3. The line names the run or inspection that the address names, or that was made (`data.concerning.learn`).
4. An answer that never began, since the sender was gone, has the status `GONE`; an app that fails, that of a failure.
5. What open pages ask every other second (`OFTEN`) is told at DEBUG alone.
6. Whoever traces and says so in `traceparent` finds the request in their own trace. What machines ask to watch this one
   and the files of pages (`UNTRACED_BELOW`) are in none.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.api.errors import PROBLEMS
from data.acting import Actor, acting, acting_as
from data.concerning import IDS, concerned, concerning, learn
from data.errors import NobodyActs
from data.trace_parent import is_trace_parent
from workers import metrics
from workers.counting import Counting
from workers.log_lines import ACCESS
from workers.metrics import OTHER
from workers.tracing import UNTRACED, Span, Tracing

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
GONE = 0
FAILED = PROBLEMS["internal-error"].status
OFTEN = frozenset({"/health"})
UNTRACED_BELOW = ("/health", "/ready", "/metrics", "/assets/", "/favicon.ico")
NOBODY = Actor("system:server")

log = logging.getLogger(ACCESS)


class AccessLog:
    """Middleware that tells of each request, counts it, and opens its span."""

    def __init__(self, app: ASGIApp, counting: Counting, tracing: Tracing | None = None) -> None:
        self.app = app
        self._counting = counting
        self._tracing = tracing or Tracing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send)
        began = time.perf_counter()
        with concerning(), self._span(scope) as span:
            try:
                await self.app(scope, receive, answer.send)
            except Exception:
                answer.status = answer.status or FAILED
                raise
            finally:
                self._tell(scope, answer, time.perf_counter() - began, span)

    def _span(self, scope: Scope) -> Span:
        if not self._tracing.on or scope["path"].startswith(UNTRACED_BELOW):
            return UNTRACED
        said = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), "")
        parent = said if is_trace_parent(said) else None
        return self._tracing.span("request", parent=parent, root=True, kind="server")

    def _tell(self, scope: Scope, answer: _Answer, seconds: float, span: Span) -> None:
        method = scope["method"] if scope["method"] in METHODS else OTHER
        route, status = template_of(scope), answer.status
        self._counting.count(metrics.REQUESTS, route=route, method=method, status=class_of(status))
        self._counting.observe(metrics.REQUEST_SECONDS, seconds, route=route, method=method)
        learn(**ids_of(scope))
        told = {"method": method, "route": route, "status": status, "seconds": round(seconds, 6), "bytes": answer.bytes}
        told["client"] = client[0] if (client := scope.get("client")) else None
        level = logging.DEBUG if route in OFTEN else logging.INFO
        with acting_as(_actor(scope, answer)):
            log.log(level, "%s %s %d", method, route, status, extra=told)
        if span is not UNTRACED:
            self._trace(span, told, scope)

    def _trace(self, span: Span, told: dict[str, Any], scope: Scope) -> None:
        """Tell the span what the log was told, in OpenTelemetry's words."""
        span.rename(f"{told['method']} {told['route']}")
        status = told["status"]
        ids = {name: value for name, value in concerned().items() if name in IDS}
        span.note(
            {
                "http.request.method": told["method"],
                "http.route": told["route"],
                "http.response.status_code": status,
                "http.response.body.size": told["bytes"],
                "marksight.request_id": str(scope.get("state", {}).get("request_id", "")),
                **{f"marksight.{name}": value for name, value in ids.items()},
            }
        )
        if status == GONE or status >= FAILED:
            span.failed(class_of(status))


class _Answer:
    """What was sent of an answer."""

    def __init__(self, send: Send) -> None:
        self.status = GONE
        self.bytes = 0
        self.actor: Actor | None = None
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            with suppress(NobodyActs):
                self.actor = acting()  # who asks is found out further in
        elif message["type"] == "http.response.body":
            self.bytes += len(message.get("body", b""))
        await self._send(message)


def _actor(scope: Scope, answer: _Answer) -> Actor:
    """Return who asked, under the id of the request; where nobody was found out, the server acts."""
    actor = answer.actor or NOBODY
    return replace(actor, request_id=actor.request_id or scope.get("state", {}).get("request_id"))


def class_of(status: int) -> str:
    """Return the class of a status, such as 2xx."""
    return "gone" if status == GONE else f"{status // 100}xx"


def template_of(scope: Scope) -> str:
    """Return the template of the route that a request has led to; of files, what they lie below."""
    path = getattr(scope.get("route"), "path", None)
    if path is None and scope.get("root_path") and "endpoint" in scope:
        path = scope["root_path"]
    return str(path or OTHER)


def ids_of(scope: Scope) -> dict[str, UUID | None]:
    """Return the ids that an address names, as far as they are such."""
    named: dict[str, Any] = scope.get("path_params", {})
    found: dict[str, UUID | None] = {}
    for name in IDS:
        with suppress(ValueError):
            found[name] = UUID(str(named[name])) if name in named else None
    return found
