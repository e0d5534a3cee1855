"""The choices of a page, in its address."""

from __future__ import annotations

import param

from layouts.component import Component, script


class Address(Component):
    """Keeps `query` in the address; back and forward send the message `{'query': ...}`. It is not seen itself."""

    query = param.Dict(default={}, doc="What is chosen, by name; empty values are left out.")

    _esm = script("address_line")
