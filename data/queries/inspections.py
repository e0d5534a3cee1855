"""Reads inspections: lists, one with its evidence, and its neighbours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from core.ids import uuid7_floor
from data.errors import NotFound
from data.queries.find import PLACES, mark_has
from data.queries.inspection_view import (
    NOT_JUDGED,
    ImageUsed,
    InspectionDetail,
    InspectionSummary,
    Neighbours,
    detail_of,
    image_of,
    picture_of,
    summary_of,
)
from data.queries.page import MAX_LIMIT, Page, bounded, decode, page_of
from data.tables import (
    Base,
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

    `recipe` is a recipe's id or name, `read` words that the mark holds as it was read. `find` is any one of
    `find.PLACES`, and goes with none of them.

    Raises:
        ValueError: `find` is given with one of them.
    """

    recipe: str | None = None
    part_number: str | None = None
    verdict: str | None = None
    state: InspectionState | None = None
    station: str | None = None
    lot: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    run: UUID | None = None
    read: str | None = None
    find: str | None = None

    def __post_init__(self) -> None:
        if self.find is not None and any(getattr(self, place) is not None for place in PLACES):
            raise ValueError(f"expected either find or some of {', '.join(PLACES)}, got {self}")


_IDS: BindParameter[UUID] = bindparam("ids", expanding=True)
_JUDGED = func.coalesce(Result.evidence["picture"].as_integer(), 0)
_PICTURED = and_(InspectionImage.inspection_id == Inspection.id, InspectionImage.inspection_id.in_(_IDS))
_EACH_PICTURE: Select[*tuple[Any, ...]] = (
    select(
        Inspection,
        Image,
        RecipeVersion,
        Recipe.name.label("recipe_name"),
        Station.name.label("station"),
        Lot.code.label("lot"),
        Unit,
        InspectionImage.position.label("position"),
        Result.verdict,
        Result.disposition,
        Result.score,
        Result.confidence,
        Result.evidence["reasons"].label("reasons"),
    )
    .select_from(Inspection)
    .join(Station, Station.id == Inspection.station_id)
    .join(Unit, Unit.id == Inspection.unit_id)
    .outerjoin(Lot, Lot.id == Inspection.lot_id)
    .outerjoin(RecipeVersion, RecipeVersion.id == Inspection.recipe_version_id)
    .outerjoin(Recipe, Recipe.id == RecipeVersion.recipe_id)
    .outerjoin(Result, and_(Result.inspection_id == Inspection.id, Result.inspection_id.in_(_IDS)))
    .join(InspectionImage, _PICTURED)
    .join(Image, Image.id == InspectionImage.image_id)
    .where(Inspection.id.in_(_IDS))
    .options(defer(RecipeVersion.document))
)
"""Pictures of inspections by their `ids`; each partitioned table is told them, so that it skips other months."""

_SUMMARIES = _EACH_PICTURE.where(InspectionImage.position == _JUDGED).order_by(Inspection.id.desc())
_DETAIL = _EACH_PICTURE.add_columns(
    InspectionImage, _JUDGED.label("judged"), Result.evidence, Result.seconds, Result.signal_version, Result.digest
).order_by(InspectionImage.position)


async def page(
    session: AsyncSession, wanted: InspectionFilter, *, cursor: str | None = None, limit: int | None = None
) -> Page[InspectionSummary]:
    """Return inspections, the newest first.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    size = bounded(limit)
    before = Inspection.id < decode(cursor) if cursor is not None else None
    ids = await _ids(session, wanted, before, limit=size + 1)
    rows = await session.execute(_SUMMARIES, {"ids": ids}) if ids else ()
    return page_of([summary_of(row) for row in rows], size, lambda item: item.id)


async def detail(session: AsyncSession, inspection_id: UUID) -> InspectionDetail:
    """Return one inspection with its evidence.

    Raises:
        NotFound: there is no such inspection.
    """
    rows = (await session.execute(_DETAIL, {"ids": [inspection_id]})).all()
    if not rows:
        raise NotFound("inspection", inspection_id)
    judged = next(row for row in rows if row.position == row.judged)
    return detail_of(judged, tuple(picture_of(row.InspectionImage, row.Image) for row in rows))


async def summary(session: AsyncSession, inspection_id: UUID) -> InspectionSummary:
    """Return one inspection without its evidence.

    Raises:
        NotFound: there is no such inspection.
    """
    row = (await session.execute(_SUMMARIES, {"ids": [inspection_id]})).first()
    if row is None:
        raise NotFound("inspection", inspection_id)
    return summary_of(row)


async def of_unit(session: AsyncSession, unit_id: UUID) -> tuple[InspectionSummary, ...]:
    """Return the inspections of one unit, the newest first, as many as a page holds."""
    newest = select(Inspection.id).where(Inspection.unit_id == unit_id).order_by(Inspection.id.desc()).limit(MAX_LIMIT)
    ids = list(await session.scalars(newest))
    rows = await session.execute(_SUMMARIES, {"ids": ids}) if ids else ()
    return tuple(summary_of(row) for row in rows)


async def neighbours(session: AsyncSession, inspection_id: UUID, wanted: InspectionFilter | None = None) -> Neighbours:
    """Return what lies before and after an inspection, among those that `wanted` lets through."""
    among = wanted or InspectionFilter()
    before = await _ids(session, among, Inspection.id < inspection_id, limit=1)
    after = await _ids(session, among, Inspection.id > inspection_id, limit=1, newest_first=False)
    return Neighbours(next(iter(before), None), next(iter(after), None))


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
    return image_of(found, position)


# What a filter's field asks about, joined only where it is asked for: planning a join over every month's partition
# costs more than the page itself.
_JOINS: dict[str, tuple[tuple[type[Base], ColumnElement[bool]], ...]] = {
    "recipe": (
        (RecipeVersion, RecipeVersion.id == Inspection.recipe_version_id),
        (Recipe, Recipe.id == RecipeVersion.recipe_id),
    ),
    "part_number": ((RecipeVersion, RecipeVersion.id == Inspection.recipe_version_id),),
    "verdict": ((Result, Result.inspection_id == Inspection.id),),
    "read": ((Result, Result.inspection_id == Inspection.id),),
    "station": ((Station, Station.id == Inspection.station_id),),
    "lot": ((Lot, Lot.id == Inspection.lot_id),),
}


async def _ids(
    session: AsyncSession,
    wanted: InspectionFilter,
    bound: ColumnElement[bool] | None,
    *,
    limit: int,
    newest_first: bool = True,
) -> list[UUID]:
    """Return the first ids of a list, within `bound`."""
    order = Inspection.id.desc() if newest_first else Inspection.id
    found: set[UUID] = set()
    for alternative in _alternatives(wanted):
        statement = _narrow(alternative).order_by(order).limit(limit)
        found.update(await session.scalars(statement if bound is None else statement.where(bound)))
    return sorted(found, reverse=newest_first)[:limit]


def _alternatives(wanted: InspectionFilter) -> tuple[InspectionFilter, ...]:
    """Return filters that together show what `wanted` does: each can go by its own index, and none needs an OR.

    A search is tried as each of its places. What failed is not judged too, but has no result.
    """
    if wanted.find is not None:
        places = [replace(wanted, **{"find": None, place: wanted.find}) for place in PLACES]  # type: ignore[arg-type]
        return tuple(alternative for place in places for alternative in _alternatives(place))
    if wanted.verdict == NOT_JUDGED and wanted.state in {None, "failed"}:
        return wanted, replace(wanted, verdict=None, state="failed")
    return (wanted,)


def _narrow(wanted: InspectionFilter) -> Select[UUID]:
    asked = [name for name in _JOINS if getattr(wanted, name) is not None]
    joins = dict(join for name in asked for join in _JOINS[name])
    statement = select(Inspection.id).select_from(Inspection)
    for table, condition in joins.items():
        statement = statement.join(table, condition)
    return statement.where(*_conditions(wanted))


def _conditions(wanted: InspectionFilter) -> list[ColumnElement[bool]]:
    """Return what an inspection must be to be shown; times become bounds of ids, so that partitions are skipped."""
    conditions: dict[str, ColumnElement[bool] | None] = {
        "recipe": _recipe_is(wanted.recipe) if wanted.recipe is not None else None,
        "part_number": func.lower(RecipeVersion.part_number) == (wanted.part_number or "").lower(),
        "verdict": Result.verdict == wanted.verdict,
        "state": Inspection.state == wanted.state,
        "station": Station.name == wanted.station,
        "lot": Lot.code == wanted.lot,
        "run": Inspection.run_id == wanted.run,
        "read": mark_has(wanted.read or ""),
        "since": Inspection.id >= uuid7_floor(wanted.since) if wanted.since else None,
        "until": Inspection.id < uuid7_floor(wanted.until) if wanted.until else None,
    }
    asked = (condition for name, condition in conditions.items() if getattr(wanted, name) is not None)
    return [condition for condition in asked if condition is not None]


def _recipe_is(reference: str) -> ColumnElement[bool]:
    try:
        return Recipe.id == UUID(reference)
    except ValueError:
        return Recipe.name == reference
