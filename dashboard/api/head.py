"""`HEAD` wherever there is `GET`: FastAPI routes do not offer it by themselves."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

_ASKED = "marksight.head"


def is_head(scope: Scope) -> bool:
    """Tell whether a `GET` was asked for as `HEAD`, for what would be endless to make."""
    return _ASKED in scope


class HeadAsGet:
    """Middleware that lets the app answer `HEAD` as `GET`; the server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", _ASKED: True}  # a copy: the server goes by its own
        await self.app(scope, receive, send)
