"""Reading the audit trail: its entries, and rows as they were."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from dashboard.api.audit_schemas import (
    ActorName,
    AuditEntryView,
    AuditPage,
    Operation,
    RequestId,
    RowView,
    Table,
)
from dashboard.api.depends import WithServices
from dashboard.api.errors import ApiProblem, documented
from dashboard.api.moment import Moment
from dashboard.api.paging import Paged
from dashboard.moments import LATEST
from data.queries import audit
from data.queries.audit import Sought

router = APIRouter(prefix="/v1/audit", tags=["audit"])


class Wanted(Paged):
    """Which entries to list; what is left out lets all through."""

    table: Annotated[Table | None, Query(description="The table written to.")] = None
    row_id: Annotated[UUID | None, Query(description="The row; of a result, its inspection.")] = None
    actor: Annotated[ActorName | None, Query(description="Who did it, such as `user:ada`.")] = None
    operation: Operation | None = None
    request_id: Annotated[RequestId | None, Query(description="The request in whose course it was done.")] = None
    since: Annotated[Moment | None, Query(description="Not before this time, with its zone.")] = None
    until: Annotated[Moment | None, Query(description="Before this time, with its zone.")] = None


@router.get(
    "",
    operation_id="listAuditEntries",
    summary="List entries of the audit trail, the newest first",
    responses=documented("cursor-invalid"),
)
async def list_entries(services: WithServices, wanted: Annotated[Wanted, Query()]) -> AuditPage:
    """List what was written by whom, before and after, in an order that new entries do not shift."""
    sought = wanted.model_dump(exclude={"cursor", "limit", "table"})
    async with services.database.session() as session:
        page = await audit.page(
            session, Sought(relation=wanted.table, **sought), cursor=wanted.cursor, limit=wanted.limit
        )
    return AuditPage.of(page, AuditEntryView.of)


@router.get(
    "/{table}/{row_id}",
    operation_id="getRowAsOf",
    summary="Show a row as it was at a moment",
    responses=documented("row-unknown"),
)
async def get_row(
    services: WithServices,
    table: Annotated[Table, Path(description="The table.")],
    row_id: Annotated[UUID, Path(description="The row; of a result, its inspection.")],
    at: Annotated[Moment | None, Query(description="The moment, with its zone; left out: as it was last.")] = None,
) -> RowView:
    """Show a row as the trail says that it was, and the entry that wrote it so.

    On its way through the queue an inspection leaves no entries: whether it was judged by then, its row in `results`
    tells.
    """
    async with services.database.session() as session:
        found = await audit.as_of(session, table, row_id, at or LATEST)
    if found is None:
        raise ApiProblem("row-unknown", f"Nothing is known of row {row_id} of {table}{' by then' if at else ''}.")
    if found.after is None:
        gone = f"{found.operation} at {found.at.isoformat()}, entry {found.id}"
        raise ApiProblem("row-unknown", f"Row {row_id} of {table} was not there any more: {gone}.")
    return RowView.of(found, at)
