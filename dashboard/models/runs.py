"""The runs on the Runs page: which are shown, how far each has come, and which is open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self, get_args
from uuid import UUID

import param

from dashboard.models.listed import Listed, with_more
from dashboard.models.results import searched
from dashboard.moments import moment
from data.tables import RunState

STATES: tuple[str, ...] = get_args(RunState)
PAGE = 50
"""Runs fetched at a time."""
MOST = 500
"""Runs kept on one page; older ones come back when a filter asks for them."""
VERDICTS = ("passed", "failed_verdicts", "borderline", "not_judged")
"""What a run counts as judged."""
FILTERS = ("state", "station", "lot", "label", "since", "until")


@dataclass(frozen=True)
class Progress:
    """How far a run has come, in things to inspect: an inspection each, and one for each file not opened yet.

    `whole` of them are known; `received`, `opened` and `judged` say how many came so far, each within the one before.
    `cancelled` will never be judged, whether they were opened before or not.
    """

    whole: int
    received: int
    opened: int
    judged: int
    cancelled: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Self:
        """Make it from the counts of a run."""
        opened = counts["inspections"]
        received = opened + counts["files_waiting"]
        whole = received + counts["files_receiving"] + counts["files_cancelled"]
        judged = sum(counts[verdict] for verdict in VERDICTS)
        return cls(whole, received, opened, judged, counts["cancelled"] + counts["files_cancelled"])

    def figure(self, state: str) -> str:
        """Return in words what moves while a run is in `state`, and in the end what came of it."""
        if state == "pending":
            return f"{self.received:,} received so far"
        if state == "stored":
            return f"{self.opened:,} of {self.whole:,} opened"
        return f"{self.judged:,} of {self.whole:,} judged" if self.whole else "Nothing to judge"


@dataclass(frozen=True)
class RunRow:
    """One run. `counts` are those of its view, `who` began it, `why` says in words why it failed."""

    id: str
    label: str
    type: str
    state: str
    station: str
    lot: str
    recipe: str
    who: str
    created_at: str
    stored_at: str
    finished_at: str
    why: str
    tray: str
    counts: dict[str, int]
    progress: Progress

    @classmethod
    def of(cls, view: Mapping[str, Any]) -> Self:
        """Make a row of a RunView."""
        error, recipe = view.get("error") or {}, view.get("recipe") or {}
        plain = ("id", "type", "label", "state", "station")
        return cls(
            **{name: str(view[name]) for name in plain},
            lot=str(view.get("lot") or ""),
            recipe=f"{recipe['name']}, version {recipe['version']}" if recipe else "",
            who=str(view.get("caller") or ""),
            created_at=str(view["created_at"]),
            stored_at=str(view.get("stored_at") or ""),
            finished_at=str(view.get("finished_at") or ""),
            why=str(error.get("detail") or error.get("code") or ""),
            tray=_tray(view.get("tray")),
            counts=dict(view["counts"]),
            progress=Progress.of(view["counts"]),
        )

    def document(self) -> dict[str, Any]:
        """Return the row as plain values, with its progress in words too."""
        return {**asdict(self), "figure": self.progress.figure(self.state)}


def _tray(tray: Mapping[str, Any] | None) -> str:
    return f"{tray['carrier']}, {tray['rows']} rows by {tray['columns']} columns" if tray else ""


def wanted_runs(given: Mapping[str, str]) -> dict[str, str]:
    """Return the filter that an address asks for: what it names and can be used, and nothing else."""
    kept = {name: searched(given.get(name, "")) for name in FILTERS}
    kept["state"] = kept["state"] if kept["state"] in STATES else ""
    return {name: value for name, value in kept.items() if value and (name not in {"since", "until"} or moment(value))}


def run_id(text: str) -> str:
    """Return `text` if it is the id of a run, else an empty string."""
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def _id(row: RunRow) -> str:
    return row.id


class RunsModel(param.Parameterized):
    """Runs newest first, of all or as filtered, and the one that is open beside them."""

    cursor = param.String(default=None, allow_None=True, doc="Where older runs go on; None: there are none.")
    loaded = param.Boolean(doc="The first runs have come.")
    open = param.String(doc="Id of the run that is open; empty: none.")
    problem = param.String(doc="Why runs cannot be shown, in words; empty: they can.")
    rows = param.List(default=[], item_type=RunRow, doc="The runs shown, newest first.")
    send = param.String(doc="What files are sent to: `new`, the id of a run that waits for some, or empty: nothing.")
    stations = param.List(default=[], item_type=str, doc="Names of the stations that a filter offers.")
    wanted = param.Dict(default={}, doc="The filter: state, station, lot, label, since, until; what is missing: all.")

    def go(self, given: Mapping[str, str]) -> None:
        """Take over what the address says."""
        self.param.update(
            open=searched(given.get("run", "")), send=searched(given.get("send", "")), wanted=wanted_runs(given)
        )

    def show(self, views: Iterable[Mapping[str, Any]], cursor: str | None) -> None:
        """Show these runs; nothing is drawn where nothing has changed."""
        rows = [RunRow.of(view) for view in views]
        changed = {"rows": rows} if rows != self.rows else {}
        self.param.update(cursor=cursor if len(rows) < MOST else None, loaded=True, problem="", **changed)

    def append(self, views: Iterable[Mapping[str, Any]], cursor: str | None) -> None:
        """Add older runs at the end."""
        now = with_more(self.rows, Listed([RunRow.of(view) for view in views], cursor), _id, most=MOST)
        self.param.update(rows=now.rows, cursor=now.cursor)

    @property
    def shown(self) -> int:
        """How many runs to ask for so that all that are shown stay."""
        return min(MOST, max(PAGE, len(self.rows)))
