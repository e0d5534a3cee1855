"""The files of a run."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from layouts.component import Component, script
from layouts.run_state import FILE_LOOKS, drawn


class FileTable(Component):
    """Files as they came: name with folders, size, state, and of a refused one why; opened ones lead on.

    Choosing a state sends the message `{'state': ...}`, asking for more files `{'more': True}`.
    """

    items = param.List(default=[], doc="Files as dictionaries: `dashboard.models.run.FileLine`, as plain values.")
    loaded = param.Boolean(doc="The first files have come.")
    more = param.Boolean(doc="There are more files to fetch.")
    state = param.String(doc="The state shown alone; empty: all.")

    _constants: ClassVar[dict[str, Any]] = {"states": drawn(FILE_LOOKS)}
    _esm = script("file_table", "sizes")
    _styles = ("file_table", "states")
