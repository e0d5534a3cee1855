"""Units: tell one before its pictures come, list them, show one with every look at it, take one back."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard.api.depends import WithServices
from dashboard.api.errors import documented
from dashboard.api.lot_schemas import UnitPage, UnitSummaryView, UnitView
from dashboard.api.paging import Paged
from dashboard.api.references import references
from dashboard.api.upload import Word
from data.queries import units
from data.queries.units import UnitFilter
from data.repositories.parts import Seat
from workers import units as use_cases
from workers.units import NewUnit

router = APIRouter(prefix="/v1/units", tags=["units"])

_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Where it is."}}
_MADE: dict[int | str, dict[str, Any]] = {
    201: {"headers": _LOCATION},
    **documented("lot-not-open", "origin-refused", "reference-unknown", "unit-taken"),
}


class Wanted(Paged):
    """Which units to list; what is left out lets all through."""

    lot: Annotated[Word | None, Query(description="A lot's code.")] = None
    serial: Word | None = None
    carrier: Word | None = None


class NewUnitBody(BaseModel):
    """A unit to be, known by its serial, by its place in a carrier, or by both."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"lot": "L2047", "serial": "S-0001"}]})

    lot: Annotated[Word | None, Field(description="The code of its lot; left out: of none.")] = None
    serial: Word | None = None
    carrier: Annotated[Word | None, Field(description="The carrier it lies in, with `row` and `column`.")] = None
    row: Annotated[int | None, Field(ge=1, lt=2**31, description="Its row in the carrier, from 1.")] = None
    column: Annotated[int | None, Field(ge=1, lt=2**31, description="Its column in the carrier, from 1.")] = None

    @model_validator(mode="after")
    def _known(self) -> NewUnitBody:
        if len({part is None for part in (self.carrier, self.row, self.column)}) > 1:
            raise ValueError("expected carrier, row and column together")
        self.unit()
        return self

    def unit(self) -> NewUnit:
        """Return it as the use case takes it."""
        seat = Seat(self.carrier, self.row, self.column) if self.carrier and self.row and self.column else None
        return NewUnit(self.lot, self.serial, seat)


@router.post(
    "",
    operation_id="createUnit",
    summary="Tell a unit before its pictures come",
    status_code=201,
    responses=_MADE,
)
async def create_unit(services: WithServices, response: Response, said: NewUnitBody) -> UnitView:
    """Tell a unit; its first picture is its first attempt. One told twice is refused, with the id of the one there."""
    with references():
        unit_id = await use_cases.tell(services, said.unit())
    view = await get_unit(services, unit_id)
    response.headers["Location"] = view.url
    return view


@router.delete(
    "/{unit_id}",
    operation_id="deleteUnit",
    summary="Take back a unit that was never inspected",
    status_code=204,
    responses=documented("unit-not-found", "unit-in-use", "origin-refused"),
)
async def delete_unit(services: WithServices, unit_id: UUID) -> None:
    """Delete a unit that was told by mistake; one that was inspected stays for ever."""
    await use_cases.take_back(services, unit_id)


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
