"""The audit trail of one row, as the API's AuditEntryView tells it, and what its cell derives from that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Self

import param

from dashboard.models.listed import Listed, with_more, with_newest
from dashboard.models.trail_values import Change, Names, View, changes
from dashboard.models.trail_words import told, who

MOST = 500
NOBODY: Names = MappingProxyType({})


@dataclass(frozen=True)
class TrailEntry:
    """One entry: what happened, who did it and when; the columns it changed; where it stands in the trail.

    Of an entry that does not say who did it (`actor` is empty), what happened and when is all there is.
    """

    id: int
    at: str
    words: str
    detail: str
    look: str
    who: str
    actor: str
    request_id: str
    place: str
    changes: tuple[Change, ...]

    @classmethod
    def of(cls, view: View, names: Names = NOBODY) -> Self:
        """Make it of an AuditEntryView; `names` are what rows are called that it names by their ids."""
        said, whole = told(view, names), bool(view["actor"])
        return cls(
            id=int(view["id"]),
            at=str(view["at"]),
            words=said.words,
            detail=said.detail,
            look=said.look,
            who=who(str(view["actor"])),
            actor=str(view["actor"]),
            request_id=str(view["request_id"] or ""),
            place=_place_in_trail(view) if whole else "",
            changes=changes(view, names) if whole else (),
        )

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**asdict(self), "changes": [change.document() for change in self.changes]}


class TrailModel(param.Parameterized):
    """What is known of one row, the newest first."""

    cursor = param.String(default=None, allow_None=True, doc="Where older entries go on; None: there are none.")
    entries = param.List(default=[], item_type=TrailEntry, doc="The entries shown, the newest first.")
    loaded = param.Boolean(doc="The first entries have come.")
    problem = param.String(doc="Why the trail cannot be shown, in words; empty: it can.")
    row_id = param.String(doc="Id of the row; empty: none is in view.")

    def replace(self, row_id: str, views: Iterable[View], cursor: str | None = None, names: Names = NOBODY) -> None:
        """Show these entries, of this row, and forget those before."""
        entries = [TrailEntry.of(view, names) for view in views]
        self.param.update(row_id=row_id, entries=entries, cursor=cursor, loaded=True, problem="")

    def take(self, views: Iterable[View], cursor: str | None = None, names: Names = NOBODY) -> None:
        """Take over the newest entries as they are now; older ones that were fetched stay."""
        newest = Listed([TrailEntry.of(view, names) for view in views], cursor)
        now = with_newest(Listed(self.entries, self.cursor), newest, _place, most=MOST)
        changed: Mapping[str, Any] = {"entries": now.rows} if now.rows != self.entries else {}
        self.param.update(cursor=now.cursor, loaded=True, problem="", **changed)

    def append(self, views: Iterable[View], cursor: str | None = None, names: Names = NOBODY) -> None:
        """Add older entries at the end."""
        older = Listed([TrailEntry.of(view, names) for view in views], cursor)
        now = with_more(self.entries, older, _place, most=MOST)
        self.param.update(entries=now.rows, cursor=now.cursor)

    def leave(self) -> None:
        """Have no row in view."""
        self.param.update(row_id="", entries=[], cursor=None, loaded=False, problem="")


def _place_in_trail(view: View) -> str:
    return f"Entry {view['id']}: table {view['table']}, lane {view['lane']}, position {view['position']}"


def _place(entry: TrailEntry) -> str:
    """Return the id of an entry as text that sorts as ids do."""
    return f"{entry.id:020d}"
