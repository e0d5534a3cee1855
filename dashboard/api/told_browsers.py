"""What the API tells browsers of its answers. Rules: `dashboard.browser_policy`."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.api import html
from dashboard.browser_policy import DATA, NOT_KEPT, POLICY, headers, plain_page


class ToldBrowsers:
    """Middleware around the whole app; what a route says of itself stands."""

    def __init__(self, app: ASGIApp, *, behind_tls: bool) -> None:
        self.app = app
        self._always = headers(behind_tls=behind_tls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and what browsers are told with its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tell(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, answer)

    def _tell(self, said: MutableHeaders) -> None:
        for name, value in self._always.items():
            said.setdefault(name, value)
        said.setdefault("Cache-Control", NOT_KEPT)
        if POLICY not in said:
            drawn = said.get("Content-Type", "").startswith("text/html")
            said[POLICY] = plain_page(html.style_hash()) if drawn else DATA
