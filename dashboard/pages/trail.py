"""The audit trail of the row in view on a page: what keeps it up to date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from dashboard.api.audit_schemas import AuditEntryView
from dashboard.models.trail import TrailModel
from dashboard.pages.away import LOOKS, while_away
from dashboard.pages.life import draw
from data.queries import audit
from data.queries.audit import Sought
from data.queries.audit_names import names
from workers.composition import Services

AT_A_TIME = 50


@dataclass(frozen=True)
class Found:
    """Some entries, the newest first, where older ones go on, and what the rows are called that they name."""

    views: tuple[dict[str, Any], ...] = ()
    cursor: str | None = None
    names: dict[str, str] | None = None

    def shown(self) -> tuple[tuple[dict[str, Any], ...], str | None, dict[str, str]]:
        """Return it as the model takes it."""
        return self.views, self.cursor, self.names or {}


class RowTrail:
    """Looks at what is known of one row at a time, and of all that hangs on it under the same id.

    Not `whole`: what was done and when, which is part of seeing the row; by whom, in which request and what it changed
    is for whoever may read the audit trail, and does not leave the server for others.
    """

    def __init__(
        self, services: Services, model: TrailModel, *, whole: bool = True, at_a_time: int = AT_A_TIME
    ) -> None:
        self.services = services
        self.model = model
        self.whole = whole
        self._at_a_time = at_a_time
        self._newest = ("", -1)

    @property
    def title(self) -> str:
        """What it is called: the audit trail, or what of it is shown to everybody."""
        return "Audit trail" if self.whole else "History"

    async def look(self, row_id: str) -> bool:
        """Show the newest entries of a row; return whether there is one that was not there at the last look."""
        found = await self._read(row_id)
        before, self._newest = self._newest, (row_id, int(found.views[0]["id"]) if found.views else 0)
        if row_id == before[0]:
            draw(self.model.take, *found.shown())
        else:
            draw(self.model.replace, row_id, *found.shown())
        return self._newest != before

    async def more(self) -> None:
        """Fetch older entries, unless those of another row are wanted meanwhile."""
        asked = (self.model.row_id, self.model.cursor)
        if self.model.cursor is None:
            return
        with while_away(self.away):
            older = await self._read(*asked)
            if (self.model.row_id, self.model.cursor) == asked:
                draw(self.model.append, *older.shown())

    def away(self) -> None:
        """Say that the database does not answer."""
        draw(self.model.param.update, problem=LOOKS)

    def leave(self) -> None:
        """Have no row in view."""
        self._newest = ("", -1)
        draw(self.model.leave)

    async def _read(self, row_id: str, cursor: str | None = None) -> Found:
        try:
            sought = Sought(row_id=UUID(row_id))
        except ValueError:
            return Found()
        async with self.services.database.session() as session:
            page = await audit.page(session, sought, cursor=cursor, limit=self._at_a_time)
            called = await names(session, page.items)
        views = tuple(AuditEntryView.of(entry).model_dump(mode="json") for entry in page.items)
        if not self.whole:
            views = tuple({**view, "actor": "", "request_id": None} for view in views)
        return Found(views, page.next_cursor, {str(id_): name for id_, name in called.items()})
