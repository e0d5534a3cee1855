"""Intake: a picture in, an inspection that cannot be lost out.

1. A picture that cannot be inspected, a recipe, station or lot that does not fit: refused before anything is kept.
   What a picture takes over from recipe, station and lot is for `workers.capture` to say.
2. The bytes are safe in the image store before the rows are written; inspection and outbox row are one transaction.
   A crash between the two leaves bytes that no row names, and nothing else.
3. Once `accept` returns, the inspection will be judged, whatever is killed.
4. While the database is away, or has not answered for `PATIENCE_S`, what is accepted lies in the spool of this machine,
   and keeps its id (`workers.catching_up`). A commit that nobody acknowledged is spooled too: it is the same id, and is
   there once.
   What comes in later of the same line (`line_of`) is spooled behind it, until all of it is written: it overtakes none.
5. A request that comes again under its idempotency key makes nothing and answers as it did the first time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from core.image import ImageFacts, probe
from data.acting import Actor, acting
from data.outage import AWAY, PATIENCE_S, is_away
from data.priorities import Priority
from data.repositories.idempotency import Made
from data.repositories.images import Picture
from data.repositories.inspections import NewInspection, Pictured
from data.repositories.parts import Attempt, Seat
from data.store import address_of
from data.trace_parent import trace_parent
from data.unit_of_work import UnitOfWork
from workers.capture import Capture, capture
from workers.composition import Services
from workers.keeping import write
from workers.spool import Key, Record

MAX_KEY = 255
UNKNOWN = ("system:spool", None)
"""Who sent what was spooled before that was noted."""
MOMENT_S = 0.01
MOMENTS = 5


@dataclass(frozen=True)
class Particulars:
    """What comes with a picture. All of it may be left out.

    `recipe` is a recipe's id or name, or a part number; `part_number` a part number alone. Neither: the mark is read
    and not judged. `lighting` says how the picture was lit. `captured_at` (timezone-aware) is now, if not said.
    `carrier`, `row` and `column` (from 1) go together; `trigger_number` is the station's own count of its triggers.
    `idempotency_key` is the caller's own; two callers may use the same.
    """

    recipe: str | None = None
    part_number: str | None = None
    station: str | None = None
    lot: str | None = None
    unit_serial: str | None = None
    carrier: str | None = None
    row: int | None = None
    column: int | None = None
    trigger_number: int | None = None
    lighting: str | None = None
    file_name: str | None = None
    captured_at: datetime | None = None
    priority: Priority = Priority.BATCH
    idempotency_key: str | None = None
    caller: str = "local"

    def __post_init__(self) -> None:
        if self.captured_at is not None and self.captured_at.tzinfo is None:
            raise ValueError(f"expected captured_at with a time zone, got {self.captured_at}")
        if self.idempotency_key is not None and not 0 < len(self.idempotency_key) <= MAX_KEY:
            raise ValueError(f"expected an idempotency key of 1 to {MAX_KEY} characters")
        if len({part is None for part in (self.carrier, self.row, self.column)}) > 1:
            raise ValueError("expected carrier, row and column together")

    @property
    def seat(self) -> Seat | None:
        """Where the unit lies in a carrier, if that was said."""
        if self.carrier is None or self.row is None or self.column is None:
            return None
        return Seat(self.carrier, self.row, self.column)

    def request_digest(self, pictures: Sequence[tuple[str, str | None]]) -> bytes:
        """Return the SHA-256 of everything that makes this request differ from another; `pictures` with lighting."""
        asked = asdict(self) | {"captured_at": self.captured_at.isoformat() if self.captured_at else None}
        told = {name: value for name, value in asked.items() if name not in BESIDE_THE_REQUEST}
        return hashlib.sha256(json.dumps([list(map(list, pictures)), told], sort_keys=True).encode()).digest()


NOTHING_SAID = Particulars()

BESIDE_THE_REQUEST = {"file_name", "priority", "idempotency_key", "caller"}
"""Particulars that may differ between a request and its repetition."""


@dataclass(frozen=True)
class Shot:
    """A further picture of the same unit, and how it was lit."""

    data: bytes
    lighting: str | None = None


@dataclass(frozen=True)
class Intended:
    """An inspection that is to be: its pictures, with lighting, lie in the image store, its rows are not written yet.

    `came_at` (timezone-aware) is when it came in; `digest` is `Particulars.request_digest`; `actor` sent it; `trace` is
    the one that it is part of, if any.
    """

    id: UUID
    came_at: datetime
    particulars: Particulars
    digest: bytes
    pictures: tuple[tuple[Picture, str | None], ...]
    actor: Actor
    trace: str | None = None


async def accept(
    services: Services, data: bytes, particulars: Particulars = NOTHING_SAID, *, others: Sequence[Shot] = ()
) -> UUID:
    """Keep a picture, with `others` of the same unit, and have it inspected; return the inspection's id.

    While the database is away, what is to be inspected is spooled (`workers.spool`), and written when it is back.

    Raises:
        ImageRefused: a picture breaks a rule.
        NotFound, NothingPublished, PartAmbiguous, LotNotOpen, LotDisagrees: as `workers.capture` says.
        IdempotencyMismatch: the key came before, with another request.
        StoreError: a picture cannot be kept.
        SpoolFull: the database is away, and as much waits for it as may.
    """
    with services.tracing.span("intake", root=True) as span:
        inspection_id = await _accept(services, data, particulars, others)
        span.note({"marksight.inspection_id": str(inspection_id), "marksight.pictures": 1 + len(others)})
        return inspection_id


async def _accept(services: Services, data: bytes, particulars: Particulars, others: Sequence[Shot]) -> UUID:
    came_at = services.clock()
    shots = (Shot(data, particulars.lighting), *others)
    facts = [await asyncio.to_thread(probe, shot.data, services.image_limits) for shot in shots]
    digest = particulars.request_digest([(address_of(shot.data), shot.lighting) for shot in shots])
    waits = await _spooled_before(services, particulars, digest)
    if waits is not None:
        return waits
    there, taken_over = True, None
    try:
        async with asyncio.timeout(PATIENCE_S):
            made, taken_over = await _look(services, particulars, digest)
        if made is not None:
            return made
    except AWAY as error:
        there = _is_there(error)
    addresses = [await services.store.put(shot.data) for shot in shots]
    pictures = tuple(_picture(*kept) for kept in zip(addresses, facts, shots, strict=True))
    whose = acting(), trace_parent()
    intended = Intended(services.database.ids(), came_at, particulars, digest, pictures, *whose)
    try:
        if there and not await must_wait(services, particulars):
            async with asyncio.timeout(PATIENCE_S):
                return await _into_the_database(services, intended, taken_over)
    except AWAY as error:
        _is_there(error)
    return await asyncio.to_thread(services.spool.add, record_of(intended))


async def _spooled_before(services: Services, particulars: Particulars, digest: bytes) -> UUID | None:
    """Return what the same request is to be, if it came while the database was away and is not written yet."""
    key = _key(particulars, digest)
    return await asyncio.to_thread(services.spool.waits_under, key) if key else None


async def must_wait(services: Services, particulars: Particulars) -> bool:
    """Tell whether a picture must go behind others of its line that are spooled; a few are waited for.

    So a sender who sends without a pause comes to the end of the line: it would find its last picture there otherwise.
    """
    line = line_of(particulars)
    if line is None:
        return False
    for _ in range(MOMENTS):
        if not await asyncio.to_thread(services.spool.holds, line):
            return False
        await asyncio.sleep(MOMENT_S)
    return True


def line_of(particulars: Particulars) -> str | None:
    """Return what a picture must keep its place among: its lot, or else its unit; None for a loose part of no lot.

    In which order they are written numbers the attempts at a unit, and says which unit of a lot came first.
    """
    said = particulars
    if said.lot:
        return json.dumps(["lot", said.lot])
    if said.unit_serial:
        return json.dumps(["serial", said.unit_serial])
    return json.dumps(["carrier", said.carrier]) if said.carrier else None


def _key(particulars: Particulars, digest: bytes) -> Key | None:
    name = particulars.idempotency_key
    return Key(particulars.caller, name, digest.hex()) if name else None


def _is_there(error: BaseException) -> bool:
    """Return False where an error says that the database is away; raise any other."""
    if not is_away(error):
        raise error
    return False


async def _look(services: Services, particulars: Particulars, digest: bytes) -> tuple[UUID | None, Capture | None]:
    """See that the particulars fit; return what the same request made before, or else what is taken over.

    A lot is looked at once more where the rows are written: it may be closed meanwhile, and none is begun here.
    """
    async with services.database.unit_of_work(planned_once=True) as work:
        made = await made_before(work, particulars, digest)
        if made is not None:
            return made, None
        taken_over = await _capture(work, particulars, None)
        if particulars.lot:
            return None, None
        await work.commit()  # the default station, if that was made
        return None, taken_over


async def _into_the_database(services: Services, intended: Intended, taken_over: Capture | None) -> UUID:
    await note(services, {intended.id: intended})
    async with services.database.unit_of_work(planned_once=True) as work:
        if await write_down(services, work, intended, taken_over=taken_over):
            await work.commit()
            return intended.id
    async with services.database.unit_of_work() as work:  # the same request, at the same time, was first
        first = await made_before(work, intended.particulars, intended.digest)
    if first is None:
        raise RuntimeError(f"idempotency key {intended.particulars.idempotency_key!r} is bound and not bound")
    await note(services, {first: intended})
    return first


async def note(services: Services, intended: Mapping[UUID, Intended]) -> None:
    """Note what requests are to be, by id, before they are written: whoever is not told of it may come again.

    That is, of a server that is killed after its commit, while the database is away.
    """
    keyed = {id_: _key(each.particulars, each.digest) for id_, each in intended.items()}
    for id_, key in keyed.items():
        if key is not None:
            await asyncio.to_thread(services.spool.notes.add, key, id_)


async def made_before(work: UnitOfWork, particulars: Particulars, digest: bytes) -> UUID | None:
    """Return the inspection that the same request made before, under its key.

    Raises:
        IdempotencyMismatch: the key came before, with another request.
    """
    if particulars.idempotency_key is None:
        return None
    return await work.idempotency.made(particulars.caller, particulars.idempotency_key, digest)


async def write_down(
    services: Services,
    work: UnitOfWork,
    intended: Intended,
    *,
    in_force_at: datetime | None = None,
    taken_over: Capture | None = None,
) -> bool:
    """Write the rows, in the one order that every intake keeps, so that no two wait for each other.

    False if another, at the same time, has bound the key; nothing of this unit may be kept then. `in_force_at` is for
    what came in a while ago: the recipe version judges that was in force then. `taken_over` is what was captured, if it
    was.

    Raises:
        NotFound, NothingPublished, PartAmbiguous, LotNotOpen, LotDisagrees: as `workers.capture` says.
    """
    particulars = intended.particulars
    if taken_over is None:
        taken_over = await _capture(work, particulars, in_force_at)
    ids = await write(services, work, [picture for picture, _ in intended.pictures])
    attempt = await work.parts.begin_attempt(taken_over.lot_id, particulars.unit_serial or None, particulars.seat)
    await work.arrivals.add(inspection_of(intended, taken_over, attempt, ids))
    return await remember(work, intended)


def inspection_of(intended: Intended, taken_over: Capture, attempt: Attempt, ids: Mapping[str, UUID]) -> NewInspection:
    """Return the inspection as it is written; `ids` are those of its pictures' rows, by address."""
    particulars = intended.particulars
    first, *others = [Pictured(ids[picture.address], lighting) for picture, lighting in intended.pictures]
    return NewInspection(
        id=intended.id,
        attempt=attempt,
        image_id=first.image_id,
        lighting=first.lighting,
        others=tuple(others),
        captured_at=particulars.captured_at or intended.came_at,
        priority=particulars.priority,
        file_name=particulars.file_name,
        trigger_number=particulars.trigger_number,
        **vars(taken_over),
    )


async def remember(work: UnitOfWork, intended: Intended) -> bool:
    """Bind the key, if there is one, to the inspection; False if it is bound already."""
    caller, key = intended.particulars.caller, intended.particulars.idempotency_key
    if key is None:
        return True
    return await work.idempotency.remember(caller, key, request_digest=intended.digest, made=Made(intended.id))


async def _capture(work: UnitOfWork, particulars: Particulars, in_force_at: datetime | None) -> Capture:
    return await capture(
        work,
        recipe=particulars.recipe,
        part_number=particulars.part_number,
        station=particulars.station,
        lot=particulars.lot,
        captured_at=particulars.captured_at or in_force_at,
        in_force_at=in_force_at,
    )


def record_of(intended: Intended) -> Record:
    """Return an inspection that is to be as the spool keeps it; `intended_of` is its inverse."""
    particulars, pictures = intended.particulars, [picture for picture, _ in intended.pictures]
    captured_at = particulars.captured_at
    said = {
        "particulars": asdict(particulars) | {"captured_at": captured_at.isoformat() if captured_at else None},
        "pictures": [[asdict(picture), lighting] for picture, lighting in intended.pictures],
        "digest": intended.digest.hex(),
        "actor": [intended.actor.name, intended.actor.request_id],
        "trace": intended.trace,
        "addresses": sorted({name for each in pictures for name in (each.address, each.thumbnail) if name}),
    }
    byte_count = sum(picture.byte_count for picture in pictures)
    bound = _key(particulars, intended.digest)
    line = line_of(particulars)
    return Record(intended.id, intended.came_at, captured_at or intended.came_at, byte_count, said, bound, line)


def intended_of(record: Record) -> Intended:
    """Return the inspection that a record of the spool is to be.

    Raises:
        KeyError, TypeError, ValueError: it is none of ours.
    """
    told = dict(record.said["particulars"])
    captured_at = datetime.fromisoformat(told["captured_at"]) if told["captured_at"] else None
    told |= {"captured_at": captured_at, "priority": Priority(told["priority"])}
    pictures = tuple((Picture(**picture), lighting) for picture, lighting in record.said["pictures"])
    digest, actor = bytes.fromhex(record.said["digest"]), Actor(*record.said.get("actor", UNKNOWN))
    trace = record.said.get("trace")  # which those that were spooled by an older program do not say
    return Intended(record.id, record.came_at, Particulars(**told), digest, pictures, actor, trace)


def _picture(address: str, facts: ImageFacts, shot: Shot) -> tuple[Picture, str | None]:
    return Picture(address, facts.media_type, facts.width_px, facts.height_px, len(shot.data)), shot.lighting
