"""People in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import param

from dashboard.models.listed import Listed, with_more, with_newest

MOST = 500
"""Rows kept on one page."""

View = Mapping[str, Any]


class PeopleModel(param.Parameterized):
    """People newest first, as the API's PersonView tells them."""

    cursor = param.String(default=None, allow_None=True, doc="Where older ones go on; None: there are none.")
    loaded = param.Boolean(doc="The first have come.")
    myself = param.String(doc="The name by which whoever looks at it has signed in; empty: nobody's.")
    problem = param.String(doc="Why they cannot be shown, in words; empty: they can.")
    rows = param.List(default=[], doc="The people shown, as dictionaries.")
    selected = param.String(doc="Id of the person chosen; empty: none.")

    def take(self, people: Sequence[View], cursor: str | None) -> None:
        """Take over the newest as they are now; older ones that were fetched stay."""
        now = with_newest(Listed(self.rows, self.cursor), Listed(list(people), cursor), _id, most=MOST)
        changed = {"rows": now.rows} if now.rows != self.rows else {}
        self.param.update(cursor=now.cursor, loaded=True, problem="", **changed)

    def append(self, people: Sequence[View], cursor: str | None) -> None:
        """Add older ones at the end."""
        now = with_more(self.rows, Listed(list(people), cursor), _id, most=MOST)
        self.param.update(rows=now.rows, cursor=now.cursor)

    @property
    def person(self) -> View | None:
        """The person chosen, if they are shown."""
        return next((row for row in self.rows if row["id"] == self.selected), None)


def standing(person: View) -> str:
    """Return how somebody stands: active, invited (they have set no password yet) or disabled."""
    if not person["active"]:
        return "disabled"
    return "active" if person["has_password"] else "invited"


def _id(row: View) -> str:
    return str(row["id"])
