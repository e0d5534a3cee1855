"""A page with a drawer at its right, in which one of several things stands."""

from __future__ import annotations

from panel.viewable import Children

from layouts.component import Component, script


class Drawer(Component):
    """`main` over the whole width; what the address names, `run` or `send`, in a drawer beside it.

    In a narrow window the drawer lies over it.
    """

    main = Children(doc="What the drawer opens beside.")
    run = Children(doc="A run.")
    send = Children(doc="What files are sent by.")

    _esm = script("drawer", "address", "slots")
    _styles = ("drawer",)
