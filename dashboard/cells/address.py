"""The choices of a page, in its address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboard.cells.cell import Cell
from layouts.address import Address


class AddressLine(Cell):
    """Keeps in the address what is chosen, and tells what back and forward choose."""

    def __init__(self, chosen: Callable[[Mapping[str, str]], None] = lambda _: None) -> None:
        super().__init__()
        self.chosen = chosen
        self.address = Address()
        self.address.on_msg(self.heard)
        self._shows(self.address)

    def say(self, query: Mapping[str, str]) -> None:
        """Put this into the address; what is empty is left out."""
        self.address.query = {name: value for name, value in query.items() if value}

    def heard(self, event: Any) -> None:
        """Take over what back or forward has chosen."""
        query = {str(name): str(value) for name, value in event.data["query"].items()}
        self.address.query = query
        self.chosen(query)
