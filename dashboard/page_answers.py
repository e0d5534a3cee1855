"""What the page server tells browsers of its answers. Rules: `dashboard.browser_policy`.

1. Whatever Tornado answers, with a page, a file, a refusal or the app's answer, passes `PageAnswers` last.
2. The scripts that are written into a page are known by a number of that one answer. Nothing that anybody typed is in
   a page when it is answered: its title is escaped, and what it shows comes later, by its socket.
"""

from __future__ import annotations

import re
import secrets
from functools import partial

from panel.io.server import DocHandler
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import Application, OutputTransform

from dashboard.browser_policy import DATA, NOT_KEPT, POLICY, headers, workbench

FILES = ("/static/", "/components/")
"""Below which Bokeh's, Panel's and its components' files lie; they say themselves how long they may be kept."""

_SCRIPT = re.compile(r"<script(?=[\s>])")
_NUMBER_BYTES = 16


class PageAnswers(OutputTransform):
    """The last to see each answer; what its handler says stands. `always` is what each says."""

    def __init__(self, always: dict[str, str], request: HTTPServerRequest) -> None:
        kept = {} if request.path.startswith(FILES) else {"Cache-Control": NOT_KEPT}
        self._unless_said = {**always, **kept, POLICY: DATA}

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Add what is not said, and leave out which server this is."""
        for name, value in self._unless_said.items():
            if name not in headers:
                headers[name] = value
        headers.pop("Server", None)
        return status_code, headers, chunk


class PageHandler(DocHandler):
    """Panel's handler of pages, whose scripts are known by a number drawn for this answer."""

    def set_default_headers(self) -> None:
        """Draw the number."""
        self._nonce = secrets.token_urlsafe(_NUMBER_BYTES)
        self.set_header(POLICY, workbench(self._nonce))
        self.set_header("Cache-Control", NOT_KEPT)

    def write(self, chunk: str | bytes) -> None:
        """Write the page, each of its scripts with the number."""
        numbered = _SCRIPT.sub(f'<script nonce="{self._nonce}"', chunk) if isinstance(chunk, str) else chunk
        super().write(numbered)


def tell_browsers(application: Application, *, behind_tls: bool) -> None:
    """Let every answer of a server that is built pass, and put our pages in the place of Panel's own."""
    application.transforms.append(partial(PageAnswers, headers(behind_tls=behind_tls)))  # type: ignore[arg-type]
    for rule in application.wildcard_router.rules:
        if rule.target is DocHandler:
            rule.target = PageHandler
