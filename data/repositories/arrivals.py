"""Writes one inspection whole, as it comes in: its row, its pictures, its place in the queue, the word to the relay.

`data.repositories.inspections` and `data.repositories.outbox` write the same for many; one that somebody may wait for
goes in one statement.
"""

from __future__ import annotations

import json
from typing import cast

from sqlalchemy import BindParameter, Table, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.channels import OUTBOX
from data.repositories.inspections import COLUMNS, IMAGE_COLUMNS, NewInspection, add_images, image_rows, row
from data.tables import Inspection, InspectionImage, OutboxItem
from data.trace_parent import trace_parent


def _named(columns: tuple[str, ...], prefix: str) -> dict[str, BindParameter[object]]:
    return {name: bindparam(f"{prefix}{name}") for name in columns}


_WAITS: dict[str, BindParameter[object]] = {
    "inspection_id": bindparam("own_id"),
    "priority": bindparam("own_priority"),
    "run_id": bindparam("own_run_id"),
    "trace_parent": bindparam("trace_parent", type_=Text),
}
_ADD = select(func.pg_notify(OUTBOX, bindparam("told", type_=Text))).add_cte(
    insert(cast("Table", Inspection.__table__)).values(_named(COLUMNS, "own_")).cte("inspection"),
    insert(cast("Table", InspectionImage.__table__)).values(_named(IMAGE_COLUMNS, "image_")).cte("picture"),
    insert(cast("Table", OutboxItem.__table__)).values(_WAITS).cte("waiting"),
)


class Arrivals:
    """Inspections as they come in one by one."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, new: NewInspection) -> None:
        """Add an inspection with its pictures, and let it wait."""
        first, *others = image_rows(new)
        own = {f"own_{name}": value for name, value in row(new).items()}
        image = {f"image_{name}": value for name, value in first.items()}
        told = json.dumps({"priority": int(new.priority)})
        await self._session.execute(_ADD, {**own, **image, "told": told, "trace_parent": trace_parent()})
        await add_images(self._session, others)
