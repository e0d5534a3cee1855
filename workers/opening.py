"""Opening: stored files in, inspections out.

1. A worker claims files under a lease. What a file makes is written in one transaction with its end, only while the
   lease and the run still stand: a file is opened once, whoever is killed.
2. A file that cannot be opened is refused with the reason, and takes no other with it. What the program fails on rests
   and is tried again; a store that is away is awaited. A file that was claimed before is claimed alone, so that one
   that ends its worker takes nothing with it; after `max_attempts` alone it is refused.
3. Pictures are looked at one by one and written several at a time (`workers.opening_pictures`); what cannot be written
   together is written one by one.
4. An archive is opened in slices, each in one transaction that says how far it has come (`members_done`); whoever
   claims it next goes on there. After a worker was lost in it, its members go one by one, so that the one that did it
   is known, and refused alone.
5. Nobody waits for opening longer than a slice: between two of them, what is more urgent is inspected first.
6. Memory is bounded by one picture, one archive's directory and some small bytes on their way to the disk, however
   large file and run are.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import BinaryIO
from uuid import UUID

from core.archive import archive_kind
from core.errors import ImageRefused
from data.channels import RUNS
from data.concerning import concerning
from data.errors import BlobDamaged, BlobMissing, StoreError
from data.outage import is_away
from data.priorities import Priority
from data.repositories.outbox import Lease
from data.repositories.runs import FileClaim
from workers import opening_archive
from workers.archives import CHUNK_BYTES, FileRefused, read
from workers.claiming import RENEWED_AFTER
from workers.composition import Services
from workers.inspecting import inspect_urgent, rest_s
from workers.opening_pictures import Pictures
from workers.pulse import NoProcess, Pulse

log = logging.getLogger(__name__)

FILES_AT_ONCE = 16
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
        with concerning(run_id=claims[0].run_id):
            await opening.open_all(claims)
            await opening.settle(claims[0].run_id)
    return opening.done


class Opening:
    """One worker's way through stored files, under one lease."""

    def __init__(self, services: Services, holder: str, seconds: float, pulse: Pulse) -> None:
        self.services = services
        self.lease = Lease(services.database.ids(), services.settings.lease_s, holder)
        self.done = 0
        self._pulse = pulse
        self._asked = False
        self._end = time.monotonic() + seconds
        self._renewed = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether the turn of opening is over."""
        return self._pulse.stopping or time.monotonic() >= self._end

    def go_on_for(self, seconds: float) -> None:
        """Let the turn last for at least so long from now on."""
        self._end = max(self._end, time.monotonic() + seconds)

    async def claim(self) -> list[FileClaim]:
        """Claim some files of a run."""
        async with self.services.database.unit_of_work() as work:
            claims = await work.runs.claim_files(self.lease, FILES_AT_ONCE)
            await work.commit()
        self._renewed = time.monotonic()
        return claims

    async def open_all(self, claims: Sequence[FileClaim]) -> None:
        """Open files of a run that were claimed together; what the turn is too short for waits again."""
        pictures = Pictures(self.services, claims[0].run_id, self.lease, self._fail)
        for place, claim in enumerate(claims):
            if pictures.none_waits:
                await self.between()
            if self.over:
                for each in claims[place:]:
                    await self._put_back(each, attempts=0)
                break
            await self._open(claim, pictures)
            if pictures.is_due:
                await pictures.write()
        await pictures.write()
        self.done += pictures.done

    async def between(self) -> None:
        """Do what is due between two pieces of work: hold what is held, and let the urgent overtake.

        Asked for the first time it looks for the urgent, told of some or not: it may have come before this turn.
        """
        if time.monotonic() - self._renewed >= self.lease.seconds * RENEWED_AFTER:
            async with self.services.database.unit_of_work() as work:
                await work.runs.renew_files(self.lease)
                await work.commit()
            self._renewed = time.monotonic()
        if self._pulse.urgent_beyond(Priority.BATCH) or not self._asked:
            await inspect_urgent(self.services, than=Priority.BATCH, holder=self.lease.holder, pulse=self._pulse)
        self._asked = True
        self._pulse.beat(self.services.settings.step_timeout_s)

    async def settle(self, run_id: UUID) -> None:
        """Bring a run on, if these were its last files."""
        async with self.services.database.unit_of_work() as work:
            if await work.settling.settle([run_id]):
                await work.notify(RUNS, {"run_id": str(run_id)})
                await work.commit()

    async def _open(self, claim: FileClaim, pictures: Pictures) -> None:
        """Open a file: a picture is looked at, to be written with others, an archive opened by itself."""
        try:
            await self._look(claim, pictures)
        except (FileRefused, ImageRefused) as error:
            pictures.refuse(claim, error)
        except Exception as error:  # one file's boundary: it fails alone and takes no other with it
            if is_away(error):
                raise
            await self._fail(claim, error)

    async def _look(self, claim: FileClaim, pictures: Pictures) -> None:
        with ExitStack() as stack:
            file, data = await asyncio.to_thread(_begun, stack, self.services.store.open(claim.address))
            kind = archive_kind(data)
            self._check_attempts(claim)
            if kind == "zip":
                await pictures.write()
                await opening_archive.open_archive(self, claim, await pictures.context(), file)
                return
            if kind is not None:
                raise FileRefused("ARCHIVE_UNSUPPORTED", f"{kind} archives are not opened; send a zip.")
            most = self.services.settings.max_image_bytes
            if claim.byte_count > most:
                raise FileRefused(
                    "IMAGE_TOO_LARGE", f"It has {claim.byte_count:,} bytes; at most {most:,} are accepted of a picture."
                )
            if claim.byte_count > len(data):
                data += await asyncio.to_thread(read, file)
        await pictures.take(claim, data)

    def _check_attempts(self, claim: FileClaim) -> None:
        """Refuse a file that has ended its worker as often as may be; the first time, others may have done it."""
        most = self.services.settings.max_attempts
        if claim.attempts > most + 1:
            raise FileRefused("OPENING_FAILED", f"The worker ended {most} times while it opened this file alone.")

    async def _refuse(self, claim: FileClaim, code: str, detail: str) -> None:
        async with self.services.database.unit_of_work() as work:
            if not await work.runs.holds_file(claim.id, self.lease.token):
                return
            await work.runs.refuse_file(claim.id, code=code, detail=detail)
            await work.notify(RUNS, {"run_id": str(claim.run_id)})
            await work.commit()
        self.done += 1

    async def _fail(self, claim: FileClaim, error: Exception) -> None:
        """Let a file that failed rest, or refuse it when it was tried often enough; a store that is away, it awaits."""
        log.warning("file %s, attempt %d: %s", claim.id, claim.attempts, error, exc_info=error)
        lasting = isinstance(error, GONE) or not isinstance(error, StoreError)
        most = self.services.settings.max_attempts
        if lasting and claim.attempts >= most:
            code = "STORE_FAILED" if isinstance(error, StoreError) else "OPENING_FAILED"
            await self._refuse(claim, code, f"{error}")
            return
        counted = None if lasting else min(claim.attempts, most - 1)  # the next one is never one too many
        await self._put_back(claim, rest=rest_s(claim.attempts), attempts=counted)

    async def _put_back(self, claim: FileClaim, *, rest: float = 0.0, attempts: int | None = None) -> None:
        async with self.services.database.unit_of_work() as work:
            if await work.runs.holds_file(claim.id, self.lease.token):
                await work.runs.put_back_file(claim.id, rest_s=rest, attempts=attempts)
                await work.commit()


def _begun(stack: ExitStack, opening: AbstractContextManager[BinaryIO]) -> tuple[BinaryIO, bytes]:
    """Open a file; return it with its first bytes, which are all of a small one."""
    file = stack.enter_context(opening)
    return file, read(file, CHUNK_BYTES)
