"""A page with a drawer at its right, in which one of several things stands."""

from __future__ import annotations

import param
from panel.viewable import Children

from layouts.component import Component, script


class Drawer(Component):
    """`main` over the whole width; with `shown`, that child list in a drawer beside it, over it in a narrow window."""

    main = Children(doc="What the drawer opens beside.")
    run = Children(doc="A run.")
    send = Children(doc="What files are sent by.")
    shown = param.String(doc="What is in the drawer: `run`, `send`, or empty: it is closed.")

    _esm = script("drawer")
    _styles = ("drawer",)
