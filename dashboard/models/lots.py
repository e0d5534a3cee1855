"""Lots in a table, and the units of the one in view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import param

from dashboard.models.listed import Listed, with_more, with_newest
from data.tables import LotState

LOT_STATES: tuple[str, ...] = get_args(LotState)
VERDICT_COLUMNS = ("passed", "borderline", "failed", "not_judged", "waiting")

MOST = 500
"""Rows kept on one page; a filter, or a lot of its own, leads to the rest."""

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
        _append(self, lots, cursor)

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
    selected = param.String(doc="Id of the unit chosen; empty: none.")

    def replace(self, lot: View, units: Sequence[View], cursor: str | None) -> None:
        """Show these units of this lot and forget those before."""
        self.param.update(lot=dict(lot), rows=list(units), cursor=cursor, loaded=True, problem="")

    def append(self, units: Sequence[View], cursor: str | None) -> None:
        """Add older units at the end."""
        _append(self, units, cursor)

    def take(self, lot: View, units: Sequence[View], cursor: str | None) -> None:
        """Take over the newest units as they are now; older ones that were fetched stay."""
        _take(self, units, cursor)
        self.param.update(lot=dict(lot), loaded=True, problem="")

    def leave(self) -> None:
        """Have no lot in view."""
        self.param.update(lot=None, rows=[], cursor=None, loaded=False, problem="", selected="")

    @property
    def unit(self) -> View | None:
        """The unit chosen, if it is shown."""
        return next((unit for unit in self.rows if unit["id"] == self.selected), None)


def _take(model: LotsModel | UnitsModel, newest: Sequence[View], cursor: str | None) -> None:
    now = with_newest(Listed(model.rows, model.cursor), Listed(list(newest), cursor), _id, most=MOST)
    if now.rows != model.rows:
        model.rows = now.rows
    model.cursor = now.cursor


def _append(model: LotsModel | UnitsModel, older: Sequence[View], cursor: str | None) -> None:
    now = with_more(model.rows, Listed(list(older), cursor), _id, most=MOST)
    model.param.update(rows=now.rows, cursor=now.cursor)


def _id(row: View) -> str:
    return str(row["id"])
