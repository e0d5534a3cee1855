"""Web pages of others may change nothing here, nor look in by a name that is not ours, even where their visitor may.

1. Browsers say in `Origin` which page asks for a change; it must be one of our own (`app.state.hosts`). Programs that
   are no browsers send none, and are not held up.
2. A server bound to this machine alone is asked by this machine's own names alone. Any other name in `Host` is a page
   that had its own name point here (DNS rebinding).
"""

from __future__ import annotations

from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.api.failures import answer
from dashboard.origins import is_among, is_own

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class OriginGuard:
    """Middleware that refuses what other pages ask for; `app.state` has what `dashboard.api.app.bound_at` says."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        refusal = _refusal(Request(scope)) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)


def is_strange(host: str, state: State) -> bool:
    """Return whether the server does not answer to `host`, what a request says it is called; `state` is the app's."""
    return state.bound_to_loopback and not is_among(host, state.hosts, unsaid_port=state.unsaid_port)


def _refusal(request: Request) -> Response | None:
    state, headers = request.app.state, request.headers
    host, origin = headers.get("host"), headers.get("origin")
    if host is not None and is_strange(host, state):
        return answer(request, "host-refused", f"This server is not called {host}.")
    if request.method not in SAFE_METHODS and origin is not None and not is_own(origin, state.hosts):
        return answer(request, "origin-refused", f"A page of {origin} may not change anything here.")
    return None
