"""Receiving: files of a run come in, each safe in the image store before its sender is told so.

1. What was said beside the files is looked at before a byte is kept: a recipe, station or lot that does not fit makes
   no run.
2. A run that is complete takes no more files, and will be opened, whatever is killed.
3. A run begun under an idempotency key is gone on with under it: files that are stored are compared and thrown away,
   the first that is missing is received. Nothing is made twice, whoever sends it, and however many do at once.
4. One request at a time sends a file; who is second waits a little, and is then told so.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import astuple, dataclass
from uuid import UUID

from sqlalchemy import text

from data.channels import FILES, RUNS
from data.errors import DigestMismatch, IdempotencyMismatch, NotFound, UploadEnded, UploadIncomplete
from data.incoming import IncomingFile
from data.priorities import Priority
from data.queries import uploads
from data.queries.uploads import Upload
from data.repositories.idempotency import Made
from data.repositories.runs import NewRun
from data.tables import Document, RunType
from data.unit_of_work import UnitOfWork
from workers.adopting import TOUCH_S, adopt, ended, look, touch
from workers.capture import capture
from workers.composition import Services

WAIT_S = 10.0
"""How long a repeated request waits for the one that still sends the same file."""

Chunks = AsyncIterator[bytes]


@dataclass(frozen=True)
class RunParticulars:
    """What is said beside the files of a run; all may be left out, but a tray has `carrier`, `rows` and `columns`.

    The words mean what they do in `workers.intake.Particulars`.
    """

    type: RunType = "parts"
    label: str = ""
    recipe: str | None = None
    part_number: str | None = None
    station: str | None = None
    lot: str | None = None
    carrier: str | None = None
    rows: int | None = None
    columns: int | None = None

    def __post_init__(self) -> None:
        place = (self.carrier, self.rows, self.columns)
        if self.type == "tray" and not all(place):
            raise ValueError(f"expected carrier, rows and columns of a tray{_lacking(place)}")
        if self.type == "parts" and any(part is not None for part in place):
            raise ValueError("expected carrier, rows and columns with the type tray alone")

    @property
    def tray(self) -> Document | None:
        """The tray as `data.tables.run` describes it."""
        if self.type != "tray":
            return None
        return {"carrier": self.carrier, "rows": self.rows, "columns": self.columns, "corners": None}


@dataclass(frozen=True)
class Sender:
    """Who sends a run, and the key under which the same request may come again; two callers may use the same."""

    caller: str = "local"
    key: str | None = None


@dataclass(frozen=True)
class Announced:
    """The one file of a run that is complete with it."""

    name: str
    byte_count: int


LOCAL = Sender()
_WITHOUT_WAITING = text("SET LOCAL synchronous_commit = off")


def _lacking(place: tuple[object, ...]) -> str:
    """Return in words which of a tray's carrier, rows and columns were not said."""
    return "; missing: " + ", ".join(
        name for name, said in zip(("carrier", "rows", "columns"), place, strict=True) if not said
    )


async def begin(
    services: Services, particulars: RunParticulars, sender: Sender = LOCAL, *, alone: Announced | None = None
) -> UUID:
    """Begin a run to which files may be added; under a key that came before, return the run it made.

    Raises:
        NotFound: no recipe, part or station is called so.
        NothingPublished, PartAmbiguous, LotNotOpen, LotDisagrees: see `workers.capture`.
        IdempotencyMismatch: the key came before, with another request.
    """
    told = ["run", *astuple(particulars), *(astuple(alone) if alone else ())]
    digest = hashlib.sha256(json.dumps(told).encode()).digest()
    async with services.database.unit_of_work() as work:
        made = await _made_before(work, sender, digest)
        if made is not None:
            return made
        run_id = await _create(work, particulars, sender, alone=alone)
        if await _remember(work, sender, digest, run_id):
            await work.notify(RUNS, {"run_id": str(run_id)})
            await work.commit()
            return run_id
    async with services.database.unit_of_work() as work:  # the same request, at the same time, was first
        first = await _made_before(work, sender, digest)
    if first is None:
        raise RuntimeError(f"idempotency key {sender.key!r} is bound and not bound")
    return first


async def receive(
    services: Services, run_id: UUID, name: str, chunks: Chunks, *, position: int, digest: bytes | None = None
) -> UUID:
    """Receive a whole file into its place of a run; one that is there already is compared, and thrown away.

    `digest` is the SHA-256 its sender says it has. What came of a file that is cut off is thrown away.

    Raises:
        IdempotencyMismatch: another file came to that place before.
        UploadEnded: the run takes no files any more.
        UploadBusy: somebody else is sending it.
        DigestMismatch: these are not the bytes that `digest` names.
        StoreError: it cannot be kept.
    """
    found = await _placed(services, run_id, name, position)
    if found.name != name:
        raise IdempotencyMismatch(f"File {position + 1} under this key was called {found.name!r}, and now {name!r}.")
    if found.state == "receiving":
        async with services.incoming.receiving(found.id, wait_s=WAIT_S) as file:
            found = await look(services, found.id)  # whoever sent it until now may have come to its end
            if found.state == "receiving":
                await _take(services, found, file, chunks, digest)
                return found.id
            await file.remove()
    await _compare(found, chunks)
    return found.id


async def complete(services: Services, run_id: UUID, *, files: int | None = None) -> None:
    """Let a run take no more files, and have what it has opened; one that is complete already stays as it is.

    `files` is how many its sender sent, where it sent all at once.

    Raises:
        NotFound: there is no such run.
        UploadIncomplete: files of it are missing still, or it has none.
        UploadEnded: it was cancelled or given up.
        IdempotencyMismatch: it has another number of files than `files`.
    """
    async with services.database.unit_of_work() as work:
        state = await work.settling.lock(run_id)
        if state is None:
            raise NotFound("run", run_id)
        came = await uploads.received(work.session, run_id)
        if files is not None and sum(came.values()) != files:
            raise IdempotencyMismatch(f"{sum(came.values())} files came under this key before, and {files} now.")
        if state == "cancelled" or (state == "failed" and not came.keys() & {"opened", "refused"}):
            raise UploadEnded("The run was cancelled or given up and takes no files any more; begin it anew.")
        if state != "pending":
            return
        if came.get("receiving"):
            raise UploadIncomplete(f"{came['receiving']} files of the run are missing still; send or delete them.")
        if not came.get("stored"):
            raise UploadIncomplete("The run has no file yet; send some before it is completed.")
        await work.runs.complete(run_id)
        await work.notify(FILES, {"run_id": str(run_id)})
        await work.notify(RUNS, {"run_id": str(run_id)})
        await work.commit()


async def give_up(services: Services, run_id: UUID, *, code: str, detail: str) -> None:
    """End a pending run whose files will not come: it has failed, for the reason given."""
    async with services.database.unit_of_work() as work:
        if await work.settling.lock(run_id) != "pending":
            return
        missing = await uploads.receiving(work.session, run_id)
        await work.runs.move_files(missing, "cancelled")
        await work.runs.fail(run_id, code=code, detail=detail)
        await work.notify(RUNS, {"run_id": str(run_id)})
        await work.commit()
    for file_id in missing:
        await services.incoming.remove(file_id)


async def _create(work: UnitOfWork, particulars: RunParticulars, sender: Sender, *, alone: Announced | None) -> UUID:
    taken = await capture(
        work,
        recipe=particulars.recipe,
        part_number=particulars.part_number,
        station=particulars.station,
        lot=particulars.lot,
    )
    new = NewRun(
        caller=sender.caller,
        station_id=taken.station_id,
        priority=Priority.BATCH,
        type=particulars.type,
        label=particulars.label,
        lot_id=taken.lot_id,
        recipe_version_id=taken.recipe_version_id,
        tray=particulars.tray,
        completes_itself=alone is not None,
    )
    run_id = await work.runs.create(new)
    if alone is not None:
        await work.runs.add_file(run_id, alone.name, byte_count=alone.byte_count)
    return run_id


async def _made_before(work: UnitOfWork, sender: Sender, digest: bytes) -> UUID | None:
    known = await work.idempotency.known(sender.caller, sender.key, digest) if sender.key is not None else None
    return known.run_id if known else None


async def _remember(work: UnitOfWork, sender: Sender, digest: bytes, run_id: UUID) -> bool:
    if sender.key is None:
        return True
    return await work.idempotency.remember(sender.caller, sender.key, request_digest=digest, made=Made(run_id=run_id))


async def _placed(services: Services, run_id: UUID, name: str, position: int) -> Upload:
    """Return the file in a place of a run, which is made unless the run has ended without it.

    The row need not survive the machine before its file does, which waits for the disk anyway.
    """
    async with services.database.unit_of_work() as work:
        await work.session.execute(_WITHOUT_WAITING)
        try:
            file_id = await work.runs.place_file(run_id, position, name)
        except NotFound:
            state = await work.settling.lock(run_id)
            if state in {"cancelled", "failed"}:
                raise UploadEnded("The run was cancelled or given up and takes no files any more.") from None
            raise IdempotencyMismatch(f"Only {position} files came under this key before, and more now.") from None
        found = await uploads.upload(work.session, file_id)
        await work.commit()
    return found


async def _take(services: Services, found: Upload, file: IncomingFile, chunks: Chunks, digest: bytes | None) -> None:
    try:
        await file.restart()
        touched = time.monotonic()
        async for chunk in chunks:
            await file.write(chunk)
            if time.monotonic() - touched > TOUCH_S:
                await touch(services, found)
                touched = time.monotonic()
        address = await file.digest()
        if digest is not None and address != digest.hex():
            raise DigestMismatch(f"{found.name} has the SHA-256 {address}, and was said to have {digest.hex()}.")
        await adopt(services, found, file, address=address)
    except Exception:
        await file.remove()  # it will be sent from its first byte
        raise


async def _compare(found: Upload, chunks: Chunks) -> None:
    if found.address is None:
        raise ended(found)
    came = hashlib.sha256()
    async for chunk in chunks:
        came.update(chunk)
    if came.hexdigest() != found.address:
        raise IdempotencyMismatch(f"{found.name} came under this key before, with other bytes.")
