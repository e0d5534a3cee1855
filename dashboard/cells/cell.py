"""What every cell is: a view over one model, built once and then kept up to date; it works alone in a notebook too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any

import param
from panel.viewable import Viewable, Viewer

from core.rights import ACTIONS

Act = Callable[[], Awaitable[Any]]
"""What a cell is asked to do by a click; a message's handler awaits it, since what is merely returned is never run."""


Rights = Collection[str]
EVERYTHING: Rights = frozenset(ACTIONS)
"""What may be done in a cell that stands alone."""


def offered(controls: Iterable[Mapping[str, Any]], rights: Rights) -> list[dict[str, Any]]:
    """Return the controls that somebody of these `rights` is shown: whose `right` is among them, or that name none.

    Nobody is stopped by what is not shown: each act asks again (`dashboard.page_user.must`).
    """
    shown = (one for one in controls if one.get("right") is None or one["right"] in rights)
    return [{name: value for name, value in one.items() if name != "right"} for one in shown]


async def nothing() -> None:
    """Do nothing: for a cell that stands alone."""


class Cell(Viewer):
    """A view over one model. Subclasses build their view in `__init__`, hand it to `_shows`, and update it."""

    def _shows(self, view: Viewable) -> None:
        self._view = view

    def __panel__(self) -> Viewable:
        """Return the view."""
        return self._view


def follow(model: param.Parameterized, names: Iterable[str], draw: Callable[[], None]) -> None:
    """Call `draw` now, and again whenever one of `names` of the model changes (once, however many change together)."""
    model.param.watch(lambda *_: draw(), list(names))
    draw()
