"""How long a connection may take, under both servers, before a request is there that the app could judge.

1. A head (request line and header fields) is whole within `idle_s` of the connection's beginning, or of the answer
   before it, and has at most `head_bytes`. So neither a connection on which nothing is asked nor one on which a head
   trickles in is held for longer.
2. How long a body may take is the app's word (`dashboard.api.limits`); that of what is asked of a page, for which it
   needs none, is whole within `page_body_s`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(frozen=True)
class Patience:
    """How long is waited for what makes a request, and how long its head may be."""

    idle_s: float = 75.0
    page_body_s: float = 30.0
    head_bytes: int = 32 * 1024


PATIENCE = Patience()


def connections_of(patience: Patience) -> type[H11Protocol]:
    """Return uvicorn's connections, which wait no longer than this; by themselves they wait for a head for ever."""

    class Connection(H11Protocol):
        _head_is_late: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait()

        def handle_events(self) -> None:
            super().handle_events()
            if self.conn.their_state is h11.IDLE:
                self._wait()
            else:
                self._wait_no_more()

        def connection_lost(self, exc: Exception | None) -> None:
            self._wait_no_more()
            super().connection_lost(exc)

        def _wait(self) -> None:
            if self._head_is_late is None:
                self._head_is_late = self.loop.call_later(patience.idle_s, self.transport.close)

        def _wait_no_more(self) -> None:
            if self._head_is_late is not None:
                self._head_is_late.cancel()
                self._head_is_late = None

    return Connection
