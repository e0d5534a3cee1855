"""Intake: a picture in, an inspection that cannot be lost out.

1. A picture that cannot be inspected, a recipe, station or lot that does not fit: refused before anything is kept.
   What a picture takes over from recipe, station and lot is for `workers.capture` to say.
2. The bytes are safe in the image store before the rows are written; inspection and outbox row are one transaction.
   A crash between the two leaves bytes that no row names, and nothing else.
3. Once `accept` returns, the inspection will be judged, whatever is killed.
4. A request that comes again under its idempotency key makes nothing and answers as it did the first time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from core.image import ImageFacts, probe
from data.channels import OUTBOX
from data.priorities import Priority
from data.repositories.images import Picture
from data.repositories.inspections import NewInspection, Pictured
from data.repositories.parts import Seat
from data.store import address_of
from data.unit_of_work import UnitOfWork
from workers.capture import Capture, capture
from workers.composition import Services
from workers.keeping import write

MAX_KEY = 255


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


async def accept(
    services: Services, data: bytes, particulars: Particulars = NOTHING_SAID, *, others: Sequence[Shot] = ()
) -> UUID:
    """Keep a picture, with `others` of the same unit, and have it inspected; return the inspection's id.

    Raises:
        ImageRefused: a picture breaks a rule.
        NotFound, NothingPublished, PartAmbiguous, LotNotOpen, LotDisagrees: as `workers.capture` says.
        IdempotencyMismatch: the key came before, with another request.
        StoreError: a picture cannot be kept.
    """
    shots = (Shot(data, particulars.lighting), *others)
    facts = [await asyncio.to_thread(probe, shot.data, services.image_limits) for shot in shots]
    digest = particulars.request_digest([(address_of(shot.data), shot.lighting) for shot in shots])
    async with services.database.unit_of_work() as work:  # looks only: what it makes is not kept
        made = await _made_before(work, particulars, digest)
        if made is not None:
            return made
        await _capture(work, particulars)
    addresses = [await services.store.put(shot.data) for shot in shots]
    pictures = [_picture(*kept) for kept in zip(addresses, facts, shots, strict=True)]
    async with services.database.unit_of_work() as work:
        inspection_id = await _write(services, work, particulars, pictures)
        if await _remember(work, particulars, digest, inspection_id):
            await work.notify(OUTBOX, {"priority": int(particulars.priority)})
            await work.commit()
            return inspection_id
    async with services.database.unit_of_work() as work:  # the same request, at the same time, was first
        first = await _made_before(work, particulars, digest)
    if first is None:
        raise RuntimeError(f"idempotency key {particulars.idempotency_key!r} is bound and not bound")
    return first


async def _made_before(work: UnitOfWork, particulars: Particulars, digest: bytes) -> UUID | None:
    if particulars.idempotency_key is None:
        return None
    return await work.idempotency.made(particulars.caller, particulars.idempotency_key, digest)


async def _remember(work: UnitOfWork, particulars: Particulars, digest: bytes, inspection_id: UUID) -> bool:
    if particulars.idempotency_key is None:
        return True
    caller, key = particulars.caller, particulars.idempotency_key
    return await work.idempotency.remember(caller, key, request_digest=digest, inspection_id=inspection_id)


async def _capture(work: UnitOfWork, particulars: Particulars) -> Capture:
    return await capture(
        work,
        recipe=particulars.recipe,
        part_number=particulars.part_number,
        station=particulars.station,
        lot=particulars.lot,
        captured_at=particulars.captured_at,
    )


async def _write(
    services: Services, work: UnitOfWork, particulars: Particulars, pictures: Sequence[tuple[Picture, str | None]]
) -> UUID:
    """Write the rows, in the one order that every intake keeps, so that no two wait for each other."""
    taken_over = await _capture(work, particulars)
    ids = await write(services, work, [picture for picture, _ in pictures])
    first, *others = [Pictured(ids[picture.address], lighting) for picture, lighting in pictures]
    new = NewInspection(
        id=work.new_id(),
        attempt=await work.parts.begin_attempt(taken_over.lot_id, particulars.unit_serial or None, particulars.seat),
        image_id=first.image_id,
        lighting=first.lighting,
        others=tuple(others),
        captured_at=particulars.captured_at or services.clock(),
        priority=particulars.priority,
        file_name=particulars.file_name,
        trigger_number=particulars.trigger_number,
        **vars(taken_over),
    )
    await work.inspections.add(new)
    await work.outbox.add(new.id, new.priority)
    return new.id


def _picture(address: str, facts: ImageFacts, shot: Shot) -> tuple[Picture, str | None]:
    return Picture(address, facts.media_type, facts.width_px, facts.height_px, len(shot.data)), shot.lighting
