"""A table of rows."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from layouts.component import Component, script
from layouts.icons import svgs
from layouts.verdict import badges


class RowTable(Component):
    """Rows under named columns, one of which may be chosen, with filters and what can be done.

    It sends `{'select': id}`, `{'more': True}`, `{'act': ...}` and `{'filter': {name: value}}`. A column has name,
    word, kind and perhaps width and look (a verdict shown instead of its word). By its kind, a cell's value is: `text`
    and `mono`, top and under; `state`, word, css, shape and says; `number`, an integer or None; `time`, ISO 8601, or
    a word in its place; `looks`, a list of verdict, state, number, href and says.
    """

    actions = param.List(default=[], doc="Dictionaries of act, word, key, and perhaps primary and disabled.")
    choosable = param.Boolean(default=True, doc="Whether a row can be chosen.")
    columns = param.List(default=[], doc="The columns, from the left.")
    empty_text = param.String(doc="What to do while there is nothing to show.")
    empty_title = param.String(doc="Said while there is nothing to show; empty: it is on its way.")
    filters = param.List(default=[], doc="Dictionaries of name, word, value, and perhaps options.")
    more = param.Boolean(doc="There are further rows to fetch.")
    note = param.String(doc="Said above the rows; empty: nothing.")
    most_px = param.Integer(default=0, doc="Height that the rows may have before they scroll; 0: nearly the window's.")
    noun = param.String(default="rows", doc="What the rows are, in words.")
    problem = param.String(doc="Why the rows are not fresh, in words; empty: they are.")
    rows = param.List(default=[], doc="Dictionaries of id, says (for screen readers) and cells, by column.")
    selected = param.String(doc="Id of the row chosen; empty: none.")
    title = param.String(doc="What the table is of.")

    _constants: ClassVar[dict[str, Any]] = {"badges": badges(), "icons": svgs("close")}
    _esm = script("table", "steering")
    _styles = ("acts", "table", "states")
