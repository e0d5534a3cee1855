"""Tokens in a table: of one person, or all there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import param

from dashboard.models.listed import Listed, with_more, with_newest

MOST = 500
"""Rows kept on one page."""

View = Mapping[str, Any]


class TokensModel(param.Parameterized):
    """Tokens newest first, as the API's OneTokenView tells them, each with how it stands and who made it."""

    cursor = param.String(default=None, allow_None=True, doc="Where older ones go on; None: there are none.")
    loaded = param.Boolean(doc="The first have come.")
    problem = param.String(doc="Why they cannot be shown, in words; empty: they can.")
    revoked = param.Boolean(doc="Whether those that were revoked are shown, too.")
    rows = param.List(default=[], doc="The tokens shown, as dictionaries.")
    selected = param.String(doc="Id of the token chosen; empty: none.")

    def take(self, tokens: Sequence[View], cursor: str | None) -> None:
        """Take over the newest as they are now; older ones that were fetched stay."""
        now = with_newest(Listed(self.rows, self.cursor), Listed(list(tokens), cursor), _id, most=MOST)
        changed = {"rows": now.rows} if now.rows != self.rows else {}
        self.param.update(cursor=now.cursor, loaded=True, problem="", **changed)

    def append(self, tokens: Sequence[View], cursor: str | None) -> None:
        """Add older ones at the end."""
        now = with_more(self.rows, Listed(list(tokens), cursor), _id, most=MOST)
        self.param.update(rows=now.rows, cursor=now.cursor)

    def show_revoked(self, *, revoked: bool) -> None:
        """Show those that were revoked, too, or no more."""
        self.param.update(revoked=revoked, rows=[], cursor=None, loaded=False, selected="")

    @property
    def token(self) -> View | None:
        """The token chosen, if it is shown."""
        return next((row for row in self.rows if row["id"] == self.selected), None)


def _id(row: View) -> str:
    return str(row["id"])
