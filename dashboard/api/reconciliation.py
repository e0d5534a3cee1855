"""Triggers in and results out of a station: what it says it sent, held against what came and what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from dashboard.api.depends import WithServices, WithUser
from dashboard.api.errors import ApiProblem, documented
from dashboard.api.intake import Key, check_key
from dashboard.api.moment import Moment
from dashboard.api.paging import ListView, Paged
from dashboard.api.plant_doc import Reference
from dashboard.moments import EARLIEST
from data.queries import plant
from data.queries.reconciliation import Reconciliation, Tally, reconcile, reconcile_hours, told
from workers.composition import Services
from workers.triggers import count_triggers

MOST_AT_ONCE = 10**9
LONGEST = timedelta(days=366)
SHOWN = timedelta(hours=24)

router = APIRouter(prefix="/v1/stations/{station}", tags=["stations"])


class TriggersIn(BaseModel):
    """How often a station has triggered since it last said so."""

    model_config = ConfigDict(extra="forbid")

    count: Annotated[int, Field(ge=1, le=MOST_AT_ONCE, description="How many triggers to add.")]
    at: Annotated[Moment | None, Field(description="When, with its zone: its hour counts. Now, if not said.")] = None


class TriggersView(BaseModel):
    """Whether triggers were counted, or had been under the same key."""

    station: str
    counted: bool


class GapView(BaseModel):
    """Trigger numbers for which no picture came, both ends included."""

    first: int
    last: int


class NumbersView(BaseModel):
    """What the station's own numbers of its pictures say."""

    seen: int
    first: int | None
    last: int | None
    missing: int
    repeated: int
    gaps: list[GapView]


class TallyView(BaseModel):
    """Triggers in, results out, over whole hours.

    `received` are pictures: those of `inspections`, those `unopened` in runs, and those `refused`. `waiting`, `judged`,
    `failed` and `cancelled` are inspections. `missing` is triggers less pictures, `lost` inspections that are nowhere,
    `difference` both together: 0 when all is well. Without `triggers` the pictures stand for them.
    """

    since: datetime
    until: datetime
    triggers: int | None
    received: int
    refused: int
    unopened: int
    inspections: int
    waiting: int
    judged: int
    failed: int
    cancelled: int
    missing: int
    lost: int
    difference: int

    @classmethod
    def of(cls, found: Tally) -> Self:
        """Make it from what the query found."""
        return cls(**told(found))


class ReconciliationView(TallyView):
    """A station's triggers and results over all hours asked for, and what its own numbers of pictures say."""

    station: str
    numbers: NumbersView

    @classmethod
    def of_station(cls, station: str, found: Reconciliation) -> Self:
        """Make it from what the query found."""
        return cls(station=station, **told(found))


class HourPage(ListView[TallyView]):
    """Some hours, the newest first, and the cursor of those that follow, or null at the end."""


@router.post(
    "/triggers",
    operation_id="countTriggers",
    summary="Say how often a station has triggered",
    status_code=202,
    responses=documented("idempotency-key-invalid", "idempotency-key-reused", "origin-refused", "place-not-found"),
)
async def count(
    services: WithServices, user: WithUser, station: Reference, said: TriggersIn, key: Key = None
) -> TriggersView:
    """Add to the triggers of an hour; under the same key they are added once."""
    check_key(key)
    async with services.database.session() as session:
        name = (await plant.station(session, station)).name
    counted = await count_triggers(services, name, said.count, at=said.at, key=key, caller=user.name)
    return TriggersView(station=name, counted=counted)


class Hours(BaseModel):
    """Which hours to count."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[Moment | None, Query(description="From its hour on; the day before `until`, if not said.")] = None
    until: Annotated[Moment | None, Query(description="To the end of its hour; now, if not said.")] = None


class PagedHours(Hours, Paged):
    """Which hours to list, and which part of them."""


@router.get(
    "/reconciliation",
    operation_id="getReconciliation",
    summary="Hold a station's triggers against what came and what became of it",
    responses=documented("place-not-found"),
)
async def reconciliation(
    services: WithServices, station: Reference, hours: Annotated[Hours, Query()]
) -> ReconciliationView:
    """Count triggers, pictures and results over whole hours, by when pictures came in."""
    since, until = _period(services, hours)
    async with services.database.session() as session:
        found = await plant.station(session, station)
        counted = await reconcile(session, found.id, since=since, until=until)
    return ReconciliationView.of_station(found.name, counted)


@router.get(
    "/reconciliation/hours",
    operation_id="listReconciledHours",
    summary="Hold a station's triggers against what came, hour by hour",
    responses=documented("cursor-invalid", "place-not-found"),
)
async def reconciled_hours(
    services: WithServices, station: Reference, wanted: Annotated[PagedHours, Query()]
) -> HourPage:
    """List every hour, the newest first; together they are what the whole is. `next_cursor` leads on.

    An hour for which the station said no triggers had none, if it said some in another of the hours asked for.
    """
    since, until = _period(services, wanted)
    async with services.database.session() as session:
        id_ = (await plant.station(session, station)).id
        page = await reconcile_hours(session, id_, since=since, until=until, cursor=wanted.cursor, limit=wanted.limit)
    return HourPage.of(page, TallyView.of)


def _period(services: Services, hours: Hours) -> tuple[datetime, datetime]:
    until = hours.until or services.clock()
    since = hours.since or max(until - SHOWN, EARLIEST)
    if not timedelta(0) < until - since <= LONGEST:
        raise ApiProblem("request-invalid", f"Expected since before until, {LONGEST.days} days apart at most.")
    return since, until
