"""One run in view: what was said beside it, how far it has come, its files, and what is being done with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self, get_args

import param

from dashboard.models.listed import Listed, with_more
from dashboard.models.runs import RunRow
from data.tables import ENDED_RUNS, FileState

TABS = ("results", "files")
FILE_STATES: tuple[str, ...] = get_args(FileState)
FILES_PAGE = 100
MOST_FILES = 5_000
"""Files kept on one page; a filter leads to the rest."""


@dataclass(frozen=True)
class FileLine:
    """One file of a run. `size` is in bytes, -1 unknown; `href` leads to the first of the `inspections` it made."""

    id: str
    name: str
    member: bool
    state: str
    size: int
    why: str
    href: str
    thumb: str
    inspections: int

    @classmethod
    def of(cls, view: Mapping[str, Any]) -> Self:
        """Make a line of a RunFileView and the run it is in (`run_id`)."""
        error = view.get("error") or {}
        made = str(view.get("inspection_id") or "")
        return cls(
            id=str(view["id"]),
            name=str(view["name"]),
            member=view.get("parent_id") is not None,
            state=str(view["state"]),
            size=-1 if view.get("bytes") is None else int(view["bytes"]),
            why=str(error.get("detail") or error.get("code") or ""),
            href=f"/inspection?id={made}&run={view['run_id']}" if made else "",
            thumb=str(view.get("thumb") or ""),
            inspections=int(view["inspections"]),
        )


def _id(line: FileLine) -> str:
    return line.id


class RunModel(param.Parameterized):
    """One run, followed while it moves."""

    busy = param.Boolean(doc="Something was asked for and is not done yet.")
    files = param.List(default=[], item_type=FileLine, doc="Its files, as they came.")
    files_cursor = param.String(default=None, allow_None=True, doc="Where its files go on; None: they do not.")
    files_loaded = param.Boolean(doc="Its first files have come.")
    files_state = param.Selector(default="", objects=["", *FILE_STATES], doc="Files shown alone; empty: all.")
    id = param.String(doc="Id of the run; empty: none is open.")
    missing = param.Boolean(doc="There is no run of this id.")
    problem = param.String(doc="Why what is shown is not fresh, in words; empty: it is.")
    refusal = param.String(doc="Why what was asked for was not done, in words; empty: it was.")
    row = param.ClassSelector(class_=RunRow, default=None, allow_None=True, doc="The run; None: not known yet.")
    tab = param.Selector(default="results", objects=list(TABS), doc="What is shown of it.")

    def open(self, wanted: str) -> None:
        """Turn to another run; nothing of the one before stays."""
        if wanted != self.id:
            self.param.update(
                busy=False, files=[], files_cursor=None, files_loaded=False, id=wanted, missing=False,
                problem="", refusal="", row=None,
            )  # fmt: skip

    def show(self, view: Mapping[str, Any]) -> None:
        """Take over how the run is now."""
        self.param.update(missing=False, problem="", row=RunRow.of(view))

    def show_files(self, views: Iterable[Mapping[str, Any]], cursor: str | None) -> None:
        """Show these files; those behind them that were fetched before stay."""
        fresh = [FileLine.of(view) for view in views]
        known = {line.id for line in fresh}
        behind = [line for line in self.files if line.id not in known and fresh and line.id > fresh[-1].id]
        lines = [*fresh, *behind]
        changed = {"files": lines} if lines != self.files else {}
        self.param.update(files_cursor=self.files_cursor if behind else cursor, files_loaded=True, **changed)

    def choose_files(self, state: str) -> None:
        """Show the files of one state alone, or all."""
        self.param.update(files_state=state, files=[], files_cursor=None, files_loaded=False)

    def append_files(self, views: Iterable[Mapping[str, Any]], cursor: str | None) -> None:
        """Add files at the end."""
        more = Listed([FileLine.of(view) for view in views], cursor)
        now = with_more(self.files, more, _id, most=MOST_FILES)
        self.param.update(files=now.rows, files_cursor=now.cursor)

    @property
    def can_cancel(self) -> bool:
        """Whether there is anything left to cancel."""
        return self.row is not None and self.row.state not in ENDED_RUNS

    @property
    def can_retry(self) -> bool:
        """Whether inspections failed that may be tried again."""
        return self.row is not None and self.row.state in {"done", "failed"} and self.row.counts["errors"] > 0

    @property
    def can_send(self) -> bool:
        """Whether it waits for files."""
        return self.row is not None and self.row.state == "pending"

    def documents(self) -> list[dict[str, Any]]:
        """Return the files as plain values."""
        return [asdict(line) for line in self.files]
