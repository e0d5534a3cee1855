"""Resuming: a file that comes piece by piece, over any number of connections and lives of the server.

1. How far it has come is what lies on the disk, under the file's id. A piece begins there or is refused.
2. A piece that is cut off is kept as far as it came; one that carries a checksum counts whole or not at all.
3. With its last byte it is stored (`workers.adopting`), before that is acknowledged. Whoever asks about a file that is
   whole and was not stored, for a crash between, has it stored first.
4. A run of its own (`announce`) is complete with its file; a file added to another run leaves that to its sender.
5. A file that is begun again under its idempotency key is the same file: nothing of it comes twice.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import astuple, dataclass
from typing import Protocol
from uuid import UUID

from data.channels import RUNS
from data.errors import DigestMismatch, IdempotencyMismatch, NotFound, OffsetMismatch, UploadEnded, UploadTooLong
from data.incoming import IncomingFile
from data.queries import uploads
from data.queries.uploads import Upload
from data.repositories.idempotency import Made
from data.unit_of_work import UnitOfWork
from workers.adopting import TOUCH_S, adopt, ended, look, touch
from workers.composition import Services
from workers.receiving import LOCAL, Announced, RunParticulars, Sender, begin

WAIT_S = 1.0
"""How long a request that goes on with a file waits for the connection that was cut to be noticed."""


class Hasher(Protocol):
    """A digest in the making, of `hashlib`."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        ...

    def digest(self) -> bytes:
        """Return the digest of all of them."""
        ...


@dataclass(frozen=True)
class Checksum:
    """What the digest of a piece must be, and the hasher that makes it."""

    expected: bytes
    hasher: Hasher


@dataclass(frozen=True)
class Progress:
    """How far a file has come: `offset` of `length` bytes are safe; `stored` once all are, and adopted."""

    file_id: UUID
    run_id: UUID
    name: str
    offset: int
    length: int
    stored: bool
    expires_in_s: float


async def announce(services: Services, particulars: RunParticulars, sender: Sender, file: Announced) -> Progress:
    """Begin a run of one file, which is complete when that is; raises what `workers.receiving.begin` does."""
    run_id = await begin(services, particulars, sender, alone=file)
    async with services.database.session() as session:
        file_id = await uploads.first_of(session, run_id)
    return await progress(services, file_id)


async def add_file(services: Services, run_id: UUID, file: Announced, sender: Sender = LOCAL) -> Progress:
    """Add a file to a run that was begun; under a key that came before, say how far the file it made has come.

    Raises:
        NotFound: there is no such run.
        UploadEnded: it takes no files any more.
        IdempotencyMismatch: the key came before, with another request.
    """
    digest = hashlib.sha256(json.dumps(["file", str(run_id), *astuple(file)]).encode()).digest()
    async with services.database.unit_of_work() as work:
        state = await work.settling.lock(run_id)
        if state is None:
            raise NotFound("run", run_id)
        file_id = await _made_before(work, sender, digest)
        if file_id is None:
            if state != "pending":
                raise UploadEnded(f"The run is {state} and takes no files any more.")
            file_id = await work.runs.add_file(run_id, file.name, byte_count=file.byte_count)
            await _remember(work, sender, digest, file_id)
            await work.notify(RUNS, {"run_id": str(run_id)})
            await work.commit()
    return await progress(services, file_id)


async def append(
    services: Services, file_id: UUID, chunks: AsyncIterator[bytes], *, offset: int, checksum: Checksum | None = None
) -> Progress:
    """Append a piece to a file; return how far it has come.

    Raises:
        NotFound: there is no such file.
        OffsetMismatch: the piece does not follow what came before.
        UploadTooLong: it holds more than was announced; none of it is kept.
        DigestMismatch: it is not what `checksum` names; none of it is kept.
        UploadEnded: the file takes no bytes any more.
        UploadBusy: somebody else is sending it.
        StoreError: it cannot be kept.
    """
    _wanted(services, await look(services, file_id))
    async with services.incoming.receiving(file_id, wait_s=WAIT_S) as file:
        found = await look(services, file_id)  # whoever sent it until now may have come to its end
        if found.state != "receiving":
            await file.remove()
        here = file.offset if found.state == "receiving" else _length(found)
        if offset != here:
            raise OffsetMismatch(here)
        if found.state == "receiving":
            await _take(services, found, file, chunks, checksum)
            await _adopt_if_whole(services, found, file)
    return await progress(services, file_id)


async def progress(services: Services, file_id: UUID) -> Progress:
    """Return how far a file has come.

    Raises:
        NotFound: there is no such file.
        UploadEnded: it takes no bytes any more.
        UploadBusy: it is being stored at this moment.
    """
    found = _wanted(services, await look(services, file_id))
    if found.state == "receiving":
        offset = await services.incoming.length(file_id)
        if offset < _length(found):
            return _progress(services, found, offset)
        async with services.incoming.receiving(file_id, wait_s=WAIT_S) as file:
            found = await look(services, file_id)
            if found.state == "receiving":
                await _adopt_if_whole(services, found, file)
        found = _wanted(services, await look(services, file_id))
    return _progress(services, found, _length(found))


async def terminate(services: Services, file_id: UUID) -> None:
    """Take a file back that has not come whole; the run that it was alone ends with it.

    Raises:
        NotFound: there is no such file.
        UploadEnded: it is stored, or has ended already.
    """
    found = await look(services, file_id)
    async with services.database.unit_of_work() as work:
        await work.settling.lock(found.run_id)
        if not await work.runs.take_back_file(file_id):
            raise UploadEnded(f"The file {found.name} came whole, or has ended already; cancel its run instead.")
        if found.completes_itself:
            await work.runs.move([found.run_id], "cancelled")
        await work.notify(RUNS, {"run_id": str(found.run_id)})
        await work.commit()
    await services.incoming.remove(file_id)


async def _made_before(work: UnitOfWork, sender: Sender, digest: bytes) -> UUID | None:
    known = await work.idempotency.known(sender.caller, sender.key, digest) if sender.key is not None else None
    return known.run_file_id if known else None


async def _remember(work: UnitOfWork, sender: Sender, digest: bytes, file_id: UUID) -> None:
    """Bind the key, if there is one; the run is locked, so that only a request for another can be first."""
    made = Made(run_file_id=file_id)
    if sender.key is not None and not await work.idempotency.remember(
        sender.caller, sender.key, request_digest=digest, made=made
    ):
        raise IdempotencyMismatch(f"The idempotency key {sender.key!r} is used at this moment, with another request.")


async def _take(
    services: Services, found: Upload, file: IncomingFile, chunks: AsyncIterator[bytes], checksum: Checksum | None
) -> None:
    """Write a piece, and see that it is on the disk."""
    begun = file.offset
    if checksum is not None:
        await file.check_from()
    try:
        await _write(services, found, file, chunks, checksum)
        if checksum is not None and checksum.hasher.digest() != checksum.expected:
            raise DigestMismatch("The bytes of this piece are not those of its checksum; they were thrown away.")
        await file.sync()
    except (UploadTooLong, DigestMismatch):
        await file.cut(begun)
        raise
    except Exception:
        await (file.sync() if checksum is None else file.cut(begun))
        raise
    if checksum is not None:
        await file.checked()
    await touch(services, found)


async def _write(
    services: Services, found: Upload, file: IncomingFile, chunks: AsyncIterator[bytes], checksum: Checksum | None
) -> None:
    touched = time.monotonic()
    async for chunk in chunks:
        if file.offset + len(chunk) > _length(found):
            raise UploadTooLong(f"{_length(found)} bytes of {found.name} were announced, and more came.")
        await file.write(chunk)
        if checksum is not None:
            checksum.hasher.update(chunk)
        if time.monotonic() - touched > TOUCH_S:
            await touch(services, found)
            touched = time.monotonic()


async def _adopt_if_whole(services: Services, found: Upload, file: IncomingFile) -> None:
    if file.offset == _length(found):
        await adopt(services, found, file)


def _wanted(services: Services, found: Upload) -> Upload:
    """Return an upload that takes bytes still, or has all.

    Raises:
        NotFound: it did not come piece by piece.
        UploadEnded: it was taken back or given up.
    """
    if found.byte_count is None:
        raise NotFound("upload", found.id)
    late = found.idle_s > services.settings.upload_kept_s or found.run_state != "pending"
    if found.state == "cancelled" or (found.state == "receiving" and late):
        raise ended(found)
    return found


def _length(found: Upload) -> int:
    return found.byte_count or 0


def _progress(services: Services, found: Upload, offset: int) -> Progress:
    left_s = services.settings.upload_kept_s - found.idle_s
    stored = found.state != "receiving"
    return Progress(found.id, found.run_id, found.name, offset, _length(found), stored, left_s)
