"""Lots: start one, list them, show one, correct, hold, release, close and delete it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from core.lot_texts import LotTexts
from dashboard.api.depends import WithServices, WithUser
from dashboard.api.errors import documented
from dashboard.api.intake import check_key
from dashboard.api.lot_schemas import (
    ClosingBody,
    LotChange,
    LotPage,
    LotStartBody,
    LotSummaryView,
    LotView,
    ReasonBody,
)
from dashboard.api.paging import Paged
from dashboard.api.references import references
from dashboard.api.upload import Word
from data.queries import lots
from data.queries.lots import LotFilter
from data.tables import LotState
from workers import lots as use_cases
from workers.lots import LotStart

router = APIRouter(prefix="/v1/lots", tags=["lots"])

_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Where the lot is."}}
_STARTED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The lot was started with just this before.", "headers": _LOCATION},
    201: {"headers": _LOCATION},
}
_REFUSED = documented(
    "idempotency-key-invalid", "idempotency-key-reused", "lot-disagrees", "lot-not-open", "lot-text-invalid",
    "origin-refused", "recipe-ambiguous", "recipe-not-published", "recipe-unknown", "reference-unknown",
)  # fmt: skip
_CORRECTED = documented(
    "lot-not-found", "lot-in-use", "lot-disagrees", "lot-not-open", "lot-text-invalid", "origin-refused",
    "recipe-ambiguous", "recipe-not-published", "recipe-unknown", "reference-unknown",
)  # fmt: skip
_MOVED = documented("lot-not-found", "lot-not-open", "origin-refused")

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="One key is for one request: under the same key, what starts another lot is refused.",
    ),
]


class Wanted(Paged):
    """Which lots to list; what is left out lets all through."""

    state: LotState | None = None
    station: Word | None = None
    recipe: Annotated[Word | None, Query(description="A recipe's name or id.")] = None
    code: Annotated[Word | None, Query(description="A piece of the code.")] = None
    started: Annotated[bool | None, Query(description="Whether it was started, or merely named by pictures.")] = None


@router.post(
    "",
    operation_id="startLot",
    summary="Start a lot",
    status_code=201,
    responses={**_STARTED, **_REFUSED},
)
async def start_lot(
    services: WithServices, user: WithUser, response: Response, body: LotStartBody, key: Key = None
) -> LotSummaryView:
    """Start a lot: from now on its parts are judged by its recipe version, with its texts in their places.

    A lot is started once. The same request again, under whatever key, answers with that lot; other content is refused.
    """
    check_key(key)
    texts = LotTexts.from_document(body.texts)
    with references():
        said = LotStart(**body.model_dump(exclude={"texts"}), texts=texts)
        started = await use_cases.start(services, said, key=key, caller=user.name)
    view = LotSummaryView.of(started.lot)
    response.headers["Location"] = view.url
    response.status_code = 201 if started.new else 200
    return view


@router.get("", operation_id="listLots", summary="List lots, the newest first", responses=documented("cursor-invalid"))
async def list_lots(services: WithServices, wanted: Annotated[Wanted, Query()]) -> LotPage:
    """List lots in an order that new ones do not shift; `next_cursor` leads on."""
    chosen = LotFilter(**wanted.model_dump(exclude={"cursor", "limit"}))
    async with services.database.session() as session:
        page = await lots.page(session, chosen, cursor=wanted.cursor, limit=wanted.limit)
    return LotPage.of(page, LotSummaryView.of)


@router.get(
    "/{lot}",
    operation_id="getLot",
    summary="Show a lot with what became of its parts",
    responses=documented("lot-not-found"),
)
async def get_lot(services: WithServices, lot: str) -> LotView:
    """Show a lot, by its code or its id, with its inspections by verdict and what its marks say."""
    async with services.database.session() as session:
        return LotView.with_counts(await lots.detail(session, lot))


@router.patch(
    "/{lot}",
    operation_id="correctLot",
    summary="Correct what a lot was started with",
    responses=_CORRECTED,
)
async def correct_lot(services: WithServices, lot: str, body: LotChange) -> LotSummaryView:
    """Say otherwise what a lot was started with, before anything came for it; what is left out stays."""
    said = body.model_dump(exclude_unset=True)
    if "texts" in said:
        said["texts"] = LotTexts.from_document(said["texts"])
    with references("lot"):
        return LotSummaryView.of(await use_cases.correct(services, lot, said))


@router.delete(
    "/{lot}",
    operation_id="deleteLot",
    summary="Delete a lot for which nothing came",
    status_code=204,
    responses=documented("lot-not-found", "lot-in-use", "origin-refused"),
)
async def delete_lot(services: WithServices, lot: str) -> None:
    """Delete a lot that was begun by mistake; one for which anything came stays for ever."""
    await use_cases.delete(services, lot)


@router.post("/{lot}/hold", operation_id="holdLot", summary="Put a lot on hold", responses=_MOVED)
async def hold_lot(services: WithServices, lot: str, body: ReasonBody) -> LotSummaryView:
    """Put a lot on hold: its parts are still taken, and fail with `LOT_ON_HOLD`. Held again, nothing changes."""
    return LotSummaryView.of(await use_cases.hold(services, lot, reason=body.reason))


@router.post("/{lot}/release", operation_id="releaseLot", summary="Take a lot off hold", responses=_MOVED)
async def release_lot(services: WithServices, lot: str, body: ReasonBody) -> LotSummaryView:
    """Take a lot off hold. What came in meanwhile stays as it was judged; released again, nothing changes."""
    return LotSummaryView.of(await use_cases.release(services, lot, reason=body.reason))


@router.post("/{lot}/close", operation_id="closeLot", summary="Close a lot", responses=_MOVED)
async def close_lot(services: WithServices, lot: str, body: ClosingBody | None = None) -> LotSummaryView:
    """Close a lot for ever: it takes no more parts. Closed again, nothing changes."""
    reason = body.reason if body is not None else ""
    return LotSummaryView.of(await use_cases.close(services, lot, reason=reason))
