"""What is known of one thing."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from layouts.component import Component, script
from layouts.icons import svgs


class Facts(Component):
    """A titled box of markup with what can be done; it sends `{'act': ...}` (`leave` closes) and `{'filter': ...}`."""

    actions = param.List(default=[], doc="Dictionaries of act, word, key, and perhaps primary and disabled.")
    filters = param.List(default=[], doc="Dictionaries of name, word, value, and perhaps options.")
    html = param.String(doc="Markup with everything from outside escaped; empty: it is on its way.")
    leaves = param.Boolean(default=True, doc="Whether it can be closed.")
    title = param.String(doc="What it is of.")

    _constants: ClassVar[dict[str, Any]] = {"icons": svgs("close")}
    _esm = script("facts", "steering")
    _styles = ("acts", "facts", "hours", "states")
