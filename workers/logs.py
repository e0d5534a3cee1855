"""Sets up the log of a process: the one place where it is done, for every command."""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING, TextIO

from workers.log_lines import ACCESS, JsonLines, PlainLines
from workers.redaction import Redaction, known_secrets

if TYPE_CHECKING:
    from data.settings import Settings

CHATTY = ("alembic", "bokeh", "httpx", "panel", "rq", "tornado.access", "uvicorn", "watchfiles")
"""Loggers that tell of every request, session and plugin; of these only what went wrong is logged."""

REPORTS = "error reports"

log = logging.getLogger(__name__)


def set_up(settings: Settings, part: str, *, stream: TextIO | None = None) -> bool:
    """Log to `stream` (unset: the standard error stream) from now on; tell whether as JSON.

    `part` of the program stands in every JSON line. Nothing that is logged, and no stream that is closed or full, is
    an error.
    """
    out = stream or sys.stderr
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not out.isatty())
    redacted = Redaction(known_secrets(settings))
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines(part, redacted) if as_json else PlainLines(redacted))
    root = logging.getLogger()
    _end_reports()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    root.handlers += _reports(settings, part, redacted)
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    for name in CHATTY if as_json else (*CHATTY, ACCESS):
        chatty = logging.getLogger(name)
        chatty.setLevel(logging.WARNING)
        chatty.handlers, chatty.propagate = [], True  # Panel gives its own a handler when it is imported
    threading.excepthook = _failed
    return as_json


def _reports(settings: Settings, part: str, redacted: Redaction) -> list[logging.Handler]:
    """Return what reports errors elsewhere, if that is wanted."""
    if settings.sentry_dsn is None or not settings.sentry_dsn.get_secret_value():
        return []
    from workers.error_reports import open_reports  # noqa: PLC0415  # the SDK: only where reports are wanted

    found = open_reports(settings.sentry_dsn.get_secret_value(), part, redacted)
    if found is not None:
        found.set_name(REPORTS)
    return [found] if found is not None else []


def _end_reports() -> None:
    for former in logging.getLogger().handlers:
        if former.name == REPORTS:
            former.close()


def reports_errors() -> bool:
    """Tell whether what this process logs as an error is reported elsewhere."""
    return any(handler.name == REPORTS for handler in logging.getLogger().handlers)


def tells_in_json() -> bool:
    """Tell whether this process logs in JSON."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)


def _failed(failure: threading.ExceptHookArgs) -> None:
    name = failure.thread.name if failure.thread else "?"
    if failure.exc_value is not None and not isinstance(failure.exc_value, SystemExit):
        log.error("the thread %s has failed", name, exc_info=failure.exc_value)
