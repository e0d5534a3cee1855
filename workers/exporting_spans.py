"""Spans on their way to a collector, by OpenTelemetry's SDK; imported where traces are wanted, and nowhere else.

1. Spans lie in a bounded queue, and a thread sends them by OTLP over HTTP; what finds the queue full is dropped.
2. The standard variables of the SDK (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`,
   `OTEL_EXPORTER_OTLP_HEADERS`, ...) say the rest.
3. A collector that is down or hangs is told in the log now and then, not for every span.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Sequence
from contextvars import Token
from importlib.metadata import version
from types import TracebackType
from typing import Self

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from data.trace_parent import enter, leave
from workers.tracing import Kind, Span, Told

log = logging.getLogger(__name__)

SDK = "opentelemetry"
PATH = "/v1/traces"
LEAVING_S = 2.0
"""How long a process that ends may take to hand over what is left."""
SAID_EVERY_S = 300.0

KINDS: dict[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "consumer": SpanKind.CONSUMER,
}


class Spans:
    """Opens spans of a part of the program, and sends them to the collector at `endpoint` (without its path)."""

    def __init__(self, endpoint: str, part: str) -> None:
        _say_seldom()
        self._provider = TracerProvider(resource=_resource(part), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + PATH)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("marksight", version("marksight"))

    def span(
        self, name: str, told: Told, *, parent: str | None, kind: Kind, links: Sequence[str], began_ns: int | None
    ) -> Span:
        """Return a span to be entered, beneath `parent` or none."""
        begun = self._tracer.start_span(
            name,
            context=_beneath(parent),
            kind=KINDS[kind],
            attributes=dict(told),
            links=[Link(_context(each)) for each in links],
            start_time=began_ns,
            record_exception=False,
            set_status_on_exception=False,
        )
        return _Traced(begun)

    def over(self, name: str, told: Told, *, parent: str, began_ns: int, ended_ns: int) -> None:
        """Tell of something that is over."""
        span = self._tracer.start_span(name, context=_beneath(parent), attributes=dict(told), start_time=began_ns)
        span.end(ended_ns)

    def end(self) -> None:
        """Hand over what is left; a collector that hangs is not waited for."""
        leaving = threading.Thread(target=self._provider.shutdown, daemon=True, name="last spans")
        leaving.start()
        leaving.join(LEAVING_S)


class _Traced(Span):
    """A span that somebody is told of."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        self._token: Token[str | None] | None = None
        found = span.get_span_context()
        self.parent = f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"

    def __enter__(self) -> Self:
        self._token = enter(self.parent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._token is not None:
            leave(self._token)
        if kind is not None:
            self.failed(kind.__name__)
        self._span.end()

    def rename(self, name: str) -> None:
        """Call it otherwise."""
        self._span.update_name(name)

    def note(self, told: Told) -> None:
        """Tell more of it."""
        self._span.set_attributes(dict(told))

    def failed(self, why: str) -> None:
        """Say that it came to nothing."""
        self._span.set_status(Status(StatusCode.ERROR, why))
        self._span.set_attribute("error.type", why)


def _resource(part: str) -> Resource:
    """Return what is told of this process; the standard variables may call it otherwise."""
    ours = {
        "service.version": version("marksight"),
        "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
        "marksight.part": part,
    }
    found = Resource.create(ours)
    unnamed = str(found.attributes.get(SERVICE_NAME, "")).startswith("unknown_service")
    return found.merge(Resource({SERVICE_NAME: "marksight"})) if unnamed else found


def _beneath(parent: str | None) -> Context:
    """Return the context of whoever is beneath `parent`; of no other, whatever goes on in this thread."""
    return contexts.Context() if parent is None else trace.set_span_in_context(NonRecordingSpan(_context(parent)))


def _context(parent: str) -> SpanContext:
    _, trace_id, span_id, flags = parent.split("-")
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))


class Seldom(logging.Handler):
    """Says what the SDK logs once in `every_s`: it has a line for every try."""

    def __init__(self, every_s: float = SAID_EVERY_S) -> None:
        super().__init__(logging.WARNING)
        self._every_s = every_s
        self._said = -every_s
        self._unsaid = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Say it, if it is time."""
        now = time.monotonic()
        if now - self._said < self._every_s:
            self._unsaid += 1
            return
        first = (record.getMessage().splitlines() or [""])[0][:300]
        log.warning("traces do not reach their collector: %s (%d more like this before)", first, self._unsaid)
        self._said, self._unsaid = now, 0


def _say_seldom() -> None:
    logger = logging.getLogger(SDK)
    logger.propagate = False
    if not any(isinstance(handler, Seldom) for handler in logger.handlers):
        logger.addHandler(Seldom())
