"""What the parts say and how they are, on the terminal and in the state folder.

Neither a full disk nor a closed terminal may take the parts down: what cannot be written is left out.

Every line of a part goes to `<home>/logs/<part>.log` (5 MB, three older ones kept) as one JSON object
(`workers.log_lines`), and to the terminal, in words behind the part's name; of quiet parts, the bundled servers, only
to the file. Where no person looks on, what would go to a terminal is JSON too.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from workers import log_lines, status
from workers.status import PartStatus, State, SupervisorStatus

LOG_BYTES = 5 * 2**20
LOG_FILES = 3


@dataclass(frozen=True)
class Note:
    """What has become of a part; `restarts` counts from its first start."""

    state: State
    pid: int | None = None
    restarts: int = 0
    reason: str = ""


class _Quietly(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Say nothing: logging would print a traceback for every line while the disk is full."""


class Journal:
    """Writes the lines and the states of the parts; `show` puts one line on the terminal, `as_json` or in words."""

    def __init__(
        self, home: Path, address: str, names: tuple[str, ...], show: Callable[[str], None], *, as_json: bool = False
    ) -> None:
        self._home = home
        self._show = show
        self._as_json = as_json
        self._width = max(map(len, names), default=0)
        self._handlers: dict[str, RotatingFileHandler] = {}
        waiting = tuple(PartStatus(name, "waiting", datetime.now(UTC)) for name in names)
        self._status = SupervisorStatus(os.getpid(), address, waiting)
        (home / "logs").mkdir(exist_ok=True, mode=0o700)
        status.write(home, self._status)

    @property
    def status(self) -> SupervisorStatus:
        """How everything is now."""
        return self._status

    def note(self, name: str, note: Note) -> None:
        """Keep what has become of a part."""
        fresh = PartStatus(name, note.state, datetime.now(UTC), note.pid, note.restarts, note.reason)
        parts = tuple(fresh if part.name == name else part for part in self._status.parts)
        self._status = replace(self._status, parts=parts)
        with suppress(OSError):
            status.write(self._home, self._status)

    def heard(self, name: str, line: str, *, quiet: bool) -> None:
        """Keep one line that a part printed."""
        kept = log_lines.adopted(line, part=name)
        with suppress(OSError):
            self._file(name).emit(logging.makeLogRecord({"msg": kept}))
        if quiet:
            return
        if self._as_json:
            self._put(kept)
            return
        for each in log_lines.shown(line):
            self.tell(name, each)

    def tell(self, name: str, line: str) -> None:
        """Put a line about a part on the terminal."""
        self._put(log_lines.adopted(line, part=name) if self._as_json else f"{name:<{self._width}} | {line}")

    def _put(self, line: str) -> None:
        with suppress(OSError):
            self._show(line)

    def close(self) -> None:
        """Close the files."""
        for handler in self._handlers.values():
            with suppress(OSError):
                handler.close()

    def _file(self, name: str) -> RotatingFileHandler:
        if name not in self._handlers:
            path = self._home / "logs" / f"{name}.log"
            self._handlers[name] = _Quietly(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
        return self._handlers[name]
