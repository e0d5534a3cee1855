"""What this state folder knows of anchors: the last one written from here, which webhooks were told, what fails.

One small file, for `doctor` to read, and for whoever anchors next: an anchor that was written and is not there any more
is told by it. Without the file everything goes on, and such a one is not told.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import uuid4

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AnchorNotes:
    """The place (by its name), the number and the SHA-256 (hexadecimal) of the last anchor written from here.

    `told` has the SHA-256 of the last anchor that each webhook was told of, by the webhook's key. `failure` is what
    fails, and `since` when it began (ISO 8601), where something does.
    """

    place: str = ""
    number: int = 0
    sha256: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    since: str = ""


def notes_file(home: Path) -> Path:
    """Return the file."""
    return home / "anchoring.json"


def read(home: Path) -> AnchorNotes:
    """Return what is noted; nothing where there is no file, or one that is damaged."""
    try:
        document = json.loads(notes_file(home).read_bytes())
        return AnchorNotes(**document)
    except (OSError, ValueError, TypeError):
        return AnchorNotes()


def write(home: Path, notes: AnchorNotes) -> None:
    """Replace the file; a reader sees the old one or the new one, whole. What cannot be written is left out."""
    file = notes_file(home)
    new = file.with_name(f".{file.name}.{uuid4().hex}")
    try:
        new.write_text(json.dumps(asdict(notes)), encoding="utf-8")
        new.replace(file)
    except OSError as error:
        log.debug("nothing is noted of anchors: %s", error)
        with suppress(OSError):
            new.unlink()
