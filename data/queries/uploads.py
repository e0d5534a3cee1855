"""Reads files as they are received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import NotFound
from data.tables import FileState, Run, RunFile, RunState


@dataclass(frozen=True)
class Upload:
    """A file that came in by itself, as it was announced, and its run.

    `byte_count` is the length that was announced, None if none was; `address` is there once it is stored; `touched_at`
    is when its bytes last came in, `idle_s` how long ago that is by the database's clock.
    """

    id: UUID
    run_id: UUID
    name: str
    state: FileState
    byte_count: int | None
    address: str | None
    touched_at: datetime
    idle_s: float
    run_state: RunState
    completes_itself: bool


async def upload(session: AsyncSession, file_id: UUID) -> Upload:
    """Return a file as it is being received.

    Raises:
        NotFound: no file that came in by itself has this id.
    """
    idle = func.extract("epoch", func.clock_timestamp() - RunFile.touched_at).label("idle_s")
    statement = (
        select(RunFile, Run.state.label("run_state"), Run.completes_itself, idle)
        .join(Run, Run.id == RunFile.run_id)
        .where(RunFile.id == file_id, RunFile.parent_id.is_(None))
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(statement)).first()
    if row is None:
        raise NotFound("upload", file_id)
    file: RunFile = row.RunFile
    return Upload(
        id=file.id,
        run_id=file.run_id,
        name=file.name,
        state=file.state,
        byte_count=file.byte_count,
        address=file.sha256.hex() if file.sha256 else None,
        touched_at=file.touched_at,
        idle_s=float(row.idle_s),
        run_state=row.run_state,
        completes_itself=row.completes_itself,
    )


async def received(session: AsyncSession, run_id: UUID) -> dict[FileState, int]:
    """Return how many files of a run that came in by themselves are in each state."""
    counted = select(RunFile.state, func.count()).where(RunFile.run_id == run_id, RunFile.parent_id.is_(None))
    rows = (await session.execute(counted.group_by(RunFile.state))).all()
    return dict(iter(rows))


async def receiving(session: AsyncSession, run_id: UUID) -> list[UUID]:
    """Return the files of a run that have not come whole."""
    missing = select(RunFile.id).where(RunFile.run_id == run_id, RunFile.state == "receiving").order_by(RunFile.id)
    return list(await session.scalars(missing))


async def first_of(session: AsyncSession, run_id: UUID) -> UUID:
    """Return the first file of a run that has one."""
    place = select(RunFile.id).where(RunFile.run_id == run_id, RunFile.parent_id.is_(None), RunFile.position == 0)
    return (await session.scalars(place)).one()
