"""Triggers in and results out of a station: what it says it sent, held against what came and what became of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from dashboard.api.depends import WithServices, WithUser
from dashboard.api.errors import ApiProblem, documented
from dashboard.api.intake import Key, check_key
from dashboard.api.moment import Moment
from dashboard.api.plant_doc import Reference
from dashboard.moments import EARLIEST
from data.queries import plant
from data.queries.reconciliation import Reconciliation, reconcile
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


class ReconciliationView(BaseModel):
    """Triggers in, results out, over whole hours.

    `received` are pictures: those of `inspections`, those `unopened` in runs, and those `refused`. `waiting`, `judged`,
    `failed` and `cancelled` are inspections. `missing` is triggers less pictures, `lost` inspections that are nowhere,
    `difference` both together: 0 when all is well. Without `triggers` the pictures stand for them.
    """

    station: str
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
    numbers: NumbersView

    @classmethod
    def of(cls, station: str, found: Reconciliation) -> Self:
        """Make it from what the query found."""
        worked_out = {"missing": found.missing, "lost": found.lost, "difference": found.difference}
        return cls(station=station, **asdict(found), **worked_out)


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


@router.get(
    "/reconciliation",
    operation_id="getReconciliation",
    summary="Hold a station's triggers against what came and what became of it",
    responses=documented("place-not-found"),
)
async def reconciliation(
    services: WithServices, station: Reference, hours: Annotated[Hours, Query()]
) -> ReconciliationView:
    """Count triggers, pictures and results, hour by whole hour, by when pictures came in."""
    until = hours.until or services.clock()
    since = hours.since or max(until - SHOWN, EARLIEST)
    if not timedelta(0) < until - since <= LONGEST:
        raise ApiProblem("request-invalid", f"Expected since before until, {LONGEST.days} days apart at most.")
    async with services.database.session() as session:
        found = await plant.station(session, station)
        return ReconciliationView.of(found.name, await reconcile(session, found.id, since=since, until=until))
