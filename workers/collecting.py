"""Collecting: bytes in the image store that no row names are removed, once they are old.

1. Such bytes are what a crash left between the store and the row, or an upload that was never ended. They cost room and
   nothing else, so what is in doubt stays.
2. Young bytes (`blob_grace_s`) are never looked at twice: somebody may be about to name them, who has not begun to.
3. An address is taken first (`data.repositories.blobs`), which fails while anybody who is about to name it holds it;
   then the rows are asked; then its age once more, since bytes stored again are young again; only then it is removed.
4. What the spool of this state folder names (`workers.spool`) is left, however old it is.
5. A clock that was set makes nothing old at one sight (`workers.seen_twice`), unless a person has it collected.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from data.store import FRESH, Blob
from workers.composition import Services
from workers.seen_twice import Agrees, at_once

log = logging.getLogger(__name__)

ASKED_AT_ONCE = 500


@dataclass
class Collected:
    """What was found in the store: blobs, those that no row names, and of these the removed; bytes of the removed.

    Of a dry run, `removed` would have been.
    """

    seen: int = 0
    young: int = 0
    held: int = 0
    removed: int = 0
    removed_bytes: int = 0


async def collect(services: Services, *, dry_run: bool = False, agrees: Agrees = at_once) -> Collected:
    """Remove old bytes that no row names; return what was found. Harmless at any time, and by several at once.

    Bytes to which `agrees` says no, asked with their address and their time, are left.

    Raises:
        StoreError: the store cannot be looked through.
    """
    grace = max(timedelta(seconds=services.settings.blob_grace_s), 2 * FRESH)
    before = services.clock() - grace
    found = Collected()
    old: list[Blob] = []
    async for blob in services.store.addresses():
        found.seen += 1
        if blob.modified > before:
            found.young += 1
            continue
        old.append(blob)
        if len(old) >= ASKED_AT_ONCE:
            await _collect(services, old, found, dry_run=dry_run, agrees=agrees)
            old = []
    await _collect(services, old, found, dry_run=dry_run, agrees=agrees)
    log.info("%d of %d blobs were named by no row and %s", found.removed, found.seen, _done(dry_run))
    return found


async def _collect(services: Services, old: list[Blob], found: Collected, *, dry_run: bool, agrees: Agrees) -> None:
    """Look at some old blobs together, and at those that seem to be named by none one by one."""
    spooled = await asyncio.to_thread(
        services.spool.addresses
    )  # asked first: what leaves the spool is in a row by then
    async with services.database.unit_of_work() as work:
        unnamed = await work.blobs.unnamed([blob.address for blob in old]) - spooled
    for blob in old:
        if blob.address not in unnamed or not agrees(blob.address, blob.modified):
            continue
        if not dry_run and not await _remove(services, blob):
            found.held += 1
            continue
        found.removed += 1
        found.removed_bytes += blob.byte_count


async def _remove(services: Services, blob: Blob) -> bool:
    """Remove bytes unless somebody holds or names them, or has stored them again."""
    async with services.database.unit_of_work() as work:
        if not await work.blobs.take(blob.address) or await work.blobs.is_named(blob.address):
            return False
        if await services.store.modified(blob.address) != blob.modified:
            return False
        await services.store.delete(blob.address)
        await work.commit()  # lets go of the address
    return True


def _done(dry_run: bool) -> str:
    return "would be removed" if dry_run else "were removed"
