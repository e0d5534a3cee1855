"""Reports errors by Sentry's protocol; imported where a DSN is set, and nowhere else.

1. Reported is what is logged as an error, with its traceback: type, words and lines of program, and no values of
   variables.
2. It names the part of the program, its version, its machine, and the request, run, inspection and batch in whose
   course it happened. Who acted it does not: the audit trail knows that by the id of the request.
3. No secret is in any of it (`workers.redaction`); neither is a request, its body or its headers, nor a picture.
4. Nothing waits for it, and nothing fails with it: reports lie in a bounded queue, which a thread of the SDK's empties;
   what finds it full is dropped, and so is what comes beyond `MOST_A_MINUTE`.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sentry_sdk import Client
from sentry_sdk.utils import BadDsn, event_from_exception

from workers.log_lines import MOST_MESSAGE, cut, said, whose, without_secrets
from workers.redaction import Redaction

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

LEAVING_S = 2.0
"""How long a process that ends may take to hand over what is left."""
MOST_A_MINUTE = 30
OWN = ("core", "data", "workers", "dashboard", "layouts")
NEVER = ("sentry_sdk", "urllib3")
"""Loggers of what reports: their errors would report themselves."""
LEFT_OUT = ("user", "request", "breadcrumbs", "modules", "extra")
LEVELS = {"CRITICAL": "fatal"}

log = logging.getLogger(__name__)


class Reports(logging.Handler):
    """Reports what is logged as an error by `part` of the program."""

    def __init__(
        self, dsn: str, part: str, redacted: Redaction, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(logging.ERROR)
        self._part = part
        self._redacted = redacted
        self._clock = clock
        self._minute = self._in_it = 0
        self._client = Client(
            dsn=dsn,
            release=f"marksight@{version('marksight')}",
            server_name=socket.gethostname(),
            before_send=self._cleaned,
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            send_client_reports=False,
            in_app_include=list(OWN),
            shutdown_timeout=LEAVING_S,
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Report a line of the log; what goes wrong with that is nobody's trouble."""
        if record.name.startswith(NEVER) or self._is_one_too_many():
            return
        try:
            event, hint = self._event(record)
            self._client.capture_event(event, hint)
        except Exception:  # noqa: BLE001 - logging must not fail with it
            self.handleError(record)

    def flush(self) -> None:
        """Hand over what is left, if that takes no time."""
        self._client.flush(timeout=LEAVING_S)

    def close(self) -> None:
        """Report nothing from now on."""
        self._client.close(timeout=LEAVING_S)
        super().close()

    def _event(self, record: logging.LogRecord) -> tuple[Event, Hint]:
        error = record.exc_info[1] if record.exc_info else None
        event, hint = event_from_exception(error, client_options=self._client.options) if error else ({}, {})
        ids = {name: value for name, value in whose().items() if name != "actor" and value}
        level = LEVELS.get(record.levelname, record.levelname.lower())
        event.update(  # type: ignore[call-arg]
            level=level, logger=record.name, logentry={"formatted": said(record)}, tags={"part": self._part, **ids}
        )
        return event, hint

    def _cleaned(self, event: Event, _hint: Hint) -> Event:
        """Return an event as it may leave the house."""
        kept = {name: value for name, value in event.items() if name not in LEFT_OUT}
        return self._without_secrets(kept)  # type: ignore[no-any-return]

    def _without_secrets(self, value: Any) -> Any:
        if isinstance(value, str):
            return cut(without_secrets(value, self._redacted), MOST_MESSAGE)
        if isinstance(value, dict):
            return {name: self._without_secrets(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._without_secrets(each) for each in value]
        return value

    def _is_one_too_many(self) -> bool:
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute, self._in_it = minute, 0
        self._in_it += 1
        return self._in_it > MOST_A_MINUTE


def open_reports(dsn: str, part: str, redacted: Redaction) -> Reports | None:
    """Return what reports errors to `dsn`; None, and that is logged, where it is no DSN."""
    try:
        return Reports(dsn, part, redacted)
    except BadDsn:
        log.error("errors are not reported: MARKSIGHT_SENTRY_DSN is no DSN (https://KEY@HOST/PROJECT)")
        return None
