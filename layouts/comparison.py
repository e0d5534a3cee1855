"""What a mark should say against what was read, character under character."""

from __future__ import annotations

import param

from layouts.component import Component, script


class Comparison(Component):
    """Expected lines over read lines; differing characters are marked, and each says its confidence and runner-up."""

    fields = param.List(default=[], doc="The `fields` of an evidence document.")
    hint = param.String(default="Point at a character to see how sure the reader was.", doc="Said while none is.")
    lines = param.List(default=[], doc="The `lines` of an evidence document.")
    pointed = param.List(default=[], doc="Line and character pointed at, both counted from 0; empty for none.")

    _esm = script("comparison")
    _styles = ("comparison",)
