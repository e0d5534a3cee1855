"""What was done, by whom and when, the newest first."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from layouts.component import Component, script
from layouts.icons import svgs
from layouts.lot_state import LOT_LOOKS
from layouts.verdict import Look, badges, shape

_DOT = '<circle cx="8" cy="8" r="3" fill="currentColor"/>'
_ARROW = '<path d="M8 2.5v8M4.5 7.5L8 11l3.5-3.5M3 13.5h10" fill="none" stroke="currentColor" stroke-width="1.8"/>'
LOOKS = {
    "noted": {"css": "plain", "shape": shape(Look("", "plain", _DOT))},
    "came": {"css": "plain", "shape": shape(Look("", "plain", _ARROW))},
    **{name: {"css": look.css, "shape": look.svg} for name, look in LOT_LOOKS.items()},
    **badges(),
}
"""Colour and shape of what happened; the words beside it speak for it."""


class Timeline(Component):
    """Entries that unfold to what they changed. It sends `{'more': True}` when older ones are asked for.

    An entry has id, at (ISO 8601), words, detail, look (of `LOOKS`), who, actor, request_id, place, and changes: name,
    word, before and after, each None or text, kind (text, code, time, nothing) and says.
    """

    empty_text = param.String(doc="What to know while there is nothing to show.")
    empty_title = param.String(doc="Said while there is nothing to show; empty: it is on its way.")
    entries = param.List(default=[], doc="The entries as dictionaries, the newest first.")
    more = param.Boolean(doc="There are older entries to fetch.")
    problem = param.String(doc="Why the entries are not fresh, in words; empty: they are.")
    title = param.String(default="Audit trail", doc="What the entries are of.")

    _constants: ClassVar[dict[str, Any]] = {"icons": svgs("wide"), "looks": LOOKS}
    _esm = script("timeline")
    _styles = ("acts", "timeline", "states")
