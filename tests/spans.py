"""What a collector was told: the spans in the bodies that an OTLP exporter has sent it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status


@dataclass(frozen=True)
class Seen:
    """A span as it was sent; `part` and `process` say by whom, ids are hexadecimal."""

    name: str
    trace: str
    id: str
    parent: str
    began_ns: int
    ended_ns: int
    told: dict[str, Any]
    links: tuple[str, ...]
    failed: str | None
    part: str
    process: str


def spans_of(bodies: Iterable[bytes]) -> list[Seen]:
    """Return the spans of all bodies, in the order in which they began."""
    found: list[Seen] = []
    for body in bodies:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            whose = _values(resource.resource.attributes)
            for scope in resource.scope_spans:
                found += [_seen(span, whose) for span in scope.spans]
    return sorted(found, key=lambda span: (span.began_ns, span.ended_ns))


def _seen(span: Sent, whose: dict[str, Any]) -> Seen:
    return Seen(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        began_ns=span.start_time_unix_nano,
        ended_ns=span.end_time_unix_nano,
        told=_values(span.attributes),
        links=tuple(link.span_id.hex() for link in span.links),
        failed=span.status.message if span.status.code == Status.STATUS_CODE_ERROR else None,
        part=str(whose["marksight.part"]),
        process=str(whose["service.instance.id"]),
    )


def _values(attributes: Iterable[Any]) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
