"""Reads inspections: lists, one with its evidence, and its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import uuid7_floor
from data.errors import NotFound
from data.queries.inspection_view import (
    NOT_JUDGED,
    ImageUsed,
    InspectionDetail,
    InspectionSummary,
    Neighbours,
    detail_of,
    image_of,
    summary_of,
)
from data.queries.page import Page, bounded, decode, page_of
from data.tables import (
    Image,
    Inspection,
    InspectionImage,
    InspectionState,
    Lot,
    Recipe,
    RecipeVersion,
    Result,
    Station,
    Unit,
)


@dataclass(frozen=True)
class InspectionFilter:
    """Which inspections a list shows; None means all. `since` is included, `until` is not; both are timezone-aware.

    `recipe` is a recipe's id or name.
    """

    recipe: str | None = None
    part_number: str | None = None
    verdict: str | None = None
    state: InspectionState | None = None
    station: str | None = None
    lot: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def page(
    session: AsyncSession, wanted: InspectionFilter, *, cursor: str | None = None, limit: int | None = None
) -> Page[InspectionSummary]:
    """Return inspections, the newest first.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    size = bounded(limit)
    statement = _summaries().where(*_conditions(wanted)).order_by(Inspection.id.desc()).limit(size + 1)
    if cursor is not None:
        statement = statement.where(Inspection.id < decode(cursor))
    items = [summary_of(row) for row in await session.execute(statement)]
    return page_of(items, size, lambda item: item.id)


async def detail(session: AsyncSession, inspection_id: UUID) -> InspectionDetail:
    """Return one inspection with its evidence.

    Raises:
        NotFound: there is no such inspection.
    """
    statement = _summaries().add_columns(Result.evidence, Result.seconds, Result.signal_version, Result.digest)
    row = (await session.execute(statement.where(Inspection.id == inspection_id))).first()
    if row is None:
        raise NotFound("inspection", inspection_id)
    return detail_of(row)


async def summary(session: AsyncSession, inspection_id: UUID) -> InspectionSummary:
    """Return one inspection without its evidence.

    Raises:
        NotFound: there is no such inspection.
    """
    row = (await session.execute(_summaries().where(Inspection.id == inspection_id))).first()
    if row is None:
        raise NotFound("inspection", inspection_id)
    return summary_of(row)


async def neighbours(session: AsyncSession, inspection_id: UUID, wanted: InspectionFilter | None = None) -> Neighbours:
    """Return what lies before and after an inspection, among those that `wanted` lets through."""
    among = _narrow().where(*_conditions(wanted or InspectionFilter())).limit(1)
    before = among.where(Inspection.id < inspection_id).order_by(Inspection.id.desc())
    after = among.where(Inspection.id > inspection_id).order_by(Inspection.id)
    return Neighbours(await session.scalar(before), await session.scalar(after))


async def image(session: AsyncSession, inspection_id: UUID, position: int = 0) -> ImageUsed:
    """Return a picture of an inspection.

    Raises:
        NotFound: there is no such inspection, or it has no picture at that position.
    """
    statement = (
        select(Image)
        .join(InspectionImage, InspectionImage.image_id == Image.id)
        .where(InspectionImage.inspection_id == inspection_id, InspectionImage.position == position)
    )
    found = await session.scalar(statement)
    if found is None:
        raise NotFound("picture of inspection", inspection_id)
    return image_of(found)


def _narrow() -> Select[UUID]:
    """Return the ids, joined with everything that `_conditions` asks about."""
    return (
        select(Inspection.id)
        .select_from(Inspection)
        .join(Station, Station.id == Inspection.station_id)
        .outerjoin(Lot, Lot.id == Inspection.lot_id)
        .outerjoin(RecipeVersion, RecipeVersion.id == Inspection.recipe_version_id)
        .outerjoin(Recipe, Recipe.id == RecipeVersion.recipe_id)
        .outerjoin(Result, Result.inspection_id == Inspection.id)
    )


def _summaries() -> Select[*tuple[Any, ...]]:
    return (
        _narrow()
        .join(Unit, Unit.id == Inspection.unit_id)
        .join(InspectionImage, and_(InspectionImage.inspection_id == Inspection.id, InspectionImage.position == 0))
        .join(Image, Image.id == InspectionImage.image_id)
        .with_only_columns(
            Inspection,
            Image,
            RecipeVersion,
            Recipe.name.label("recipe_name"),
            Station.name.label("station"),
            Lot.code.label("lot"),
            Unit.serial.label("unit_serial"),
            Result.verdict,
            Result.disposition,
            Result.score,
            Result.confidence,
            Result.evidence["reasons"].label("reasons"),
            maintain_column_froms=True,
        )
    )


def _conditions(wanted: InspectionFilter) -> list[ColumnElement[bool]]:
    """Return what an inspection must be to be shown; times become bounds of ids, so that partitions are skipped."""
    conditions: dict[str, ColumnElement[bool] | None] = {
        "recipe": _recipe_is(wanted.recipe) if wanted.recipe else None,
        "part_number": func.lower(RecipeVersion.part_number) == (wanted.part_number or "").lower(),
        "verdict": _verdict_is(wanted.verdict),
        "state": Inspection.state == wanted.state,
        "station": Station.name == wanted.station,
        "lot": Lot.code == wanted.lot,
        "since": Inspection.id >= uuid7_floor(wanted.since) if wanted.since else None,
        "until": Inspection.id < uuid7_floor(wanted.until) if wanted.until else None,
    }
    return [
        condition
        for name, condition in conditions.items()
        if getattr(wanted, name) is not None and condition is not None
    ]


def _recipe_is(reference: str) -> ColumnElement[bool]:
    try:
        return Recipe.id == UUID(reference)
    except ValueError:
        return Recipe.name == reference


def _verdict_is(verdict: str | None) -> ColumnElement[bool]:
    if verdict == NOT_JUDGED:
        return or_(Result.verdict == verdict, Inspection.state == "failed")
    return Result.verdict == verdict
