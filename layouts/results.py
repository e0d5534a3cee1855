"""The list of results, newest first."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from layouts.component import Component, script
from layouts.icons import svgs
from layouts.verdict import badges


class ResultList(Component):
    """Results with thumbnail, verdict, mark as read and time; arrows choose, Enter opens, buttons filter by verdict.

    A result with a `teach_href` has a link (key m) that leads to a recipe made of it.
    """

    empty_text = param.String(default="", doc="What to do while there is nothing to show.")
    empty_title = param.String(default="", doc="Said while there is nothing to show.")
    find = param.String(default="", doc="What was searched for; empty: everything is shown.")
    items = param.List(
        default=[], doc="Dictionaries of a row: id, href, teach_href, thumb and what it is cut by, verdict, lines..."
    )
    more = param.Boolean(doc="There are older results to fetch; asking for them sends the message `{'more': True}`.")
    problem = param.String(doc="Why the results are not fresh, in words; empty: they are.")
    verdict = param.String(default="", doc="The verdict shown alone; empty: all.")

    _constants: ClassVar[dict[str, Any]] = {"badges": badges(), "icons": svgs("plus")}
    _esm = script("results", "walk")
    _styles = ("results", "states")
