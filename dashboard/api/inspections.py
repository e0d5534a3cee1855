"""Looking at inspections: lists, one, its picture, and the picture with the evidence drawn on it."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from core.image import ImageLimits, decode
from core.overlay import png, svg
from dashboard.api import pictures
from dashboard.api.depends import WithServices
from dashboard.api.errors import ApiProblem, documented
from dashboard.api.moment import Moment
from dashboard.api.paging import Paged
from dashboard.api.schemas import InspectionPage, InspectionSummaryView, InspectionView, Verdict
from dashboard.api.spooled import refuse_spooled
from dashboard.api.upload import Word
from data.errors import NotFound
from data.queries import inspections
from data.queries.inspection_view import InspectionDetail
from data.queries.inspections import InspectionFilter
from data.tables import Document, InspectionState
from workers.composition import Services

router = APIRouter(tags=["inspections"])

_MISSING = documented("inspection-not-found", "inspection-spooled")
_NO_PICTURE = documented("inspection-not-found", "picture-unavailable", "range-not-satisfiable", "store-unavailable")
_NO_EVIDENCE = documented(
    "inspection-not-found", "inspection-spooled", "no-evidence", "picture-unavailable", "store-unavailable"
)
_BINARY = {"schema": {"type": "string", "format": "binary"}}


Position = Annotated[int | None, Query(ge=0, lt=2**15, description="Which of several pictures, from 0.")]


class Wanted(Paged):
    """Which inspections to list; what is left out lets all through."""

    recipe: Annotated[Word | None, Query(description="A recipe's name or id.")] = None
    part_number: Annotated[Word | None, Query(description="The part number in the recipe that judged.")] = None
    verdict: Annotated[Verdict | None, Query(description="What failed without a result is `not_judged` too.")] = None
    state: Annotated[InspectionState | None, Query(description="How far the inspection is.")] = None
    station: Annotated[Word | None, Query(description="The station's name.")] = None
    lot: Annotated[Word | None, Query(description="The lot's code.")] = None
    since: Annotated[Moment | None, Query(description="Not before this time, with its zone.")] = None
    until: Annotated[Moment | None, Query(description="Before this time, with its zone.")] = None
    read: Annotated[
        Word | None,
        Query(description="Words that the mark holds as it was read, each anywhere in a line; capitals do not count."),
    ] = None


@router.get(
    "/v1/inspections",
    operation_id="listInspections",
    summary="List inspections, the newest first",
    responses=documented("cursor-invalid"),
)
async def list_inspections(services: WithServices, wanted: Annotated[Wanted, Query()]) -> InspectionPage:
    """List inspections in an order that new ones do not shift; `next_cursor` leads on."""
    chosen = InspectionFilter(**wanted.model_dump(exclude={"cursor", "limit"}))
    async with services.database.session() as session:
        page = await inspections.page(session, chosen, cursor=wanted.cursor, limit=wanted.limit)
    return InspectionPage.of(page, InspectionSummaryView.of)


@router.get(
    "/v1/inspections/{inspection_id}",
    operation_id="getInspection",
    summary="Show one inspection with its evidence",
    responses=_MISSING,
)
@router.get("/inspections/{inspection_id}", include_in_schema=False)
async def get_inspection(services: WithServices, inspection_id: UUID) -> InspectionView:
    """Show an inspection: its state, and once it is judged its verdict, the reasons and the evidence."""
    return InspectionView.with_evidence(await _detail(services, inspection_id))


@router.get(
    "/v1/inspections/{inspection_id}/image",
    operation_id="getInspectionImage",
    summary="Fetch the picture as it was sent",
    response_class=Response,
    responses={200: {"content": {"image/*": _BINARY}}, 206: {"description": "The range asked for."}, **_NO_PICTURE},
)
async def get_image(
    request: Request, services: WithServices, inspection_id: UUID, position: Position = None
) -> Response:
    """Fetch the picture's bytes as they came; they never change, and ranges of them can be asked for.

    Of several pictures the first, without `position`.
    """
    async with services.database.session() as session:
        image = await inspections.image(session, inspection_id, position or 0)
    data = await services.store.get(image.address)
    return pictures.respond(request, data, image.media_type, tag=image.address)


@router.get(
    "/v1/inspections/{inspection_id}/overlay.svg",
    operation_id="getInspectionOverlay",
    summary="Fetch the evidence as a drawing to lay over the picture",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}, **_NO_EVIDENCE},
)
async def get_overlay_svg(
    request: Request, services: WithServices, inspection_id: UUID, position: Position = None
) -> Response:
    """Fetch the package's outline, lines and characters, in the picture's own size, and transparent elsewhere.

    Of several pictures there is evidence about one alone: the one that was judged.
    """
    found = await _detail(services, inspection_id)
    _check_position(found, position)
    image = found.summary.image
    evidence, tag = _evidence(found), _tag(found, "svg")
    drawn = svg(evidence, (image.width_px, image.height_px)).encode()
    return pictures.respond(request, drawn, "image/svg+xml", tag=tag, cache=pictures.ASK_AGAIN)


@router.get(
    "/v1/inspections/{inspection_id}/overlay.png",
    operation_id="getInspectionOverlayPicture",
    summary="Fetch the picture with its evidence drawn on it",
    response_class=Response,
    responses={200: {"content": {"image/png": _BINARY}}, **_NO_EVIDENCE},
)
async def get_overlay_png(
    request: Request, services: WithServices, inspection_id: UUID, position: Position = None
) -> Response:
    """Fetch the picture with the package's outline, the lines and the characters drawn on it: the one judged."""
    found = await _detail(services, inspection_id)
    _check_position(found, position)
    evidence, tag = _evidence(found), _tag(found, "png")
    if pictures.unchanged(request, tag):
        return pictures.not_modified(tag, pictures.ASK_AGAIN)
    image = found.summary.image
    data = await services.store.get(image.address)
    kept = ImageLimits(image.byte_count, image.width_px * image.height_px, 1)  # as taken, whatever the limits are now
    drawn = await asyncio.to_thread(lambda: png(decode(data, kept), evidence))
    return pictures.respond(request, drawn, "image/png", tag=tag, cache=pictures.ASK_AGAIN)


async def _detail(services: Services, inspection_id: UUID) -> InspectionDetail:
    try:
        async with services.database.session(planned_once=True) as session:
            return await inspections.detail(session, inspection_id)
    except NotFound:
        await refuse_spooled(services, inspection_id)
        raise


def _evidence(found: InspectionDetail) -> Document:
    if found.evidence is None:
        state = found.summary.state
        raise ApiProblem("no-evidence", f"The inspection is {state}; evidence is there when it is done.", state=state)
    return found.evidence


def _check_position(found: InspectionDetail, position: int | None) -> None:
    """See that the evidence is about the picture asked for."""
    judged = found.summary.image.position
    if position is not None and position >= len(found.pictures):
        raise NotFound("picture of inspection", found.summary.id)
    if found.evidence is not None and position not in {None, judged}:
        raise ApiProblem("no-evidence", f"The evidence is about the picture at position {judged}.", position=judged)


def _tag(found: InspectionDetail, kind: str) -> str:
    """Evidence never changes, but how it is drawn may, with a version of the program."""
    return f"{found.digest}-{kind}-{version('marksight')}"
