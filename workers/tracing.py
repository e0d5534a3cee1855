"""Traces of what is done, for who looks why something took as long as it did. `docs/operations.md` shows what they say.

1. Off unless an endpoint is set; then nothing is imported that makes or sends spans, and one costs as much as asking.
2. A span is opened beneath the one around it (`data.trace_parent`), in whatever process that was; beneath none, only
   `root` ones are: requests, what is taken in, batches.
3. What a span tells are ids, counts, codes and the names of routes and stages: no text of a mark, no file's name, no
   message of an error, no person, no secret.
4. Nothing waits for the collector: spans are handed to a thread, which drops what it cannot get rid of.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from data.trace_parent import trace_parent

if TYPE_CHECKING:
    from workers.exporting_spans import Spans

Kind = Literal["internal", "server", "consumer"]
Told = Mapping[str, str | int | float]


class Span:
    """Something that is done, from entering it until leaving it; this one is told to nobody."""

    parent: str | None = None
    """By what others go on with its trace."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        return

    def rename(self, name: str) -> None:
        """Call it otherwise, now that more is known."""

    def note(self, told: Told) -> None:
        """Tell more of it."""

    def failed(self, why: str) -> None:
        """Say that it came to nothing, by a code or the name of an error."""


UNTRACED = Span()


class Tracing:
    """Opens the spans of one process: of the part that `begin` names, if `endpoint` (OTLP over HTTP) is set."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint or None
        self._spans: Spans | None = None

    @property
    def on(self) -> bool:
        """Whether anybody is told."""
        return self._spans is not None

    def begin(self, part: str) -> None:
        """Tell of what is done from now on, as a part of the program; begun again, it stays as it is."""
        if self._endpoint is None or self._spans is not None:
            return
        from workers.exporting_spans import Spans  # noqa: PLC0415  # the SDK: only where traces are wanted

        self._spans = Spans(self._endpoint, part)

    def end(self) -> None:
        """Hand over what is left, if that takes no time."""
        spans, self._spans = self._spans, None
        if spans is not None:
            spans.end()

    def span(  # noqa: PLR0913 - by their names alone, as OpenTelemetry has them
        self,
        name: str,
        told: Told | None = None,
        *,
        parent: str | None = None,
        root: bool = False,
        kind: Kind = "internal",
        links: Sequence[str] = (),
        began_ns: int | None = None,
    ) -> Span:
        """Return a span to be entered: beneath `parent`, else beneath the one around.

        `links` are the parents of others that it has to do with; `began_ns` is when it began, since 1970, if not now.
        """
        if self._spans is None:
            return UNTRACED
        above = parent or trace_parent()
        if above is None and not root:
            return UNTRACED
        return self._spans.span(name, told or {}, parent=above, kind=kind, links=links, began_ns=began_ns)

    def over(self, name: str, told: Told, *, parent: str | None, began_ns: int, ended_ns: int) -> None:
        """Tell of something that is over, beneath `parent`; beneath none, nobody is told."""
        if self._spans is not None and parent is not None:
            self._spans.over(name, told, parent=parent, began_ns=began_ns, ended_ns=max(began_ns, ended_ns))

    def now_ns(self) -> int:
        """Return the time, in nanoseconds since 1970; 0 where nobody is told."""
        return time.time_ns() if self._spans is not None else 0
