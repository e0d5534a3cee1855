"""The table of runs with its filters."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from layouts.component import Component, script
from layouts.icons import svgs
from layouts.run_state import RUN_LOOKS, drawn
from layouts.verdict import badges


class RunTable(Component):
    """Runs, newest first: state, progress, verdicts, where and by what; arrows choose, Enter opens.

    What is shown is in the page's address: when that changes, by this table, another component, or the browser's back
    and forward, the message `{'address': {...}}` says what it holds.
    """

    empty_text = param.String(default="", doc="What to do while there is nothing to show.")
    empty_title = param.String(default="", doc="Said while there is nothing to show.")
    items = param.List(default=[], doc="Runs as dictionaries: `dashboard.models.runs.RunRow`, as plain values.")
    more = param.Boolean(doc="There are older runs to fetch; asking for them sends the message `{'more': True}`.")
    open = param.String(doc="Id of the run that is open beside the table.")
    problem = param.String(doc="Why the runs are not fresh, in words; empty: they are.")
    sends = param.Boolean(default=True, doc="Whether a run can be begun here, and what was cut off be gone on with.")
    stations = param.List(default=[], doc="Names of the stations to choose from.")

    _constants: ClassVar[dict[str, Any]] = {
        "badges": badges(),
        "icons": svgs("plus", "search", "close"),
        "states": drawn(RUN_LOOKS),
    }
    _esm = script("run_table", "address", "walk", "progress", "unfinished")
    _styles = ("run_table", "progress", "states")
