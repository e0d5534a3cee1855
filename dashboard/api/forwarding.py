"""Where a request comes from, if it came through a proxy of ours: as that says it, and nobody else.

1. `X-Forwarded-For` and `X-Forwarded-Proto` are believed of the proxies that the settings name (`trusted_proxies`), and
   of nobody else; with none named, of nobody. Other words for the same (`Forwarded`, `X-Real-Ip`) are not looked at.
2. Of several addresses the last one counts that is not itself a proxy of ours: what stands before it, its sender may
   have made up.
3. It is the address for all that looks at one: rate limits, pauses after failures to sign in, the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


def forwarded(app: ASGIApp, trusted_proxies: Sequence[str]) -> ASGIApp:
    """Return `app`, told by the trusted proxies where requests come from."""
    if not trusted_proxies:
        return app
    return cast("ASGIApp", ProxyHeadersMiddleware(app, list(trusted_proxies)))  # type: ignore[arg-type]
