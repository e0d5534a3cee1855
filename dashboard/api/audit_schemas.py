"""What the API answers with about the audit trail, and what may be asked of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.config import JsonDict

from dashboard.api.paging import ListView
from dashboard.api.patterns import ONE_LINE
from dashboard.api.schemas import EXAMPLE_ID
from data.acting import MOST_NAME, MOST_REQUEST_ID
from data.queries.audit import AuditView
from data.tables.audit import FOLLOWED

TABLES = sorted(FOLLOWED)


def _followed(table: str) -> str:
    if table not in FOLLOWED:
        raise ValueError(f"expected one of the tables {', '.join(TABLES)}")
    return table


Table = Annotated[str, AfterValidator(_followed), WithJsonSchema({"type": "string", "enum": TABLES})]
Operation = Literal["insert", "update", "delete", "truncate", "found"]
ActorName = Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAME, pattern=ONE_LINE)]
RequestId = Annotated[str, StringConstraints(min_length=1, max_length=MOST_REQUEST_ID, pattern=ONE_LINE)]

HELD_EXAMPLE: JsonDict = {
    "id": EXAMPLE_ID,
    "code": "L2047",
    "state": "hold",
    "station_id": None,
    "recipe_version_id": None,
    "texts": {},
    "reason": "Smeared marks on the first tray",
    "started_at": "2026-11-20T08:00:00.000000+00:00",
    "closed_at": None,
}
ENTRY_EXAMPLE: JsonDict = {
    "id": 1207,
    "table": "lots",
    "row_id": EXAMPLE_ID,
    "operation": "update",
    "actor": "user:ada",
    "request_id": "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3e",
    "at": "2026-11-20T09:30:00.125000Z",
    "before": {**HELD_EXAMPLE, "state": "open", "reason": ""},
    "after": HELD_EXAMPLE,
    "changed": ["state", "reason"],
    "lane": 3,
    "position": 75,
}
ROW_EXAMPLE: JsonDict = {
    "table": "lots",
    "row_id": EXAMPLE_ID,
    "at": "2026-11-20T12:00:00Z",
    "row": HELD_EXAMPLE,
    "entry_id": 1207,
    "operation": "update",
    "actor": "user:ada",
    "request_id": "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3e",
    "written_at": "2026-11-20T09:30:00.125000Z",
}


class AuditEntryView(BaseModel):
    """One row of a table before and after a write; `before` is null where it was not there, `after` where it is not.

    `found` is what was there when the trail began, `truncate` that the whole table was emptied.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [ENTRY_EXAMPLE]})

    id: Annotated[int, Field(description="Of one row, what came later has the greater one.")]
    table: str
    row_id: UUID | None
    operation: Operation
    actor: Annotated[str, Field(description="Who did it: `user:`, `machine:` or `system:`, and a name.")]
    request_id: Annotated[str | None, Field(description="The request in whose course it was done, if it was one.")]
    at: datetime
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    changed: Annotated[list[str], Field(description="The columns whose values differ.")]
    lane: Annotated[int, Field(description="Which of the table's chains it stands in.")]
    position: Annotated[int, Field(description="Where it stands in that chain, from 1.")]

    @classmethod
    def of(cls, found: AuditView) -> Self:
        """Make it from what the query found."""
        return cls(**vars(found) | {"table": found.relation, "changed": list(found.changed)})


class AuditPage(ListView[AuditEntryView]):
    """Some entries, the newest first, and the cursor of those that follow, or null at the end."""


class RowView(BaseModel):
    """A row as it was at a moment, and what wrote it so; large columns stand as the SHA-256 of their text."""

    model_config = ConfigDict(json_schema_extra={"examples": [ROW_EXAMPLE]})

    table: str
    row_id: UUID
    at: Annotated[datetime | None, Field(description="The moment that was asked for; null: the last there is.")]
    row: dict[str, Any]
    entry_id: int
    operation: Operation
    actor: str
    request_id: str | None
    written_at: datetime

    @classmethod
    def of(cls, found: AuditView, at: datetime | None) -> Self:
        """Make it from its last entry, of a row that was there."""
        told = {"table": found.relation, "at": at, "row": found.after, "entry_id": found.id, "written_at": found.at}
        return cls(**vars(found) | told)
