"""Opening an archive slice by slice. Rules: `workers.opening`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from core.archive import cleaned
from core.errors import ImageRefused
from data.channels import RUNS
from data.queries.opening import RunContext
from data.repositories.runs import FileClaim, NewMember
from data.unit_of_work import UnitOfWork
from workers.archives import Archive, FileRefused, opened
from workers.opening_bytes import Putting
from workers.opening_rows import Kept, Opened, code_of, kept, write_inspections, write_pictures

if TYPE_CHECKING:
    from workers.opening import Opening

log = logging.getLogger(__name__)

SLICE_S = 0.05
SLICE_MEMBERS = 16

TIMES_READING = 4.0
"""A turn lasts so many times as long as reading the directory took, which each turn at an archive begins with: else a
large one would take up every turn with that, and never be opened."""


@dataclass(frozen=True)
class _Dealt:
    """What became of one member: kept, or refused with a code and words."""

    id: UUID
    position: int
    name: str
    byte_count: int
    kept: Kept | None = None
    code: str | None = None
    detail: str | None = None


async def open_archive(opening: Opening, claim: FileClaim, context: RunContext, file: BinaryIO) -> None:
    """Open an archive from where it has come to, until it is done or the turn is over.

    Raises:
        FileRefused: it is refused as a whole.
    """
    settings = opening.services.settings
    with ExitStack() as stack:
        held = opened(file, opening.services.archive_limits, settings.max_image_bytes)
        began = time.monotonic()
        archive = await asyncio.to_thread(stack.enter_context, held)
        opening.go_on_for(TIMES_READING * (time.monotonic() - began))
        if not archive.members:
            raise FileRefused("ARCHIVE_EMPTY", "The archive holds no files.")
        way = _Way(opening, claim, context, archive)
        while way.done < len(archive.members):
            if opening.over:
                await way.rest()
                return
            await opening.between()
            if not await way.slice():
                return
        await way.end()


class _Way:
    """One worker's way through one archive."""

    def __init__(self, opening: Opening, claim: FileClaim, context: RunContext, archive: Archive) -> None:
        self.done = claim.members_done
        self._opening = opening
        self._services = opening.services
        self._claim = claim
        self._context = context
        self._archive = archive
        self._putting = Putting(self._services.store)

    async def slice(self) -> bool:
        """Open some members and write them; False if the lease or the run stood no more."""
        end = time.monotonic() + SLICE_S
        dealt: list[_Dealt] = []
        most = 1 if self._claim.attempts > 1 else SLICE_MEMBERS
        places = range(self.done, min(self.done + most, len(self._archive.members)))
        for place in places:
            dealt.append(await self._deal(place))
            if time.monotonic() >= end:
                break
        if not await self._write(dealt):
            return False
        self.done += len(dealt)
        self._opening.done += len(dealt)
        return True

    async def end(self) -> None:
        """Mark the archive opened."""
        async with self._services.database.unit_of_work() as work:
            if await self._stands(work):
                await work.runs.move_files([self._claim.id], "opened")
                await work.notify(RUNS, {"run_id": str(self._claim.run_id)})
                await work.commit()

    async def rest(self) -> None:
        """Let the archive wait for its next turn."""
        async with self._services.database.unit_of_work() as work:
            if await self._stands(work):
                await work.runs.put_back_file(self._claim.id, attempts=0)
                await work.commit()

    async def _deal(self, place: int) -> _Dealt:
        """Unpack one member, look at it and keep it."""
        member = self._archive.members[place]
        told = (self._services.database.ids(), place, cleaned(member.name), member.unpacked_bytes)
        try:
            self._check_attempts(place)
            data = await asyncio.to_thread(self._archive.read, place)
            return _Dealt(*told, kept=await kept(self._services, self._context, self._putting, data))
        except (FileRefused, ImageRefused) as error:
            return _Dealt(*told, code=code_of(error), detail=error.detail)

    def _check_attempts(self, place: int) -> None:
        most = self._services.settings.max_attempts
        if place == self._claim.members_done and self._claim.attempts > most:
            raise FileRefused("OPENING_FAILED", f"The worker ended {most} times while it opened this file.")

    async def _write(self, dealt: list[_Dealt]) -> bool:
        made = [Opened(each.id, each.name, each.kept) for each in dealt if each.kept is not None]
        await self._putting.all_there()
        async with self._services.database.unit_of_work() as work:
            if not await self._stands(work):
                return False
            ids = await write_pictures(self._services, work, made)
            rows = [self._row(each, ids) for each in dealt]
            await work.runs.add_members(self._claim.id, rows, done=self.done + len(dealt))
            await write_inspections(work, self._context, made, ids)
            await work.notify(RUNS, {"run_id": str(self._claim.run_id)})
            await work.commit()
        return True

    async def _stands(self, work: UnitOfWork) -> bool:
        """Tell whether the run and the lease still stand, and hold both until the unit ends."""
        stand = await work.runs.is_being_opened(self._claim.run_id)
        stand = stand and await work.runs.holds_file(self._claim.id, self._opening.lease.token)
        if not stand:
            log.warning("the lease on archive %s had ended: what came late of it was refused", self._claim.id)
        return stand

    def _row(self, dealt: _Dealt, image_ids: Mapping[str, UUID]) -> NewMember:
        address = dealt.kept.picture.address if dealt.kept else None
        return NewMember(
            id=dealt.id,
            run_id=self._claim.run_id,
            position=dealt.position,
            name=dealt.name,
            state="opened" if address else "refused",
            byte_count=dealt.byte_count,
            sha256=bytes.fromhex(address) if address else None,
            image_id=image_ids[address] if address else None,
            error_code=dealt.code,
            error_detail=dealt.detail,
        )
