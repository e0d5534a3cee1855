"""Runs, their files and their uploads, as documents; `of` makes each from the values that queries return."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

from dashboard.api.paging import ListView
from dashboard.api.schemas import EXAMPLE_ID, Failure, RecipeRef
from data.queries.run_view import FileRow, RunCounts, RunSummary
from data.tables import ENDED_RUNS, FileState, RunState, RunType
from workers.resuming import Progress

RUN_EXAMPLE: JsonDict = {
    "id": EXAMPLE_ID,
    "type": "parts",
    "label": "Reel 7",
    "state": "running",
    "station": "bench",
    "lot": "L2047",
    "recipe": None,
    "tray": None,
    "created_at": "2026-11-20T09:30:00.125000Z",
    "stored_at": "2026-11-20T09:30:04.250000Z",
    "finished_at": None,
    "error": None,
    "counts": {
        "files": 200,
        "members": 0,
        "files_receiving": 0,
        "files_waiting": 0,
        "files_refused": 1,
        "files_cancelled": 0,
        "inspections": 199,
        "waiting": 120,
        "running": 8,
        "passed": 68,
        "failed_verdicts": 2,
        "borderline": 1,
        "not_judged": 0,
        "errors": 0,
        "cancelled": 0,
    },
    "url": f"/v1/runs/{EXAMPLE_ID}",
}


class RunCountsView(BaseModel):
    """How far a run has come: its files, and its inspections by where they stand.

    `errors` have failed without a verdict and can be tried again; `failed_verdicts` were judged and failed.
    """

    files: int
    members: int
    files_receiving: int
    files_waiting: int
    files_refused: int
    files_cancelled: int
    inspections: int
    waiting: int
    running: int
    passed: int
    failed_verdicts: int
    borderline: int
    not_judged: int
    errors: int
    cancelled: int

    @classmethod
    def of(cls, found: RunCounts) -> Self:
        """Make it from what the query found."""
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class RunView(BaseModel):
    """A run, and how far it has come."""

    model_config = ConfigDict(json_schema_extra={"examples": [RUN_EXAMPLE]})

    id: UUID
    type: RunType
    label: str
    state: RunState
    station: str
    lot: str | None
    recipe: RecipeRef | None
    tray: dict[str, Any] | None
    created_at: datetime
    stored_at: datetime | None
    finished_at: datetime | None
    error: Failure | None
    counts: RunCountsView
    url: str

    @classmethod
    def of(cls, found: RunSummary) -> Self:
        """Make it from what the query found."""
        plain = ("id", "type", "label", "state", "station", "lot", "tray", "created_at", "stored_at", "finished_at")
        return cls(
            **{name: getattr(found, name) for name in plain},
            recipe=RecipeRef.of(found.recipe),
            error=None if found.error is None else Failure(code=found.error.code, detail=found.error.detail),
            counts=RunCountsView.of(found.counts),
            url=f"/v1/runs/{found.id}",
        )

    @property
    def has_ended(self) -> bool:
        """Whether it will not move by itself any more."""
        return self.state in ENDED_RUNS


class RunPage(ListView[RunView]):
    """Some runs, the newest first, and the cursor of those that follow, or null at the end."""


class RunFileView(BaseModel):
    """A file of a run, or (`parent_id`) a member of an archive in it; a refused one says why.

    `sha256` is there once it is stored, `inspection_url` once it was opened; a tray makes many `inspections`.
    """

    id: UUID
    parent_id: UUID | None
    position: int
    name: str
    state: FileState
    bytes: int | None
    sha256: str | None
    error: Failure | None
    inspections: int
    inspection_url: str | None

    @classmethod
    def of(cls, found: FileRow) -> Self:
        """Make it from what the query found."""
        plain = ("id", "parent_id", "position", "name", "state", "inspections")
        return cls(
            **{name: getattr(found, name) for name in plain},
            bytes=found.byte_count,
            sha256=found.address,
            error=None if found.error is None else Failure(code=found.error.code, detail=found.error.detail),
            inspection_url=f"/v1/inspections/{found.inspection_id}" if found.inspection_id else None,
        )


class RunFilePage(ListView[RunFileView]):
    """Some files of a run, as they came, and the cursor of those that follow, or null at the end."""


class UploadView(BaseModel):
    """A file that comes piece by piece: `offset` of `length` bytes are safe; `stored` once all are."""

    id: UUID
    name: str
    offset: int
    length: int
    stored: bool
    expires_at: datetime | None
    url: str
    run_url: str

    @classmethod
    def of(cls, found: Progress, now: datetime) -> Self:
        """Make it from what the use case tells; `now` is the time, timezone-aware."""
        expires_at = None if found.stored else now.astimezone(UTC) + timedelta(seconds=max(found.expires_in_s, 0))
        return cls(
            id=found.file_id,
            name=found.name,
            offset=found.offset,
            length=found.length,
            stored=found.stored,
            expires_at=expires_at,
            url=f"/v1/uploads/{found.file_id}",
            run_url=f"/v1/runs/{found.run_id}",
        )
