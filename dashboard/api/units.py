"""Units: list them, and show one with every look at it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from dashboard.api.depends import WithServices
from dashboard.api.errors import documented
from dashboard.api.lot_schemas import UnitPage, UnitSummaryView, UnitView
from dashboard.api.paging import Paged
from dashboard.api.upload import Word
from data.queries import units
from data.queries.units import UnitFilter

router = APIRouter(prefix="/v1/units", tags=["units"])


class Wanted(Paged):
    """Which units to list; what is left out lets all through."""

    lot: Annotated[Word | None, Query(description="A lot's code.")] = None
    serial: Word | None = None
    carrier: Word | None = None


@router.get(
    "", operation_id="listUnits", summary="List units, the newest first", responses=documented("cursor-invalid")
)
async def list_units(services: WithServices, wanted: Annotated[Wanted, Query()]) -> UnitPage:
    """List units in an order that new ones do not shift; `next_cursor` leads on."""
    chosen = UnitFilter(**wanted.model_dump(exclude={"cursor", "limit"}))
    async with services.database.session() as session:
        page = await units.page(session, chosen, cursor=wanted.cursor, limit=wanted.limit)
    return UnitPage.of(page, UnitSummaryView.of)


@router.get(
    "/{unit_id}",
    operation_id="getUnit",
    summary="Show a unit with its attempts",
    responses=documented("unit-not-found"),
)
async def get_unit(services: WithServices, unit_id: UUID) -> UnitView:
    """Show a unit with the inspections of it, the newest first."""
    async with services.database.session() as session:
        return UnitView.with_inspections(await units.detail(session, unit_id))
