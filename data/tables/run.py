"""Runs: batches of files, from the first byte that arrives to the last verdict.

1. A run's state goes as `RUN_TRANSITIONS` says, and only there. `pending`: files may still come. `stored`: all have
   come and lie safe. `queued`: every file was opened, and its inspections wait. `running`: a worker has begun one.
   `done`: every inspection has ended. `failed`: it ended and nothing was judged. `cancelled`: a person ended it.
2. A file's state goes as `FILE_TRANSITIONS` says. An archive's members are files of their own, under it (`parent_id`);
   a refused file says why, and takes no other with it.
3. Who opens files (`workers.opening`) claims them by a lease, as workers claim inspections: `lease_token` until
   `lease_until`. A file is opened once: its inspections are made in the transaction that marks it `opened`.
4. How far a run has come is counted from `outbox` and `inspections`, never kept beside them, so it cannot drift; where
   it goes by itself follows from those counts alone (`SETTLEMENT`).
5. Whoever writes rows of several tables locks them in one order: the run, its files, its outbox rows by id, its
   inspections. Nobody locks a run who holds an outbox row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, Document, Id, Small, one_of

RunType = Literal["parts", "tray"]
"""`parts`: every picture is one part. `tray`: every picture shows a carrier with a unit in each place."""

RunState = Literal["pending", "stored", "queued", "running", "done", "failed", "cancelled"]
FileState = Literal["receiving", "stored", "opening", "opened", "refused", "cancelled"]

RUN_TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    "pending": frozenset({"stored", "failed", "cancelled"}),
    "stored": frozenset({"queued", "failed", "cancelled"}),
    "queued": frozenset({"running", "done", "failed", "cancelled"}),
    "running": frozenset({"done", "failed", "cancelled"}),
    "done": frozenset({"queued"}),  # a person retries what failed in it
    "failed": frozenset({"queued"}),
    "cancelled": frozenset(),
}

FILE_TRANSITIONS: dict[FileState, frozenset[FileState]] = {
    "receiving": frozenset({"stored", "refused", "cancelled"}),
    "stored": frozenset({"opening", "refused", "cancelled"}),
    "opening": frozenset({"opened", "refused", "stored", "cancelled"}),  # back, when its lease was lost
    "opened": frozenset(),
    "refused": frozenset(),
    "cancelled": frozenset(),
}

ENDED_RUNS: frozenset[RunState] = frozenset({"done", "failed", "cancelled"})

RETRYABLE: frozenset[RunState] = frozenset(
    state for state, following in RUN_TRANSITIONS.items() if state not in ENDED_RUNS or "queued" in following
)
"""The states in which failed inspections of a run may be tried anew: cancelled is cancelled."""

RunFact = Literal["unopened", "made", "begun", "waiting", "judged"]
"""What is true of a run's rows: a file is `unopened` yet; it has `made` an inspection; a worker has `begun` one, or
brought one to its end; one is `waiting` in the outbox, held or not; one was `judged`."""


@dataclass(frozen=True)
class RunStep:
    """Where a run goes by itself once the facts are so; `code` and `detail` say why it failed."""

    origin: RunState
    to: RunState
    facts: Mapping[RunFact, bool]
    code: str | None = None
    detail: str | None = None

    def __post_init__(self) -> None:
        if self.to not in RUN_TRANSITIONS[self.origin]:
            raise ValueError(f"a run has no way from {self.origin} to {self.to}")
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))


SETTLEMENT: tuple[RunStep, ...] = (
    RunStep("stored", "queued", {"unopened": False, "made": True}),
    RunStep(
        "stored",
        "failed",
        {"unopened": False, "made": False},
        "NOTHING_USABLE",
        "No file of it could be opened; its files say why. Mend them and send them again.",
    ),
    RunStep("queued", "running", {"begun": True}),
    RunStep("running", "done", {"waiting": False, "judged": True}),
    RunStep(
        "running",
        "failed",
        {"waiting": False, "judged": False},
        "NOTHING_JUDGED",
        "Every inspection of it failed; retry it once the reason is mended.",
    ),
)
"""The ways a run goes by itself, tried in this order; one that has come far at once goes several."""


class Run(Base):
    """A batch of files, and what was said beside them; every inspection it makes takes that over."""

    __tablename__ = "runs"
    __table_args__ = (
        one_of("type", get_args(RunType)),
        one_of("state", get_args(RunState)),
        Index("ix_runs_unended", "state", "id", postgresql_where=text("state NOT IN ('done', 'failed', 'cancelled')")),
        Index(None, "state", "id"),
    )

    id: Mapped[Id]
    type: Mapped[RunType] = mapped_column(Text, server_default="parts")
    label: Mapped[str] = mapped_column(server_default="")
    caller: Mapped[str]
    state: Mapped[RunState] = mapped_column(Text, server_default="pending")
    station_id: Mapped[UUID] = mapped_column(ForeignKey("stations.id"))
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    recipe_version_id: Mapped[UUID | None] = mapped_column(ForeignKey("recipe_versions.id"))
    priority: Mapped[Small]
    completes_itself: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it is complete with its first file: a resumable upload that is a run of its own."""
    tray: Mapped[Document | None]
    """Of a tray: `{"carrier": "T-01", "rows": 5, "columns": 8, "corners": [[x, y] x 4] or null}`."""
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    stored_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class RunFile(Base):
    """One file of a run, or one member of an archive in it."""

    __tablename__ = "run_files"
    __table_args__ = (
        one_of("state", get_args(FileState)),
        CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name="lease_whole"),
        CheckConstraint("sha256 IS NULL OR octet_length(sha256) = 32", name="sha256_is_sha256"),
        CheckConstraint("byte_count >= 0", name="byte_count_not_negative"),
        Index(
            "uq_run_files_place",
            "run_id",
            "parent_id",
            "position",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_run_files_run_id_state", "run_id", "state"),
        Index("ix_run_files_sha256", "sha256", postgresql_where=text("sha256 IS NOT NULL")),
        Index(
            "ix_run_files_unopened",
            "run_id",
            "id",
            postgresql_where=text("state IN ('stored', 'opening')"),
        ),
        Index("ix_run_files_receiving", "touched_at", postgresql_where=text("state = 'receiving'")),
    )

    id: Mapped[Id]
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("run_files.id"))
    position: Mapped[int]
    """Its place in the run, or in its archive, from 0."""
    name: Mapped[str]
    """As its sender called it, with its folders; control characters left out."""
    state: Mapped[FileState] = mapped_column(Text, server_default="receiving")
    byte_count: Mapped[int | None] = mapped_column(BigInteger)
    """Its length; while it is received, the length that was announced, or null."""
    sha256: Mapped[bytes | None]
    """Its address in the image store, once it is stored."""
    image_id: Mapped[UUID | None] = mapped_column(ForeignKey("images.id"))
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    attempts: Mapped[Small] = mapped_column(server_default="0")
    available_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    touched_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    """When its bytes last came in; what is cut off and never resumed is given up by this."""
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    members_done: Mapped[int] = mapped_column(server_default="0")
    """Of an archive: how many of its members are rows already; opening goes on from there."""
