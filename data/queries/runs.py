"""Reads runs: lists, one with its counts, its files, and its results row by row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql.json import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from core.ids import uuid7_floor, uuid7_time
from data.errors import NotFound
from data.queries.inspection_view import Failure, recipe_used
from data.queries.page import Page, bounded, decode, page_of
from data.queries.run_view import FileRow, ResultRow, RunCounts, RunSummary
from data.tables import (
    FileState,
    Inspection,
    Lot,
    Recipe,
    RecipeVersion,
    Result,
    Run,
    RunFile,
    RunState,
    Station,
    Unit,
)

ROWS_AT_ONCE = 1000
"""Rows of results held in memory at a time."""

Sessions = Callable[[], AsyncSession]
"""Opens a session."""

_ARCHIVE = aliased(RunFile)
_LINES = cast("$.lines[*].text", JSONPATH)


@dataclass(frozen=True)
class RunFilter:
    """Which runs a list shows; None means all. `since` is included, `until` is not; both are timezone-aware.

    `station` is a station's name, `lot` a lot's code; `label` is found anywhere in a run's label, in any case.
    """

    state: RunState | None = None
    station: str | None = None
    lot: str | None = None
    label: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def summaries(
    session: AsyncSession, wanted: RunFilter, *, cursor: str | None = None, limit: int | None = None
) -> Page[RunSummary]:
    """Return runs, the newest first.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    size = bounded(limit)
    statement = _runs().where(*_conditions(wanted)).order_by(Run.id.desc()).limit(size + 1)
    if cursor is not None:
        statement = statement.where(Run.id < decode(cursor))
    rows = (await session.execute(statement)).all()
    counted = await counts(session, [row.Run.id for row in rows[:size]])
    return page_of([_summary(row, counted.get(row.Run.id, RunCounts())) for row in rows], size, lambda item: item.id)


async def summary(session: AsyncSession, run_id: UUID) -> RunSummary:
    """Return one run.

    Raises:
        NotFound: there is no such run.
    """
    row = (await session.execute(_runs().where(Run.id == run_id))).first()
    if row is None:
        raise NotFound("run", run_id)
    return _summary(row, (await counts(session, [run_id]))[run_id])


async def counts(session: AsyncSession, run_ids: Collection[UUID]) -> dict[UUID, RunCounts]:
    """Return how far each of these runs has come."""
    found: dict[UUID, dict[str, int]] = {run_id: {} for run_id in run_ids}
    for statement in (_file_counts(run_ids), _inspection_counts(run_ids)):
        for row in (await session.execute(statement)).mappings() if run_ids else ():
            found[row["run_id"]] |= {name: number for name, number in row.items() if name != "run_id"}
    return {run_id: RunCounts(**numbers) for run_id, numbers in found.items()}


async def files(
    session: AsyncSession,
    run_id: UUID,
    *,
    state: FileState | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[FileRow]:
    """Return the files of a run and the members of its archives, as they came.

    Raises:
        NotFound: there is no such run.
        CursorInvalid: the cursor is not of this program.
    """
    if await session.scalar(select(Run.id).where(Run.id == run_id)) is None:
        raise NotFound("run", run_id)
    size = bounded(limit)
    statement = select(RunFile).where(RunFile.run_id == run_id).order_by(RunFile.id).limit(size + 1)
    if state is not None:
        statement = statement.where(RunFile.state == state)
    if cursor is not None:
        statement = statement.where(RunFile.id > decode(cursor))
    rows = (await session.scalars(statement)).all()
    made = await _made(session, [row.id for row in rows])
    return page_of([_file(row, *made.get(row.id, (None, 0))) for row in rows], size, lambda item: item.id)


async def result_rows(sessions: Sessions, run_id: UUID) -> AsyncIterator[ResultRow]:
    """Yield what became of every inspection of a run, as they came, then its files that made none; in constant memory.

    So whatever was sent is told of, wherever it stands: refused, cancelled before it was opened, or still waiting.

    They are read `ROWS_AT_ONCE` at a time, each time in a session of its own: whoever takes them slowly holds no
    connection meanwhile.
    """
    async for row in _in_pieces(sessions, _results(run_id), Inspection.id):
        yield _result(row)
    async for _, name, state, code, detail, archive in _in_pieces(sessions, _unopened(run_id), RunFile.id):
        yield ResultRow(name, state, error=_failure(code, detail), archive=archive)


async def _in_pieces(
    sessions: Sessions, statement: Select[*tuple[Any, ...]], id_: InstrumentedAttribute[UUID]
) -> AsyncIterator[Row[*tuple[Any, ...]]]:
    """Yield the rows of a statement, whose first column is their id, in the order of their ids."""
    rest = statement.order_by(id_).limit(ROWS_AT_ONCE)
    wanted = rest
    while True:
        async with sessions() as session:
            rows = (await session.execute(wanted)).all()
        for row in rows:
            yield row
        if len(rows) < ROWS_AT_ONCE:
            return
        wanted = rest.where(id_ > rows[-1][0])


def _runs() -> Select[*tuple[Any, ...]]:
    return (
        select(Run, Station.name.label("station"), Lot.code.label("lot"), RecipeVersion, Recipe.name.label("recipe"))
        .join(Station, Station.id == Run.station_id)
        .outerjoin(Lot, Lot.id == Run.lot_id)
        .outerjoin(RecipeVersion, RecipeVersion.id == Run.recipe_version_id)
        .outerjoin(Recipe, Recipe.id == RecipeVersion.recipe_id)
    )


def _conditions(wanted: RunFilter) -> list[ColumnElement[bool]]:
    conditions: dict[str, ColumnElement[bool]] = {
        "state": Run.state == wanted.state,
        "station": Station.name == wanted.station,
        "lot": Lot.code == wanted.lot,
        "label": Run.label.icontains(wanted.label or "", autoescape=True),
    }
    asked = [condition for name, condition in conditions.items() if getattr(wanted, name) is not None]
    since = [Run.id >= uuid7_floor(wanted.since)] if wanted.since else []
    until = [Run.id < uuid7_floor(wanted.until)] if wanted.until else []
    return [*asked, *since, *until]


def _file_counts(run_ids: Collection[UUID]) -> Select[*tuple[Any, ...]]:
    wanted: dict[str, ColumnElement[bool]] = {
        "files": RunFile.parent_id.is_(None),
        "members": RunFile.parent_id.is_not(None),
        "files_receiving": RunFile.state == "receiving",
        "files_waiting": RunFile.state.in_(("stored", "opening")),
        "files_refused": RunFile.state == "refused",
        "files_cancelled": RunFile.state == "cancelled",
    }
    return (
        select(RunFile.run_id, *(func.count().filter(condition).label(name) for name, condition in wanted.items()))
        .where(RunFile.run_id.in_(run_ids))
        .group_by(RunFile.run_id)
    )


def _inspection_counts(run_ids: Collection[UUID]) -> Select[*tuple[Any, ...]]:
    wanted: dict[str, ColumnElement[bool]] = {
        "waiting": Inspection.state.in_(("received", "queued")),
        "running": Inspection.state == "running",
        "errors": Inspection.state == "failed",
        "cancelled": Inspection.state == "cancelled",
        "passed": Result.verdict == "pass",
        "failed_verdicts": Result.verdict == "fail",
        "borderline": Result.verdict == "borderline",
        "not_judged": Result.verdict == "not_judged",
    }
    counted = (func.count().filter(condition).label(name) for name, condition in wanted.items())
    return (
        select(Inspection.run_id, func.count().label("inspections"), *counted)
        .outerjoin(Result, Result.inspection_id == Inspection.id)
        .where(Inspection.run_id.in_(run_ids))
        .group_by(Inspection.run_id)
    )


async def _made(session: AsyncSession, file_ids: Collection[UUID]) -> dict[UUID, tuple[UUID | None, int]]:
    """Return the first inspection that each file made, and how many."""
    first = func.array_agg(aggregate_order_by(Inspection.id, Inspection.id))[1]
    statement = select(Inspection.run_file_id, first, func.count()).where(Inspection.run_file_id.in_(file_ids))
    rows = await session.execute(statement.group_by(Inspection.run_file_id))
    return {file_id: (inspection_id, number) for file_id, inspection_id, number in rows if file_id is not None}


def _results(run_id: UUID) -> Select[*tuple[Any, ...]]:
    told = (Result.verdict, Result.disposition, Result.score, Result.confidence, Result.reasons)
    lines = func.jsonb_path_query_array(Result.evidence, _LINES).label("lines")
    return (
        select(Inspection.id, Inspection, Unit, *told, lines, _ARCHIVE.name.label("archive"))
        .join(Unit, Unit.id == Inspection.unit_id)
        .outerjoin(Result, Result.inspection_id == Inspection.id)
        .outerjoin(RunFile, RunFile.id == Inspection.run_file_id)
        .outerjoin(_ARCHIVE, _ARCHIVE.id == RunFile.parent_id)
        .where(Inspection.run_id == run_id)
    )


def _unopened(run_id: UUID) -> Select[*tuple[Any, ...]]:
    told = (RunFile.state, RunFile.error_code, RunFile.error_detail)
    return (
        select(RunFile.id, RunFile.name, *told, _ARCHIVE.name)
        .outerjoin(_ARCHIVE, _ARCHIVE.id == RunFile.parent_id)
        .where(RunFile.run_id == run_id, RunFile.state != "opened")
    )


def _summary(row: Row[*tuple[Any, ...]], counted: RunCounts) -> RunSummary:
    run: Run = row.Run
    return RunSummary(
        id=run.id,
        type=run.type,
        label=run.label,
        caller=run.caller,
        state=run.state,
        station=row.station,
        lot=row.lot,
        recipe=recipe_used(row.RecipeVersion, row.recipe),
        tray=run.tray,
        created_at=uuid7_time(run.id),
        stored_at=run.stored_at,
        finished_at=run.finished_at,
        error=_failure(run.error_code, run.error_detail),
        counts=counted,
    )


def _file(row: RunFile, inspection_id: UUID | None, inspections: int) -> FileRow:
    return FileRow(
        id=row.id,
        parent_id=row.parent_id,
        position=row.position,
        name=row.name,
        state=row.state,
        byte_count=row.byte_count,
        address=row.sha256.hex() if row.sha256 else None,
        error=_failure(row.error_code, row.error_detail),
        image_id=row.image_id,
        inspection_id=inspection_id,
        inspections=inspections,
    )


def _result(row: Row[*tuple[Any, ...]]) -> ResultRow:
    found: Inspection = row.Inspection
    unit: Unit = row.Unit
    return ResultRow(
        file_name=found.file_name or "",
        state=found.state,
        inspection_id=found.id,
        captured_at=found.captured_at,
        finished_at=found.finished_at,
        unit_serial=unit.serial,
        carrier=unit.carrier,
        place_row=unit.place_row,
        place_column=unit.place_column,
        attempt=found.attempt,
        verdict=row.verdict,
        disposition=row.disposition,
        score=row.score,
        confidence=row.confidence,
        reasons=tuple(row.reasons or ()),
        lines=tuple(str(line) for line in row.lines or ()),
        error=_failure(found.error_code, found.error_detail),
        archive=row.archive,
    )


def _failure(code: str | None, detail: str | None) -> Failure | None:
    return Failure(code, detail or "") if code is not None else None
