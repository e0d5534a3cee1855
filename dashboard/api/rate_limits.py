"""How many requests a minute somebody may send, so that nobody takes the server from the others.

1. A request counts for the token it comes by; else for the sign-in; else, of nobody, for the address it comes from.
   So who has come in is held up by what they send themselves alone, however many share their address. Those who have
   not share the quota of their address: who floods it keeps others behind it from signing in, for as long as they do.
2. What is over the quota is refused with 429 before its body is read, and does not count: who keeps to `Retry-After`
   gets on, who does not gets as much through.
3. Every answer that counted tells the quota, as `RateLimit-Policy`, and what is left of it, as `RateLimit`
   (draft-ietf-httpapi-ratelimit-headers).
4. Not counted are files, what watches the server (`FREE`), and the one user of a bench (`single_user`).
5. Nobody waits for the counting (`dashboard.shared_counts`): it is in memory, and shared afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.api.entry import FILES, who_asks
from dashboard.api.failures import answer
from dashboard.shared_counts import WINDOW_S, SharedCounts, Tally
from data.settings import Settings
from workers.throttling import place_of
from workers.who import Who

FREE = frozenset({"/health", "/ready", "/metrics"})
"""What is asked to watch the server, and must be answered most of all when it has much to do."""


@dataclass(frozen=True)
class Quota:
    """How many requests a minute come in for one `name`d kind of sender; 0: as many as come."""

    name: str
    most: int

    def policy(self) -> str:
        """Return it as the field `RateLimit-Policy` tells it."""
        return f'"{self.name}";q={self.most};w={WINDOW_S}'

    def left(self, tally: Tally) -> str:
        """Return what is left of it as the field `RateLimit` tells it."""
        return f'"{self.name}";r={max(0, math.floor(self.most - tally.used))};t={math.ceil(tally.left_s)}'


def quotas(settings: Settings) -> dict[str, Quota]:
    """Return the quotas of the settings, by name."""
    most = {
        "token": settings.token_requests_per_min,
        "session": settings.session_requests_per_min,
        "address": settings.address_requests_per_min,
    }
    return {name: Quota(name, number) for name, number in most.items()}


class RateLimits:
    """Middleware that counts requests, once it is known who asks (`dashboard.api.entry`), and refuses too many."""

    def __init__(self, app: ASGIApp, by_name: Mapping[str, Quota], counts: SharedCounts) -> None:
        self.app = app
        self._by_name = by_name
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request and pass it on, or refuse it."""
        counted = _counted(Request(scope)) if scope["type"] == "http" else None
        quota = self._by_name[counted[0]] if counted else None
        if counted is None or quota is None or quota.most == 0:
            await self.app(scope, receive, send)
            return
        key = ":".join(counted)
        wait_s = self._counts.tally(key).wait_s(quota.most)
        if wait_s == 0:
            self._counts.count(key)
        tally = self._counts.tally(key)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = MutableHeaders(scope=message)
                fields["RateLimit-Policy"], fields["RateLimit"] = quota.policy(), quota.left(tally)
            await send(message)

        await (_refusal(Request(scope), quota, wait_s) if wait_s else self.app)(scope, receive, told)


def _counted(request: Request) -> tuple[str, str] | None:
    """Return for whom a request counts, by the name of the quota; None: it does not count."""
    path, who = request.url.path, who_asks(request)
    if path in FREE or path.startswith(FILES):
        return None
    if who is None:
        return "address", place_of(request.client.host if request.client else "")
    return _by_what(who)


def _by_what(who: Who) -> tuple[str, str] | None:
    if who.token_id is not None:
        return "token", str(who.token_id)
    return ("session", str(who.sign_in_id)) if who.sign_in_id is not None else None


def _refusal(request: Request, quota: Quota, wait_s: float) -> ASGIApp:
    later_s = math.ceil(wait_s)
    whose = {"token": "this token", "session": "this sign-in", "address": "this address"}[quota.name]
    detail = f"{quota.most} requests a minute may come from {whose}; there is room again in {later_s} s."
    headers = {"Retry-After": str(later_s)}
    return answer(request, "rate-limited", detail, headers=headers, **{"violated-policies": [quota.name]})


DESCRIBED: dict[str, dict[str, Any]] = {
    "RateLimit": {
        "description": "What is left of the quota that the request counted for, and for how many seconds: "
        '`"token";r=29990;t=42`. The quota is one of a token, of a sign-in or of an address, in requests a minute.',
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": 'The quota itself, and the seconds it is for: `"token";q=30000;w=60`.',
        "schema": {"type": "string"},
    },
}
"""The fields that tell of quotas, for the description of the API."""


def describe(openapi: dict[str, Any]) -> None:
    """Say in a description of the API which answers tell of quotas."""
    openapi.setdefault("components", {}).setdefault("headers", {}).update(DESCRIBED)
    for path, methods in openapi["paths"].items():
        for operation in methods.values() if path not in FREE else ():
            for told in operation["responses"].values():
                told.setdefault("headers", {}).update(
                    {name: {"$ref": f"#/components/headers/{name}"} for name in DESCRIBED}
                )
