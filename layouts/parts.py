"""The parts of the system, one line each."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from layouts.component import Component, script

LOOKS = {
    "ok": {"css": "pass", "shape": '<circle cx="8" cy="8" r="5" fill="currentColor"/>'},
    "degraded": {"css": "borderline", "shape": '<path d="M8 2.5L14 13H2z" fill="currentColor"/>'},
    "down": {
        "css": "fail",
        "shape": '<path d="M3.5 3.5l9 9M12.5 3.5l-9 9" fill="none" stroke="currentColor" stroke-width="2.4"/>',
    },
    "unknown": {
        "css": "not-judged",
        "shape": '<circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="2"/>',
    },
}
"""Colour and shape of a state; the word comes with the part."""


class PartsTable(Component):
    """A table a group of parts: name, state, since when, figure and reason."""

    parts = param.List(default=[], doc="Dictionaries of name, state, word, since (ISO 8601), figure, reason, group.")
    problem = param.String(doc="Why the figures are not fresh, in words; empty: they are.")
    read_at = param.String(doc="When they were read, ISO 8601 with zone.")

    _constants: ClassVar[dict[str, Any]] = {"looks": LOOKS}
    _esm = script("parts")
    _styles = ("parts", "states")
