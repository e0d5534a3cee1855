"""A dialog that asks for a few values."""

from __future__ import annotations

import param

from layouts.component import Component, script


class Asking(Component):
    """Asks when `question` has a new number; it sends `{'submit': values, 'asked': n}` or `{'cancel': n}`.

    A question is a dictionary of asked (its number), title, intro, submit (the word on the button), danger and fields:
    dictionaries of name, label, kind (text, long, select, check, several, password or once), value, help, and perhaps
    options (pairs of value and word; of a text they are proposals) and mono. What is shown `once` can be copied; one
    that begins with `/` is an address on this server. An empty one closes the dialog.
    """

    busy = param.Boolean(doc="What was answered is being done.")
    problem = param.String(doc="What is wrong, in words; empty: nothing.")
    question = param.Dict(default={}, doc="What is asked, whole; empty: nothing.")
    told = param.Integer(default=0, doc="How often a problem was told, so that the same one is told again.")
    where = param.String(doc="Name of the field that is wrong; empty: none of them.")

    _esm = script("asking")
    _styles = ("asking",)
