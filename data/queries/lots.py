"""Reads lots: what one binds, lists of them, and one with what became of its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, case, distinct, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import uuid7_time
from data.errors import NotFound
from data.queries.inspection_view import RecipeUsed, recipe_used
from data.queries.page import Page, bounded, newest, page_of
from data.tables import Document, Inspection, Lot, LotMark, LotState, Recipe, RecipeVersion, Result, Station

MOST_MARKS = 50


@dataclass(frozen=True)
class Binding:
    """What a lot says of its parts; a lot that was never started binds nothing.

    `texts` are None unless it was started with some.
    """

    id: UUID
    code: str
    state: LotState
    closed_at: datetime | None
    station_id: UUID | None
    station: str | None
    recipe_version_id: UUID | None
    texts: Document | None


@dataclass(frozen=True)
class LotSummary:
    """A lot in a list; `started_at` is None for one that pictures merely named."""

    id: UUID
    code: str
    state: LotState
    station: str | None
    recipe: RecipeUsed | None
    texts: Document
    reason: str
    created_at: datetime
    started_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True)
class Mark:
    """How many units of a lot say `text` where `expected` leaves it open."""

    expected: str
    text: str
    units: int


@dataclass(frozen=True)
class LotDetail:
    """A lot with what became of its parts: inspections by verdict, and what marks say.

    Without a verdict they are `waiting`, `errors` (failed) or `cancelled`.
    """

    summary: LotSummary
    units: int = 0
    inspections: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class LotFilter:
    """Which lots a list shows; None means all. `recipe` is a recipe's id or name, `code` a piece of the code."""

    state: LotState | None = None
    station: str | None = None
    recipe: str | None = None
    code: str | None = None
    started: bool | None = None


async def binding(session: AsyncSession, code: str, *, hold: bool = False) -> Binding | None:
    """Return what the lot called `code` binds, or None where no such lot was ever heard of.

    `hold` is for who is about to write something of the lot: nobody can delete it then until the transaction ends.
    """
    statement = select(Lot, Station.name).outerjoin(Station, Station.id == Lot.station_id).where(Lot.code == code)
    if hold:
        statement = statement.with_for_update(read=True, key_share=True, of=Lot)
    row = (await session.execute(statement)).first()
    if row is None:
        return None
    lot, station = row
    return Binding(
        lot.id, lot.code, lot.state, lot.closed_at, lot.station_id, station, lot.recipe_version_id, lot.texts or None
    )


async def page(
    session: AsyncSession, wanted: LotFilter, *, cursor: str | None = None, limit: int | None = None
) -> Page[LotSummary]:
    """Return lots, the newest first.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    size = bounded(limit)
    rows = await session.execute(newest(_lots().where(*_conditions(wanted)), Lot.id, cursor=cursor, size=size))
    return page_of([_summary(row) for row in rows], size, lambda item: item.id)


async def summary(session: AsyncSession, reference: str) -> LotSummary:
    """Return one lot, by its code or its id.

    Raises:
        NotFound: there is no such lot.
    """
    if "\x00" in reference:  # no code has one; and the database takes none
        raise NotFound("lot", reference)
    named = _named(reference)
    rows = (await session.execute(_lots().where(named))).all()
    if not rows:
        raise NotFound("lot", reference)
    return _summary(max(rows, key=lambda row: row.Lot.code == reference))  # a code may look like another lot's id


async def detail(session: AsyncSession, reference: str) -> LotDetail:
    """Return one lot with what became of its parts, by its code or its id.

    Raises:
        NotFound: there is no such lot.
    """
    found = await summary(session, reference)
    ended = case((Inspection.state == "failed", "errors"), (Inspection.state == "cancelled", "cancelled"))
    verdict = func.coalesce(Result.verdict, ended, "waiting")
    counts = (
        select(verdict, func.count())
        .select_from(Inspection)
        .outerjoin(Result, Result.inspection_id == Inspection.id)
        .where(Inspection.lot_id == found.id)
        .group_by(verdict)
    )
    verdicts = {str(name): int(count) for name, count in await session.execute(counts)}
    units = select(func.count(distinct(Inspection.unit_id))).where(Inspection.lot_id == found.id)
    marks = select(LotMark).where(LotMark.lot_id == found.id)
    most = marks.order_by(LotMark.expected, LotMark.units.desc(), LotMark.text).limit(MOST_MARKS)
    return LotDetail(
        summary=found,
        units=await session.scalar(units) or 0,
        inspections=sum(verdicts.values()),
        verdicts=verdicts,
        marks=tuple(Mark(one.expected, one.text, one.units) for one in await session.scalars(most)),
    )


def _lots() -> Select[*tuple[Any, ...]]:
    return (
        select(Lot, Station.name.label("station"), RecipeVersion, Recipe.name.label("recipe_name"))
        .outerjoin(Station, Station.id == Lot.station_id)
        .outerjoin(RecipeVersion, RecipeVersion.id == Lot.recipe_version_id)
        .outerjoin(Recipe, Recipe.id == RecipeVersion.recipe_id)
    )


def _named(reference: str) -> ColumnElement[bool]:
    try:
        return or_(Lot.code == reference, Lot.id == UUID(reference))
    except ValueError:
        return Lot.code == reference


def _conditions(wanted: LotFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        conditions.append(Lot.state == wanted.state)
    if wanted.station is not None:
        conditions.append(Station.name == wanted.station)
    if wanted.recipe is not None:
        conditions.append(_recipe_is(wanted.recipe))
    if wanted.code is not None:
        conditions.append(Lot.code.icontains(wanted.code, autoescape=True))
    if wanted.started is not None:
        conditions.append(Lot.started_at.is_not(None) if wanted.started else Lot.started_at.is_(None))
    return conditions


def _recipe_is(reference: str) -> ColumnElement[bool]:
    try:
        return Recipe.id == UUID(reference)
    except ValueError:
        return Recipe.name == reference


def _summary(row: Row[*tuple[Any, ...]]) -> LotSummary:
    lot: Lot = row.Lot
    return LotSummary(
        id=lot.id,
        code=lot.code,
        state=lot.state,
        station=row.station,
        recipe=recipe_used(row.RecipeVersion, row.recipe_name),
        texts=lot.texts,
        reason=lot.reason,
        created_at=uuid7_time(lot.id),
        started_at=lot.started_at,
        closed_at=lot.closed_at,
    )
