"""Every request has an id.

1. A request that says an id of its own in `X-Request-Id` keeps it, if it fits; any other gets one.
2. Every answer says it again under the same name, and problem documents as `request_id`, whichever part of the
   program answers; so this is around everything else, the answer to what nobody foresaw included.
3. What is done in the course of the request is done under that id (`dashboard.api.entry`): the audit trail keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.acting import MOST_REQUEST_ID
from data.ids import IdMaker

HEADER = "X-Request-Id"
FITS = re.compile(rf"[A-Za-z0-9._:-]{{1,{MOST_REQUEST_ID}}}")

_COMPONENT = "RequestId"
_MEANING = (
    "The id of the request: what the request itself said under this name, if that is 1 to 100 letters, digits, `.`, "
    "`_`, `:` and `-`; else one made for it, a UUID. The audit trail keeps it with all that came of the request."
)
_DESCRIBED = {
    "description": _MEANING,
    "schema": {"type": "string", "minLength": 1, "maxLength": MOST_REQUEST_ID},
    "required": True,
}


class RequestIds:
    """Middleware around the whole app; `new_id` makes the ids of requests that say none."""

    def __init__(self, app: ASGIApp, new_id: Callable[[], UUID] | None = None) -> None:
        self.app = app
        self._new_id = new_id or IdMaker()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its id with the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        said = request.headers.get(HEADER, "")
        request_id = said if FITS.fullmatch(said) else str(self._new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        own = (HEADER.lower().encode(), request_id.encode())

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), own]}
            await send(message)

        await self.app(scope, receive, answer)


def id_of(request: Request) -> str:
    """Return the id of a request; empty where nothing gave it one."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def describe(openapi: dict[str, Any]) -> None:
    """Say in a description of the API that every answer has the header."""
    openapi.setdefault("components", {}).setdefault("headers", {})[_COMPONENT] = _DESCRIBED
    for methods in openapi["paths"].values():
        for operation in methods.values():
            for told in operation["responses"].values():
                told.setdefault("headers", {})[HEADER] = {"$ref": f"#/components/headers/{_COMPONENT}"}
