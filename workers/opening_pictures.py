"""Opening pictures that lie in the store by themselves, several in one transaction. Rules: `workers.opening`."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from core.errors import ImageRefused
from data.channels import RUNS
from data.errors import StoreError
from data.outage import is_away
from data.queries.opening import RunContext, run_context
from data.repositories.outbox import Lease
from data.repositories.runs import FileClaim
from data.unit_of_work import UnitOfWork
from workers.archives import FileRefused
from workers.composition import Services
from workers.opening_bytes import Putting
from workers.opening_rows import Kept, Opened, code_of, kept, write_inspections, write_pictures

log = logging.getLogger(__name__)

SLICE_S = 0.05
SLICE_FILES = 16

Failed = Callable[[FileClaim, Exception], Awaitable[None]]


@dataclass(frozen=True)
class _Dealt:
    """What became of one file: kept, or refused with a code and words."""

    claim: FileClaim
    kept: Kept | None = None
    code: str = ""
    detail: str = ""


class Pictures:
    """Files of one run that were looked at, and are written several at a time; `done` counts the written ones.

    `failed` is told of each that cannot be written.
    """

    def __init__(self, services: Services, run_id: UUID, lease: Lease, failed: Failed) -> None:
        self.done = 0
        self._services = services
        self._run_id = run_id
        self._lease = lease
        self._failed = failed
        self._putting = Putting(services.store)
        self._dealt: list[_Dealt] = []
        self._begun = 0.0
        self._context: RunContext | None = None

    @property
    def none_waits(self) -> bool:
        """Whether all that was looked at is written."""
        return not self._dealt

    @property
    def is_due(self) -> bool:
        """Whether it is time to write."""
        return len(self._dealt) >= SLICE_FILES or time.monotonic() - self._begun >= SLICE_S

    async def context(self) -> RunContext:
        """Return what the run's inspections take over, as it was when this was first asked."""
        if self._context is None:
            async with self._services.database.session() as session:
                self._context = await run_context(session, self._run_id)
        return self._context

    async def take(self, claim: FileClaim, data: bytes) -> None:
        """Look at the bytes of a picture.

        Raises:
            ImageRefused: it breaks a rule, or is too small for the run's tray.
            StoreError: they are not what was stored, or cannot be kept small.
        """
        begun = time.monotonic()
        found = await kept(self._services, await self.context(), self._putting, data, address=claim.address)
        self._add(_Dealt(claim, found), begun)

    def refuse(self, claim: FileClaim, error: FileRefused | ImageRefused) -> None:
        """Take note of a file that is not opened."""
        self._add(_Dealt(claim, code=code_of(error), detail=error.detail), time.monotonic())

    async def write(self) -> None:
        """Write all that was looked at, once its bytes are kept; what cannot be written fails.

        Raises what the database raises when it is away.
        """
        dealt, self._dealt = self._dealt, []
        try:
            await self._putting.all_there()
        except StoreError as error:
            for each in dealt:
                await self._failed(each.claim, error)
            return
        await self._write_together(dealt)

    async def _write_together(self, dealt: Sequence[_Dealt]) -> None:
        """Write files in one transaction; if that fails, one by one, so that the one at fault fails alone."""
        try:
            if dealt:
                await self._write(dealt)
        except Exception as error:
            if is_away(error):
                raise
            if len(dealt) == 1:
                await self._failed(dealt[0].claim, error)
                return
            log.warning("%d files could not be opened together: %s", len(dealt), error)
            for each in dealt:
                await self._write_together([each])

    def _add(self, dealt: _Dealt, begun: float) -> None:
        if not self._dealt:
            self._begun = begun
        self._dealt.append(dealt)

    async def _write(self, dealt: Sequence[_Dealt]) -> None:
        async with self._services.database.unit_of_work() as work:
            standing = await self._standing(work, dealt)
            made = {each.claim.id: Opened(each.claim.id, each.claim.name, each.kept) for each in standing if each.kept}
            ids = await write_pictures(self._services, work, list(made.values()))
            await work.runs.open_pictures({id_: ids[each.kept.picture.address] for id_, each in made.items()})
            for each in standing:
                if each.claim.id not in made:
                    await work.runs.refuse_file(each.claim.id, code=each.code, detail=each.detail)
            await write_inspections(work, await self.context(), list(made.values()), ids)
            await work.notify(RUNS, {"run_id": str(self._run_id)})
            await work.commit()
        self.done += len(standing)

    async def _standing(self, work: UnitOfWork, dealt: Sequence[_Dealt]) -> list[_Dealt]:
        """Return those whose run and lease still stand, and hold both until the unit ends."""
        held: set[UUID] = set()
        if await work.runs.is_being_opened(self._run_id):
            held = await work.runs.held_files([each.claim.id for each in dealt], self._lease.token)
        if len(held) < len(dealt):
            log.warning("%d files came after their lease had ended and were refused", len(dealt) - len(held))
        return [each for each in dealt if each.claim.id in held]
