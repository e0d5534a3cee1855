"""Lots in a table, and the units of the one in view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import param

from data.tables import LotState

LOT_STATES: tuple[str, ...] = get_args(LotState)
VERDICT_COLUMNS = ("passed", "borderline", "failed", "not_judged", "waiting")

View = Mapping[str, Any]


def known_state(word: str) -> str:
    """Return `word` if it is a lot's state, else an empty string: all of them."""
    return word if word in LOT_STATES else ""


class LotsModel(param.Parameterized):
    """Lots newest first, of a station or of all, perhaps of one state or found by a piece of their code."""

    code = param.String(doc="A piece of the codes shown; empty: all.")
    current = param.Dict(default=None, allow_None=True, doc="The lot in view as it was last read; None: not known.")
    cursor = param.String(default=None, allow_None=True, doc="Where older lots go on; None: there are none.")
    loaded = param.Boolean(doc="The first lots have come.")
    problem = param.String(doc="Why lots cannot be shown, in words; empty: they can.")
    rows = param.List(default=[], doc="The lots shown, newest first, as dictionaries.")
    selected = param.String(doc="Code of the lot in view; empty: none.")
    state = param.Selector(default="", objects=["", *LOT_STATES], doc="Shown alone; empty: all.")
    station = param.String(doc="Name of the station whose lots are shown; empty: of all.")

    def replace(self, lots: Sequence[View], cursor: str | None) -> None:
        """Show these lots and forget those before."""
        self.param.update(rows=list(lots), cursor=cursor, loaded=True, problem="")

    def append(self, lots: Sequence[View], cursor: str | None) -> None:
        """Add older lots at the end."""
        known = {lot["id"] for lot in self.rows}
        self.param.update(rows=[*self.rows, *(lot for lot in lots if lot["id"] not in known)], cursor=cursor)

    def take(self, lots: Sequence[View], cursor: str | None) -> None:
        """Take over the newest lots as they are now; older ones that were fetched stay."""
        _take(self, lots, cursor)
        self.param.update(loaded=True, problem="")

    @property
    def lot(self) -> View | None:
        """The lot in view, if it is known: it need not be among those shown."""
        known = [*self.rows, *([self.current] if self.current else [])]
        return next((lot for lot in known if lot["code"] == self.selected), None)


class UnitsModel(param.Parameterized):
    """Units of one lot, newest first, with the looks at each."""

    cursor = param.String(default=None, allow_None=True, doc="Where older units go on; None: there are none.")
    loaded = param.Boolean(doc="The first units have come.")
    lot = param.Dict(
        default=None, allow_None=True, doc="The lot in view, with what its marks say (`marks`); None: none."
    )
    problem = param.String(doc="Why units cannot be shown, in words; empty: they can.")
    rows = param.List(default=[], doc="The units shown, newest first, as dictionaries with their looks.")

    def replace(self, lot: View, units: Sequence[View], cursor: str | None) -> None:
        """Show these units of this lot and forget those before."""
        self.param.update(lot=dict(lot), rows=list(units), cursor=cursor, loaded=True, problem="")

    def append(self, units: Sequence[View], cursor: str | None) -> None:
        """Add older units at the end."""
        known = {unit["id"] for unit in self.rows}
        self.param.update(rows=[*self.rows, *(unit for unit in units if unit["id"] not in known)], cursor=cursor)

    def take(self, lot: View, units: Sequence[View], cursor: str | None) -> None:
        """Take over the newest units as they are now; older ones that were fetched stay."""
        _take(self, units, cursor)
        self.param.update(lot=dict(lot), loaded=True, problem="")

    def leave(self) -> None:
        """Have no lot in view."""
        self.param.update(lot=None, rows=[], cursor=None, loaded=False, problem="")


def _take(model: LotsModel | UnitsModel, newest: Sequence[View], cursor: str | None) -> None:
    """Put the newest rows before the older ones that are shown; ids are UUIDv7, so that their order is that of time."""
    oldest = str(newest[-1]["id"]) if newest else ""
    older = [row for row in model.rows if str(row["id"]) < oldest] if cursor is not None else []
    rows = [*newest, *older]
    if rows != model.rows:
        model.rows = rows
    if not older:
        model.cursor = cursor
