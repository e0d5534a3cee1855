"""How the parts that `up` runs are, kept in one small file of the state folder for pages and `doctor` to read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

State = Literal["waiting", "starting", "running", "done", "crashed", "stopping", "stopped"]


@dataclass(frozen=True)
class PartStatus:
    """One part: since when it is in its state, how often it was started again, and why the last time."""

    name: str
    state: State
    since: datetime
    pid: int | None = None
    restarts: int = 0
    reason: str = ""

    def __post_init__(self) -> None:
        if self.since.tzinfo is None:
            raise ValueError(f"expected a time with its zone, got {self.since!r}")


@dataclass(frozen=True)
class SupervisorStatus:
    """The process that runs the parts, where it serves, and the parts in the order in which they start."""

    pid: int
    address: str
    parts: tuple[PartStatus, ...]


def status_file(home: Path) -> Path:
    """Return the file in which the supervisor of `home` writes its status."""
    return home / "supervisor.json"


def write(home: Path, status: SupervisorStatus) -> None:
    """Replace the status file; a reader sees the old one or the new one, whole."""
    file = status_file(home)
    new = file.with_name(file.name + ".new")
    new.write_text(json.dumps(asdict(status), default=_plain), encoding="utf-8")
    new.replace(file)


def read(home: Path) -> SupervisorStatus | None:
    """Return the status of the supervisor that runs on `home` now, or None when there is none.

    A file that holds no status (a loss of power may leave it empty) is of a supervisor that is gone.
    """
    try:
        document = json.loads(status_file(home).read_text(encoding="utf-8"))
    except (FileNotFoundError, PermissionError, ValueError):
        return None
    if not _runs(document["pid"]):
        return None
    parts = tuple(_part(part) for part in document["parts"])
    return SupervisorStatus(pid=document["pid"], address=document["address"], parts=parts)


def _part(document: Mapping[str, object]) -> PartStatus:
    return PartStatus(**{**document, "since": datetime.fromisoformat(str(document["since"]))})  # type: ignore[arg-type]


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"expected plain values, got {value!r}")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
