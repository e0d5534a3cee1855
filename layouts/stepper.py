"""The head of an inspection: what it is, and the way to the ones before and after it."""

from __future__ import annotations

import param

from layouts.component import Component, script


class Stepper(Component):
    """Title, a way back, and buttons (keys k and j) to the newer and older inspection.

    A step changes the address and sends the message `{'show': id}`, and so do the browser's back and forward.
    """

    back_href = param.String(default="/inspect", doc="Where all results are.")
    created_at = param.String(doc="When the photo came in, ISO 8601 with zone.")
    newer = param.String(doc="Id of the newer one; empty: none.")
    older = param.String(doc="Id of the older one; empty: none.")
    title = param.String(doc="What is in view.")

    _esm = script("stepper")
    _styles = ("stepper",)
