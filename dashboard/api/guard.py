"""A web page of another origin may not change anything here, even where its visitor may.

Browsers say in `Origin` which page asks; programs that are no browsers send none, and are not held up.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.api.failures import answer
from dashboard.origins import is_own

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class OriginGuard:
    """Middleware that refuses unsafe requests from pages of hosts other than `app.state.hosts`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        origin = request.headers.get("origin")
        if origin is None or is_own(origin, request.app.state.hosts):
            await self.app(scope, receive, send)
            return
        refusal = answer(request, "origin-refused", f"A page of {origin} may not change anything here.")
        await refusal(scope, receive, send)
