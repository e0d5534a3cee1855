"""`HEAD` wherever there is `GET`: FastAPI routes do not offer it by themselves."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

_ASKED = "marksight.head"
_ROUTED = ("route", "path_params")


def is_head(scope: Scope) -> bool:
    """Tell whether a `GET` was asked for as `HEAD`, for what would be endless to make."""
    return _ASKED in scope


class HeadAsGet:
    """Middleware that lets the app answer `HEAD` as `GET`; the server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        copy = {**scope, "method": "GET", _ASKED: True}  # the server goes by its own
        try:
            await self.app(copy, receive, send)
        finally:
            scope.update({name: copy[name] for name in _ROUTED if name in copy})
