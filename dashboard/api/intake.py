"""`POST /v1/inspections`: a picture in; its inspection out, or its verdict for who waits for it."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response

from core.reasons import Reason, tell
from dashboard.api import intake_doc, upload
from dashboard.api.depends import WithFeed, WithServices, WithUser
from dashboard.api.errors import ApiProblem
from dashboard.api.references import references
from dashboard.api.schemas import InspectionView
from dashboard.api.spooled import spooled
from dashboard.api.upload import Beside, Submission
from dashboard.api.waiting import ResultFeed
from data.concerning import learn
from data.errors import NotFound
from data.outage import AWAY, PATIENCE_S, is_away
from data.priorities import Priority
from data.queries import inspections
from data.tables import FINAL_STATES
from workers.composition import Services
from workers.intake import Particulars, accept

MAX_KEY = 200
PATHS = ("/v1/inspections", "/inspections")
"""Where pictures are posted."""

router = APIRouter(tags=["inspections"])

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Makes a repeated request harmless: the same key with the same picture gives the same inspection.",
    ),
]


class Asked(Beside):
    """What the address says: how long to wait, and, for a bare picture, what else is to be said."""

    wait_ms: Annotated[
        int | None,
        Query(ge=0, description="Wait this long for the verdict, in milliseconds; at most MARKSIGHT_MAX_WAIT_MS."),
    ] = None


@router.post(
    PATHS[0],
    operation_id="createInspection",
    summary="Inspect a picture",
    status_code=202,
    response_model=InspectionView,
    responses=intake_doc.ANSWERS,
    openapi_extra=intake_doc.BODY,
)
@router.post(PATHS[1], include_in_schema=False, status_code=202)
async def create_inspection(
    request: Request,
    services: WithServices,
    feed: WithFeed,
    user: WithUser,
    asked: Annotated[Asked, Query()],
    key: Key = None,
) -> Response:
    """Keep a picture and have it inspected.

    Without `recipe` and `part_number` the mark is read and not judged (reason `NO_RECIPE`).
    """
    check_key(key)
    submission = await upload.read(request, Beside(**asked.model_dump(exclude={"wait_ms"})))
    waits = asked.wait_ms is not None
    particulars = _particulars(submission, caller=user.name, key=key, waits=waits)
    inspection_id = await _accept(services, submission, particulars)
    learn(inspection_id=inspection_id)
    location = {"Location": f"/v1/inspections/{inspection_id}"}
    try:
        if not waits:
            return _answer(await _view(services, inspection_id), 202, location)
        wait_s = min(asked.wait_ms or 0, services.settings.max_wait_ms) / 1000
        return _answer(await _judged(services, feed, inspection_id, wait_s), 200, location)
    except AWAY as error:
        if not is_away(error):
            raise
        raise ApiProblem("answer-unavailable", f"Look at {location['Location']} later.", headers=location) from error


def check_key(key: str | None) -> None:
    """See that an idempotency key can be one.

    Raises:
        ApiProblem: it cannot.
    """
    if key is not None and not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        raise ApiProblem("idempotency-key-invalid", f"A key has 1 to {MAX_KEY} printable ASCII characters.")


def _particulars(submission: Submission, *, caller: str, key: str | None, waits: bool) -> Particulars:
    return Particulars(
        **submission.beside.model_dump(),
        file_name=submission.file_name,
        priority=Priority.WAITING if waits else Priority.BATCH,
        idempotency_key=key,
        caller=caller,
    )


async def _accept(services: Services, submission: Submission, particulars: Particulars) -> UUID:
    with references():
        return await accept(services, submission.data, particulars, others=submission.others)


async def _judged(services: Services, feed: ResultFeed, inspection_id: UUID, wait_s: float) -> InspectionView:
    """Return the inspection when it is judged, or, at the deadline, as not judged for want of time."""

    async def look() -> InspectionView | None:
        try:
            async with services.database.session(planned_once=True) as session:
                found = await inspections.detail(session, inspection_id)
            return InspectionView.with_evidence(found) if found.summary.state in FINAL_STATES else None
        except NotFound:  # it is spooled
            return None
        except AWAY as error:  # it may come back in time
            if not is_away(error):
                raise
            return None

    judged = await feed.until(inspection_id, look, wait_s)
    if judged is not None:
        return judged
    view = await _view(services, inspection_id)
    if view.state in FINAL_STATES:
        return view
    late = tell(Reason.TIME_OUT)
    told = {"verdict": "not_judged", "disposition": "pending", "reasons": [{"code": late.code, "words": late.words}]}
    return InspectionView(**{**view.model_dump(), **told})


async def _view(services: Services, inspection_id: UUID) -> InspectionView:
    """Return the inspection as the database holds it, or as it is spooled."""
    try:
        return await _kept_view(services, inspection_id)
    except (NotFound, *AWAY) as error:
        if not isinstance(error, NotFound) and not is_away(error):
            raise
        waits = await spooled(services, inspection_id)
        if waits is not None:
            return waits
        return await _kept_view(services, inspection_id)  # written in this very moment, or not to be had


async def _kept_view(services: Services, inspection_id: UUID) -> InspectionView:
    async with asyncio.timeout(PATIENCE_S), services.database.session(planned_once=True) as session:
        return InspectionView.with_evidence(await inspections.detail(session, inspection_id))


def _answer(view: InspectionView, status: int, headers: dict[str, str]) -> Response:
    return Response(view.model_dump_json(), status, {**headers, "Cache-Control": "no-store"}, "application/json")
