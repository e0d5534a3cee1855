"""Adopting: an incoming file that is whole becomes a stored file of its run.

1. The bytes lie in the image store, flushed, before the row says so; they are held against the store's collector until
   the row names them.
2. The row is written once, and only while the file is still wanted. Then alone the incoming file goes.
3. Rows are locked in the order that all keep: the run, then its file.
"""

from __future__ import annotations

from uuid import UUID

from data.channels import FILES, RUNS
from data.errors import StoreError, UploadEnded
from data.incoming import IncomingFile
from data.outage import AWAY, is_away
from data.queries import uploads
from data.queries.uploads import Upload
from data.unit_of_work import UnitOfWork
from workers.composition import Services

TOUCH_S = 10.0
"""How often a file on its way is looked at: whether it is still wanted, and so that it is not given up."""


async def look(services: Services, file_id: UUID) -> Upload:
    """Return a file as its row is now.

    Raises:
        NotFound: there is no such file.
    """
    async with services.database.session() as session:
        return await uploads.upload(session, file_id)


async def touch(services: Services, found: Upload) -> None:
    """Note that bytes of a file come in. A database that is away is no reason to stop taking them.

    Raises:
        UploadEnded: nobody wants them any more.
    """
    try:
        async with services.database.unit_of_work() as work:
            still = await work.runs.touch_file(found.id)
            await work.commit()
    except AWAY as error:
        if not is_away(error):
            raise
        return
    if not still:
        raise ended(found)


async def adopt(services: Services, found: Upload, file: IncomingFile, *, address: str | None = None) -> None:
    """Have the image store keep an incoming file that is whole, and write so; `address` if it is known already.

    Raises:
        UploadEnded: nobody wants it any more.
        StoreError: it cannot be kept; it stays among the incoming files.
    """
    await file.sync()
    told = address or await file.digest()
    await services.store.adopt(file.path, told)
    async with services.database.unit_of_work() as work:
        stored = await _write(services, work, found, address=told, byte_count=file.offset)
        await work.commit()
    await file.remove()
    if not stored:
        raise ended(found)


def ended(found: Upload) -> UploadEnded:
    """Return what is said of a file that nobody wants any more."""
    return UploadEnded(f"The upload of {found.name} has ended: it was taken back or given up, or its run was.")


async def _write(services: Services, work: UnitOfWork, found: Upload, *, address: str, byte_count: int) -> bool:
    if found.completes_itself:
        await work.settling.lock(found.run_id)
    await work.blobs.hold([address])
    if not await services.store.exists(address):
        raise StoreError("What was stored was collected at this moment; send the last piece again.")
    if not await work.runs.store_file(found.id, address, byte_count):
        return False
    if found.completes_itself and await work.runs.complete(found.run_id):
        await work.notify(FILES, {"run_id": str(found.run_id)})
    await work.notify(RUNS, {"run_id": str(found.run_id)})
    return True
