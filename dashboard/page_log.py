"""Pages in the log: a line for each that is drawn, and for each socket of one that is opened or closed.

1. A page is told by its path alone, and counted as a request; the files of Panel are told where they could not be had.
2. What the API's app answers it tells itself (`dashboard.api.access_log`).
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from tornado.web import RequestHandler

from dashboard.api.access_log import METHODS, NOBODY, class_of
from dashboard.asgi import AsgiHandler
from data.acting import acting_as
from workers import metrics
from workers.counting import Counting
from workers.log_lines import ACCESS
from workers.metrics import OTHER
from workers.who import Who

SOCKET = "/ws"
LEAST_FAILURE = 400

log = logging.getLogger(ACCESS)


class PageLog:
    """Tells of what a server answers that has these pages; Tornado's `log_function`."""

    def __init__(self, counting: Counting, pages: Collection[str]) -> None:
        self._counting = counting
        self._pages = frozenset(pages)
        self._told = self._pages | {f"{page}{SOCKET}" for page in pages}

    def __call__(self, handler: RequestHandler) -> None:
        """Tell of a request that was answered, or of a socket that was opened."""
        if isinstance(handler, AsgiHandler):
            return
        path, status = handler.request.path, handler.get_status()
        if path not in self._told and status < LEAST_FAILURE:
            return
        route, method = path if path in self._told else OTHER, handler.request.method or OTHER
        method = method if method in METHODS else OTHER
        seconds = handler.request.request_time()
        _tell(handler, method, route, status)
        if route in self._pages:
            self._counting.count(metrics.REQUESTS, route=route, method=method, status=class_of(status))
            self._counting.observe(metrics.REQUEST_SECONDS, seconds, route=route, method=method)


def tell_closed(socket: RequestHandler) -> None:
    """Tell of a page's socket that is closed; `seconds` is for how long it was open."""
    _tell(socket, "CLOSE", socket.request.path, socket.get_status())


def _tell(handler: RequestHandler, method: str, route: str, status: int) -> None:
    seconds = round(handler.request.request_time(), 6)
    size = int(handler._headers.get("Content-Length", 0))
    who = getattr(handler, "_current_user", None)
    told = {"method": method, "route": route, "status": status, "seconds": seconds, "bytes": size}
    with acting_as(who.actor() if isinstance(who, Who) else NOBODY):
        log.info("%s %s %d", method, route, status, extra=told)
