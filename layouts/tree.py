"""A tree of places."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from layouts.component import Component, script
from layouts.icons import svgs


class PlaceTree(Component):
    """Rows of a tree, one of which may be chosen, with what can be done to it.

    It sends `{'select': id}`, `{'toggle': id}`, `{'act': ...}` and `{'filter': {name: value}}`.
    """

    actions = param.List(default=[], doc="Dictionaries of act, word, key, and perhaps primary and disabled.")
    empty_text = param.String(doc="What to do while there is nothing to show.")
    empty_title = param.String(doc="Said while there is nothing to show; empty: it is on its way.")
    filters = param.List(default=[], doc="Dictionaries of name, word, value, and perhaps options.")
    label = param.String(default="Plant", doc="What the tree is of.")
    problem = param.String(doc="Why the rows are not fresh, in words; empty: they are.")
    rows = param.List(
        default=[],
        doc="Dictionaries of id, kind (site, line, station, note), word, name, about, level (from 0), open (None: a "
        "leaf), parent (an id), and flag (a class), flag_word and flag_says.",
    )
    selected = param.String(doc="Id of the row chosen; empty: none.")

    _constants: ClassVar[dict[str, Any]] = {"icons": svgs("wide")}
    _esm = script("tree", "steering")
    _styles = ("acts", "tree", "states")
