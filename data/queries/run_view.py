"""Runs as they are read: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from data.queries.inspection_view import Failure, RecipeUsed
from data.tables import ENDED_RUNS, Document, FileState, RunState, RunType


@dataclass(frozen=True)
class RunCounts:
    """How far a run has come, counted from its rows as they are now.

    `files` came in by themselves, `members` out of archives; `files_refused` counts both. `files_waiting` are stored
    and not opened yet, `files_receiving` still come, `files_cancelled` ended before they were opened. Every inspection
    is counted once more by where it stands: `waiting`, `running`, `cancelled`, `errors` (failed, without a verdict), or
    by its verdict.
    """

    files: int = 0
    members: int = 0
    files_receiving: int = 0
    files_waiting: int = 0
    files_refused: int = 0
    files_cancelled: int = 0
    inspections: int = 0
    waiting: int = 0
    running: int = 0
    passed: int = 0
    failed_verdicts: int = 0
    borderline: int = 0
    not_judged: int = 0
    errors: int = 0
    cancelled: int = 0

    @property
    def judged(self) -> int:
        """Inspections with a verdict."""
        return self.passed + self.failed_verdicts + self.borderline + self.not_judged

    @property
    def ended(self) -> int:
        """Inspections that will not move by themselves any more."""
        return self.judged + self.errors + self.cancelled


@dataclass(frozen=True)
class RunSummary:
    """A run, and how far it has come. `error` says why it failed; `tray` is as `data.tables.run` says."""

    id: UUID
    type: RunType
    label: str
    caller: str
    state: RunState
    station: str
    lot: str | None
    recipe: RecipeUsed | None
    tray: Document | None
    created_at: datetime
    stored_at: datetime | None
    finished_at: datetime | None
    error: Failure | None
    counts: RunCounts

    @property
    def has_ended(self) -> bool:
        """Whether it will not move by itself any more."""
        return self.state in ENDED_RUNS


@dataclass(frozen=True)
class FileRow:
    """One file of a run, or a member (`parent_id`) of an archive in it.

    `inspection_id` is the first of the `inspections` it made; a tray makes many.
    """

    id: UUID
    parent_id: UUID | None
    position: int
    name: str
    state: FileState
    byte_count: int | None
    address: str | None
    error: Failure | None
    image_id: UUID | None
    inspection_id: UUID | None
    inspections: int


@dataclass(frozen=True)
class ResultRow:
    """What a run's table of results says of one inspection, or of a file that made none (no `inspection_id`).

    `state` is the inspection's, or the file's; `archive` names the archive it came out of. `reasons` are codes in their
    order; `lines` what was read, top to bottom; scores in ten-thousandths, -1 missing.
    """

    file_name: str
    state: str
    inspection_id: UUID | None = None
    captured_at: datetime | None = None
    finished_at: datetime | None = None
    unit_serial: str | None = None
    carrier: str | None = None
    place_row: int | None = None
    place_column: int | None = None
    attempt: int | None = None
    verdict: str | None = None
    disposition: str | None = None
    score: int | None = None
    confidence: int | None = None
    reasons: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    error: Failure | None = None
    archive: str | None = None
