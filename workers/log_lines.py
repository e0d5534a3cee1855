"""How a line of the log reads: one JSON object for machines, or the message alone for people.

1. A JSON line is one line whatever is logged: ASCII, no longer than `LONGEST_LINE_BYTES`, and always whole JSON. What
   cannot be written is said to be so, in its place; nothing that is logged makes logging fail.
2. Its fields are `time` (UTC, RFC 3339), `level`, `logger`, `message`, `part` of the program, `pid`, `actor` and
   `request_id` (`data.acting`), the ids that it concerns (`data.concerning`), `error` (type and traceback), and what
   the caller gave as `extra`. What is unknown is left out.
3. No secret is in any of them (`workers.redaction`).
4. People are shown the message and the traceback, without what would steer their terminal; no line for each request.
"""

from __future__ import annotations

import json
import logging
import math
import re
import traceback
from datetime import UTC, datetime
from typing import Any

from data.acting import acting
from data.concerning import IDS, concerned
from data.errors import NobodyActs
from workers.redaction import Redaction

MOST_READ = 65_536
"""Characters of a text that are looked at: half from its beginning, half from its end; what is between is left out."""
SEAM = 8_192
"""Characters left out on both sides of that gap: secrets in which the gap falls are not known by their looks."""
MOST_MESSAGE = 8_000
MOST_TRACEBACK = 16_000
MOST_VALUE = 500
LONGEST_LINE_BYTES = 60_000
"""A little less than a supervisor reads as one line (`workers.child`)."""
SHORTER = 10
"""A line that is longer is written with so much less of each text."""

FIRST_FIELDS = ("time", "level", "logger", "message", "part", "pid")
ACCESS = "marksight.access"
"""The logger with a line for each request."""
PRINTED = "marksight.printed"
"""The logger of lines that a part printed and did not log."""

_BY_LOOKS = Redaction()
_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object."""

    def __init__(self, part: str, redacted: Redaction) -> None:
        super().__init__()
        self._part = part
        self._redacted = redacted

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line, without its end."""
        line = self._line(record, 1)
        return line if len(line) <= LONGEST_LINE_BYTES else self._line(record, SHORTER)

    def _line(self, record: logging.LogRecord, shorter: int) -> str:
        extra = {name: value for name, value in vars(record).items() if name not in _KNOWN}
        fields: dict[str, Any] = {
            **{name: self._value(value, shorter) for name, value in list(extra.items())[:20]},
            **written(record.levelname, record.name, self._text(said(record), MOST_MESSAGE // shorter), record.created),
            "part": self._part,
            "pid": record.process,
            **{name: self._value(value, 1) for name, value in whose().items()},
        }
        if record.exc_info and record.exc_info[1] is not None:
            error, trace = record.exc_info[1], traceback_of(record)
            fields["error"] = {"type": type(error).__name__, "traceback": self._text(trace, MOST_TRACEBACK // shorter)}
        return json.dumps(fields, allow_nan=False)

    def _value(self, value: object, shorter: int) -> object:
        if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            return value if not isinstance(value, int) or abs(value) < 1 << 63 else str(value)[:MOST_VALUE]
        return self._text(value if isinstance(value, str) else _shown(value), MOST_VALUE // shorter)

    def _text(self, text: str, most: int) -> str:
        return cut(without_secrets(text, self._redacted), most).encode("utf-8", "replace").decode()


class PlainLines(logging.Formatter):
    """Writes a record for people: its message, and the traceback below."""

    def __init__(self, redacted: Redaction) -> None:
        super().__init__()
        self._redacted = redacted

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one or more lines, without the end of the last."""
        text = said(record)
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text}\n{traceback_of(record)}"
        whole = cut(without_secrets(text, self._redacted), MOST_MESSAGE + MOST_TRACEBACK)
        return harmless(whole).encode("utf-8", "replace").decode()


def adopted(line: str, *, part: str) -> str:
    """Return what a part printed as a line of the log: a JSON object that is one already, else a new one."""
    if _record(line) is not None:
        return line
    message = cut(without_secrets(line, _BY_LOOKS), MOST_MESSAGE)
    fields = {**written("INFO", PRINTED, message, datetime.now(UTC).timestamp()), "part": part}
    return json.dumps(fields)


def shown(line: str) -> list[str]:
    """Return the lines that a person is shown of what a part printed; of one for each request, none."""
    fields = _record(line)
    if fields is None:
        return [harmless(without_secrets(line, _BY_LOOKS))]
    if fields["logger"] == ACCESS:
        return []
    error = fields.get("error")
    trace = error.get("traceback", "") if isinstance(error, dict) else ""
    return harmless("\n".join(filter(None, (str(fields["message"]), str(trace))))).splitlines() or [""]


def written(level: str, logger: str, message: str, created: float) -> dict[str, object]:
    """Return the first fields of a line."""
    moment = datetime.fromtimestamp(created, UTC)
    return {"time": f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}", "level": level, "logger": logger, "message": message}


def whose() -> dict[str, str | None]:
    """Return who acts, in the course of what request, and the ids of what is worked on."""
    ids = {name: value for name, value in concerned().items() if name in IDS}
    try:
        actor = acting()
    except NobodyActs:
        return {**ids}
    request = {} if actor.request_id is None else {"request_id": actor.request_id}
    return {"actor": actor.name, **request, **ids}


def said(record: logging.LogRecord) -> str:
    """Return the message of a record; one whose values cannot be put in is said to be so."""
    try:
        return record.getMessage()
    except Exception as error:  # noqa: BLE001 - whatever a value does when it is written, the line is
        return f"{_shown(record.msg)} (its values cannot be written: {type(error).__name__})"


def traceback_of(record: logging.LogRecord) -> str:
    """Return the traceback of a record's error."""
    try:
        return "".join(traceback.format_exception(*(record.exc_info or ())[:3])).rstrip("\n")
    except Exception as error:  # noqa: BLE001 - an error whose own words raise
        return f"(the traceback cannot be written: {type(error).__name__})"


def without_secrets(text: str, redacted: Redaction) -> str:
    """Return `text` without secrets; of a very long one, the beginning and the end."""
    if len(text) <= MOST_READ:
        return redacted(text)
    first, last = redacted(text[: MOST_READ // 2]), redacted(text[-MOST_READ // 2 :])
    return f"{first[:-SEAM]} ... {last[SEAM:]}"


def cut(text: str, most: int) -> str:
    """Return `text` with its middle left out where it is longer than `most` characters."""
    if len(text) <= most:
        return text
    note = f" ... {len(text) - most:,} characters left out ... "
    head = (most - len(note)) // 2
    return f"{text[:head]}{note}{text[len(text) - (most - len(note) - head) :]}"


def harmless(text: str) -> str:
    """Return `text` with everything that would steer a terminal, or turn the order of the letters, spelled out."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _shown(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - whatever a value does when it is written, the line is
        return f"(a {type(value).__name__} that cannot be written: {type(error).__name__})"


def _record(line: str) -> dict[str, Any] | None:
    """Return the fields of a line of the log, or None for any other line."""
    if not line.startswith('{"'):
        return None
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) and {"time", "logger", "message"} <= fields.keys() else None
