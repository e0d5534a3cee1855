"""Writes runs and their files: as they come in, as they are opened, and where they stand. Rules: `data.tables.run`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, CursorResult, Uuid, and_, cast, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import NotFound
from data.repositories.outbox import Lease, together
from data.tables import ENDED_RUNS, FILE_TRANSITIONS, RUN_TRANSITIONS, Document, FileState, Run, RunFile, RunState

NO_LEASE = {"lease_token": None, "lease_until": None}

FURTHEST_S = 120.0
"""No file rests so long; and no lease lies so much further ahead than its own time."""

State = TypeVar("State", RunState, FileState)


@dataclass(frozen=True)
class NewRun:
    """A run as it is begun, with what every inspection of it takes over."""

    caller: str
    station_id: UUID
    priority: int
    type: str = "parts"
    label: str = ""
    lot_id: UUID | None = None
    recipe_version_id: UUID | None = None
    tray: Document | None = None
    completes_itself: bool = False


@dataclass(frozen=True)
class FileClaim:
    """A stored file that a worker has claimed to open; `attempts` counts this one."""

    id: UUID
    run_id: UUID
    name: str
    address: str
    byte_count: int
    attempts: int
    members_done: int


@dataclass(frozen=True)
class NewMember:
    """A member of an archive that was opened (with its picture) or refused (with the reason)."""

    id: UUID
    run_id: UUID
    position: int
    name: str
    state: FileState
    byte_count: int
    sha256: bytes | None = None
    image_id: UUID | None = None
    error_code: str | None = None
    error_detail: str | None = None


class Runs:
    """Runs and their files as they are written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def create(self, new: NewRun) -> UUID:
        """Begin a run, to which files may be added."""
        run_id = self._new_id()
        await self._session.execute(insert(Run).values(id=run_id, **vars(new)))
        return run_id

    async def add_file(
        self, run_id: UUID, name: str, *, byte_count: int | None = None, parent_id: UUID | None = None
    ) -> UUID:
        """Add a file that is about to be received, behind those that are there; return its id.

        Raises:
            NotFound: there is no such run that takes files.
        """
        await self._lock(run_id, "pending")
        siblings = select(func.coalesce(func.max(RunFile.position) + 1, 0)).where(
            RunFile.run_id == run_id, RunFile.parent_id.is_not_distinct_from(parent_id)
        )
        file_id = self._new_id()
        row = {"id": file_id, "run_id": run_id, "name": name, "byte_count": byte_count, "parent_id": parent_id}
        await self._session.execute(insert(RunFile).values(position=siblings.scalar_subquery(), **row))
        return file_id

    async def place_file(self, run_id: UUID, position: int, name: str) -> UUID:
        """Return the file in a place of a run; where there is none yet, add one that is about to be received.

        Raises:
            NotFound: there is none, and no such run that takes files.
        """
        await self._lock(run_id)
        place = select(RunFile.id).where(
            RunFile.run_id == run_id, RunFile.parent_id.is_(None), RunFile.position == position
        )
        return await self._session.scalar(place) or await self.add_file(run_id, name)

    async def touch_file(self, file_id: UUID) -> bool:
        """Note that bytes of a file have come in; False if it is not being received any more."""
        still = update(RunFile).where(RunFile.id == file_id, RunFile.state == "receiving")
        return _count(await self._session.execute(still.values(touched_at=func.now()))) == 1

    async def store_file(self, file_id: UUID, address: str, byte_count: int) -> bool:
        """Note that a file lies whole in the image store; False if it was not being received any more."""
        values = {"sha256": bytes.fromhex(address), "byte_count": byte_count, "touched_at": func.now()}
        return bool(await self.move_files([file_id], "stored", values))

    async def take_back_file(self, file_id: UUID) -> bool:
        """Note that a file will not come; False if it came whole before, or has ended."""
        back = update(RunFile).where(RunFile.id == file_id, RunFile.state == "receiving")
        return _count(await self._session.execute(back.values(state="cancelled"))) == 1

    async def complete(self, run_id: UUID) -> bool:
        """Let a run take no more files: `stored`, and `True`, if all it has were received, else it stays `pending`."""
        await self._lock(run_id)
        missing = exists().where(RunFile.run_id == run_id, RunFile.state == "receiving")
        ready = update(Run).where(Run.id == run_id, Run.state == "pending", ~missing)
        done = await self._session.execute(ready.values(state="stored", stored_at=func.now()))
        return _count(done) == 1

    async def move(self, ids: Collection[UUID], to: RunState) -> set[UUID]:
        """Bring runs to the state `to`; return those that went there. Others have no such way, and stay."""
        ended = {"finished_at": func.now()} if to in ENDED_RUNS else {"finished_at": None}
        there = update(Run).where(Run.id.in_(ids), Run.state.in_(_before(RUN_TRANSITIONS, to)))
        return set(await self._session.scalars(there.values(state=to, **ended).returning(Run.id)))

    async def fail(self, run_id: UUID, *, code: str, detail: str) -> bool:
        """Bring a run to `failed`, with the reason; False if it has ended already."""
        there = update(Run).where(Run.id == run_id, Run.state.in_(_before(RUN_TRANSITIONS, "failed")))
        values = {"state": "failed", "error_code": code, "error_detail": detail, "finished_at": func.now()}
        return _count(await self._session.execute(there.values(values))) == 1

    async def move_files(
        self, ids: Collection[UUID], to: FileState, values: dict[str, object] | None = None
    ) -> set[UUID]:
        """Bring files to the state `to`, and set `values`; return those that went there. None keeps a lease."""
        there = update(RunFile).where(RunFile.id.in_(ids), RunFile.state.in_(_before(FILE_TRANSITIONS, to)))
        settled = {"state": to, **NO_LEASE, **(values or {})}
        return set(await self._session.scalars(there.values(settled).returning(RunFile.id)))

    async def open_pictures(self, images: Mapping[UUID, UUID]) -> None:
        """Bring files to `opened`, each with the id of its picture's row; none keeps a lease."""
        ids = (
            func.unnest(_ids(images.keys()), _ids(images.values())).table_valued("file_id", "image_id").render_derived()
        )
        there = update(RunFile).where(
            RunFile.id == ids.c.file_id, RunFile.state.in_(_before(FILE_TRANSITIONS, "opened"))
        )
        if images:
            await self._session.execute(there.values(state="opened", image_id=ids.c.image_id, **NO_LEASE))

    async def refuse_file(self, file_id: UUID, *, code: str, detail: str) -> bool:
        """Bring a file to `refused`, with the reason; False if it was opened or ended before."""
        return bool(await self.move_files([file_id], "refused", {"error_code": code, "error_detail": detail}))

    async def claim_files(self, lease: Lease, limit: int) -> list[FileClaim]:
        """Claim up to `limit` files of one stored run that may be opened now, or whose lease ran out; the oldest first.

        Of several such runs one is taken by chance, so that a run of many files does not stand before all others. A
        file that was claimed before goes alone, so that one that takes its worker down takes nothing with it.
        """
        ready = openable(lease.seconds)
        stored = select(Run.id).where(Run.state == "stored", exists().where(RunFile.run_id == Run.id, ready))
        run_id = await self._session.scalar(stored.order_by(func.random()).limit(1))
        if run_id is None:
            return []
        free = (
            select(RunFile.id, RunFile.attempts)
            .where(RunFile.run_id == run_id, ready)
            .order_by(RunFile.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        chosen = together([(row.id, row.attempts) for row in await self._session.execute(free)])
        values = {
            "state": "opening",
            "lease_token": lease.token,
            "lease_until": _ahead(lease.seconds),
            "attempts": RunFile.attempts + 1,
        }
        claimed = update(RunFile).where(RunFile.id.in_(chosen)).values(values).returning(RunFile)
        rows = await self._session.scalars(claimed)
        return sorted((_claim(row) for row in rows), key=lambda claim: claim.id)

    async def is_being_opened(self, run_id: UUID) -> bool:
        """Tell whether files of a run may be opened, and hold the run as it is until this unit ends."""
        stored = select(Run.id).where(Run.id == run_id, Run.state == "stored")
        return await self._session.scalar(stored.with_for_update(read=True)) is not None

    async def holds_file(self, file_id: UUID, token: UUID) -> bool:
        """Tell whether the lease on a file still stands, and keep the row locked until this unit ends."""
        return bool(await self.held_files([file_id], token))

    async def held_files(self, file_ids: Collection[UUID], token: UUID) -> set[UUID]:
        """Return those files on which the lease still stands, and keep their rows locked until this unit ends."""
        held = select(RunFile.id).where(
            RunFile.id.in_(file_ids), RunFile.lease_token == token, RunFile.lease_until > func.clock_timestamp()
        )
        return set(await self._session.scalars(held.order_by(RunFile.id).with_for_update()))

    async def renew_files(self, lease: Lease) -> set[UUID]:
        """Hold the files that are still held for another `lease.seconds`; return which those are."""
        held = update(RunFile).where(RunFile.lease_token == lease.token, RunFile.lease_until > func.clock_timestamp())
        renewed = held.values(lease_until=_ahead(lease.seconds)).returning(RunFile.id)
        return set(await self._session.scalars(renewed))

    async def add_members(self, archive_id: UUID, members: Sequence[NewMember], *, done: int) -> None:
        """Add rows of an archive's members as they were opened or refused; it goes on behind the first `done` of it.

        What it took to come so far is forgotten: `attempts` begins anew with the claim that got here.
        """
        rows = [{"parent_id": archive_id, **vars(member)} for member in members]
        if rows:
            await self._session.execute(insert(RunFile).values(rows))
        further = update(RunFile).where(RunFile.id == archive_id)
        await self._session.execute(further.values(members_done=done, attempts=1))

    async def put_back_file(self, file_id: UUID, *, rest_s: float = 0.0, attempts: int | None = None) -> None:
        """Let a claimed file rest and be opened later; `attempts` sets how often that was tried, None leaves it."""
        counted: dict[str, object] = {} if attempts is None else {"attempts": attempts}
        await self.move_files([file_id], "stored", {"available_at": _ahead(rest_s), **counted})

    async def _lock(self, run_id: UUID, state: RunState | None = None) -> None:
        wanted = select(Run.id).where(Run.id == run_id, *([Run.state == state] if state else []))
        if await self._session.scalar(wanted.with_for_update(key_share=True)) is None:
            raise NotFound("run that takes files" if state else "run", run_id)


def openable(lease_s: float) -> ColumnElement[bool]:
    """Return whether a file may be opened now: it rests no more, or its lease of `lease_s` is over.

    What lies further ahead than it was ever set was set before the clock was set back, and has ended.
    """
    now = func.clock_timestamp()
    rested = or_(RunFile.available_at <= now, RunFile.available_at > _ahead(FURTHEST_S))
    over = or_(RunFile.lease_until < now, RunFile.lease_until > _ahead(lease_s + FURTHEST_S))
    return or_(and_(RunFile.state == "stored", rested), and_(RunFile.state == "opening", over))


def _claim(row: RunFile) -> FileClaim:
    address, byte_count = (row.sha256 or b"").hex(), row.byte_count or 0
    return FileClaim(row.id, row.run_id, row.name, address, byte_count, row.attempts, row.members_done)


def _ids(ids: Collection[UUID]) -> ColumnElement[Sequence[UUID]]:
    return cast(list(ids), ARRAY(Uuid))


def _ahead(seconds: float) -> ColumnElement[datetime]:
    return func.clock_timestamp() + timedelta(seconds=seconds)


def _before(transitions: Mapping[State, frozenset[State]], state: State) -> list[State]:
    return [origin for origin, following in transitions.items() if state in following]


def _count(done: object) -> int:
    return done.rowcount if isinstance(done, CursorResult) else 0
