"""The trace that what is done now is part of, as W3C's Trace Context writes it in `traceparent`.

1. Whoever opens a span lets what is done in its course go on under it (`traced_under`).
2. What waits for another process keeps it beside itself (`outbox.trace_parent`, records of the spool): whoever takes it
   up goes on with the trace. Where nobody traces there is none, and nothing is kept.
3. Nothing is ever decided by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_UNDER: ContextVar[str | None] = ContextVar("trace parent", default=None)


def trace_parent() -> str | None:
    """Return the trace and the span that go on now, or None where nobody traces."""
    return _UNDER.get()


def is_trace_parent(said: str) -> bool:
    """Tell whether something has the form of a `traceparent`, of the one version there is."""
    return _FORM.fullmatch(said) is not None


@contextmanager
def traced_under(parent: str | None) -> Iterator[None]:
    """Let everything in the context be part of the trace of `parent`."""
    token = enter(parent)
    try:
        yield
    finally:
        leave(token)


def enter(parent: str | None) -> Token[str | None]:
    """Let everything from here on be part of the trace of `parent`, until `leave` is told of what is returned."""
    return _UNDER.set(parent)


def leave(token: Token[str | None]) -> None:
    """Go on with the trace that was before."""
    _UNDER.reset(token)
