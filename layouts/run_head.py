"""The head of one run: what it is, how far it has come, and what can be done with it."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from layouts.component import Component, script
from layouts.icons import svgs
from layouts.run_state import RUN_LOOKS, drawn
from layouts.verdict import badges


class RunHead(Component):
    """Title, facts, progress, and the buttons: cancel (asked once more), retry, send more, results, link.

    Messages: `{'cancel': True}`, `{'retry': True}`. Closing and sending more change the page's address.
    """

    busy = param.Boolean(doc="Something was asked for and is not done yet.")
    can_cancel = param.Boolean(doc="It may be cancelled.")
    can_retry = param.Boolean(doc="It has failures that may be tried again.")
    can_send = param.Boolean(doc="It waits for files.")
    missing = param.Boolean(doc="There is no such run.")
    problem = param.String(doc="Why what is shown is not fresh, in words.")
    refusal = param.String(doc="Why what was asked for was not done, in words.")
    run = param.Dict(default={}, doc="The run as plain values; empty: not known yet.")
    tab = param.String(default="results", doc="What is shown beneath: results or files.")

    _constants: ClassVar[dict[str, Any]] = {
        "badges": badges(),
        "icons": svgs("close", "download", "link", "again", "upload"),
        "states": drawn(RUN_LOOKS),
    }
    _esm = script("run_head", "address", "progress")
    _styles = ("run_head", "progress", "states")
