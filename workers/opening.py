"""Opening: stored files in, inspections out.

1. A worker claims files under a lease. What a file makes is written in one transaction with its end, only while the
   lease and the run still stand: a file is opened once, whoever is killed.
2. A file that cannot be opened is refused with the reason, and takes no other with it. What the program fails on rests
   and is tried again; a store that is away is awaited. A file that was claimed before is claimed alone, so that one
   that ends its worker takes nothing with it; after `max_attempts` alone it is refused.
3. An archive is opened in slices, each in one transaction that says how far it has come (`members_done`); whoever
   claims it next goes on there. After a worker was lost in it, its members go one by one, so that the one that did it
   is known, and refused alone.
4. Nobody waits for opening longer than a slice: between two of them, what is more urgent is inspected first.
5. Memory is bounded by one picture and one archive's directory, however large file and run are.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import ExitStack
from typing import BinaryIO
from uuid import UUID

from core.archive import HEAD_BYTES, archive_kind
from core.errors import ImageRefused
from data.channels import RUNS
from data.errors import BlobDamaged, BlobMissing, StoreError
from data.outage import is_away
from data.priorities import Priority
from data.queries.opening import RunContext, run_context
from data.repositories.outbox import Lease
from data.repositories.runs import FileClaim
from workers import opening_archive
from workers.archives import FileRefused
from workers.claiming import RENEWED_AFTER
from workers.composition import Services
from workers.inspecting import inspect_urgent, rest_s
from workers.opening_rows import Opened, kept, write_inspections, write_pictures
from workers.pulse import NoProcess, Pulse

log = logging.getLogger(__name__)

FILES_AT_ONCE = 8
OPEN_FOR_S = 3.0
"""How long one job opens before batches of inspections have their turn."""

GONE = (BlobMissing, BlobDamaged)
"""What another attempt at the same bytes would only repeat."""


async def open_files(
    services: Services, *, holder: str = "", seconds: float = OPEN_FOR_S, pulse: Pulse | None = None
) -> int:
    """Open stored files for some seconds, or until none is left; return how many files and members were dealt with.

    Raises what the database raises when it is away: the claims run out then, and the files wait again.
    """
    opening = Opening(services, holder, seconds, pulse or NoProcess())
    while not opening.over:
        claims = await opening.claim()
        if not claims:
            break
        for claim in claims:
            await opening.open(claim)
        await opening.settle(claims[0].run_id)
    return opening.done


class Opening:
    """One worker's way through stored files, under one lease."""

    def __init__(self, services: Services, holder: str, seconds: float, pulse: Pulse) -> None:
        self.services = services
        self.lease = Lease(services.database.ids(), services.settings.lease_s, holder)
        self.done = 0
        self._pulse = pulse
        self._end = time.monotonic() + seconds
        self._renewed = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether the turn of opening is over."""
        return self._pulse.stopping or time.monotonic() >= self._end

    async def claim(self) -> list[FileClaim]:
        """Claim some files of a run."""
        async with self.services.database.unit_of_work() as work:
            claims = await work.runs.claim_files(self.lease, FILES_AT_ONCE)
            await work.commit()
        self._renewed = time.monotonic()
        return claims

    async def open(self, claim: FileClaim) -> None:
        """Open a file, or let it wait again if the turn is over."""
        if self.over:
            await self._put_back(claim, attempts=0)
            return
        try:
            await self._open(claim)
        except (FileRefused, ImageRefused) as error:
            await self._refuse(claim, error.code, error.detail)
        except Exception as error:  # one file's boundary: it fails alone and takes no other with it
            if is_away(error):
                raise
            await self._fail(claim, error)

    async def between(self) -> None:
        """Do what is due between two pieces of work: hold what is held, and let the urgent overtake."""
        if time.monotonic() - self._renewed >= self.lease.seconds * RENEWED_AFTER:
            async with self.services.database.unit_of_work() as work:
                await work.runs.renew_files(self.lease)
                await work.commit()
            self._renewed = time.monotonic()
        await inspect_urgent(self.services, than=Priority.BATCH, holder=self.lease.holder, pulse=self._pulse)
        self._pulse.beat(self.services.settings.step_timeout_s)

    async def settle(self, run_id: UUID) -> None:
        """Bring a run on, if these were its last files."""
        async with self.services.database.unit_of_work() as work:
            if await work.settling.settle([run_id]):
                await work.notify(RUNS, {"run_id": str(run_id)})
                await work.commit()

    async def _open(self, claim: FileClaim) -> None:
        await self.between()
        async with self.services.database.session() as session:
            context = await run_context(session, claim.run_id)
        with ExitStack() as stack:
            file = await asyncio.to_thread(stack.enter_context, self.services.store.open(claim.address))
            head = await asyncio.to_thread(_head, file)
            kind = archive_kind(head)
            self._check_attempts(claim)
            if kind == "zip":
                await opening_archive.open_archive(self, claim, context, file)
                return
        if kind is not None:
            raise FileRefused("ARCHIVE_UNSUPPORTED", f"{kind} archives are not opened; send a zip.")
        await self._open_picture(claim, context)

    async def _open_picture(self, claim: FileClaim, context: RunContext) -> None:
        most = self.services.settings.max_image_bytes
        if claim.byte_count > most:
            raise FileRefused(
                "IMAGE_TOO_LARGE", f"It has {claim.byte_count:,} bytes; at most {most:,} are accepted of a picture."
            )
        opened = await kept(self.services, context, await self.services.store.get(claim.address))
        async with self.services.database.unit_of_work() as work:
            if not await work.runs.is_being_opened(claim.run_id):
                return
            if not await work.runs.holds_file(claim.id, self.lease.token):
                return
            made = [Opened(claim.id, claim.name, opened)]
            ids = await write_pictures(self.services, work, made)
            await work.runs.move_files([claim.id], "opened", {"image_id": ids[opened.picture.address]})
            await write_inspections(work, context, made, ids)
            await work.notify(RUNS, {"run_id": str(claim.run_id)})
            await work.commit()
        self.done += 1

    def _check_attempts(self, claim: FileClaim) -> None:
        """Refuse a file that has ended its worker as often as may be; the first time, others may have done it."""
        most = self.services.settings.max_attempts
        if claim.attempts > most + 1:
            raise FileRefused("OPENING_FAILED", f"The worker ended {most} times while it opened this file alone.")

    async def _refuse(self, claim: FileClaim, code: str, detail: str) -> None:
        async with self.services.database.unit_of_work() as work:
            if not await work.runs.holds_file(claim.id, self.lease.token):
                return
            await work.runs.refuse_file(claim.id, code=code.replace("-", "_").upper(), detail=detail)
            await work.notify(RUNS, {"run_id": str(claim.run_id)})
            await work.commit()
        self.done += 1

    async def _fail(self, claim: FileClaim, error: Exception) -> None:
        """Let a file that failed rest, or refuse it when it was tried often enough; a store that is away, it awaits."""
        log.warning("file %s, attempt %d: %s", claim.id, claim.attempts, error, exc_info=error)
        lasting = isinstance(error, GONE) or not isinstance(error, StoreError)
        if lasting and claim.attempts >= self.services.settings.max_attempts:
            code = "STORE_FAILED" if isinstance(error, StoreError) else "OPENING_FAILED"
            await self._refuse(claim, code, f"{error}")
            return
        counted = None if lasting else min(claim.attempts, self.services.settings.max_attempts)
        await self._put_back(claim, rest=rest_s(claim.attempts), attempts=counted)

    async def _put_back(self, claim: FileClaim, *, rest: float = 0.0, attempts: int | None = None) -> None:
        async with self.services.database.unit_of_work() as work:
            if await work.runs.holds_file(claim.id, self.lease.token):
                await work.runs.put_back_file(claim.id, rest_s=rest, attempts=attempts)
                await work.commit()


def _head(file: BinaryIO) -> bytes:
    return file.read(HEAD_BYTES)
