"""Which inspection a request is to be that went into the database a moment ago, whether or not its sender was told.

A server may be killed after its commit and before its answer. The sender asks again then; and if the database is away
by that time, nobody could tell what the request had made. The note can: so it is spooled under the same id, and is
there once. A note need not outlive the machine, and where it cannot be written the request goes in all the same.
"""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from workers.spool import Key

KEPT_S = 600.0


class Notes:
    """The notes in `folder`, which is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, key: Key, inspection_id: UUID) -> None:
        """Note what a request is to be, instead of what was noted of its key before."""
        new = self._folder / f".{key.file_name}.{os.getpid()}.{threading.get_ident()}"
        with suppress(OSError):
            for folder in (self._folder.parent, self._folder):
                folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            new.write_text(json.dumps({"id": str(inspection_id), "digest": key.digest}))
            new.replace(self._folder / key.file_name)

    def find(self, key: Key) -> UUID | None:
        """Return what the same request was to be, or None."""
        try:
            noted = json.loads((self._folder / key.file_name).read_bytes())
            return UUID(noted["id"]) if noted["digest"] == key.digest else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):  # it is none, or damaged
            return None

    def forget_old(self) -> int:
        """Forget the requests that nobody will repeat any more; return how many."""
        before, gone = time.time() - KEPT_S, 0
        for file in self._folder.glob("*"):
            with suppress(OSError):
                if file.stat().st_mtime < before:
                    file.unlink()
                    gone += 1
        return gone
