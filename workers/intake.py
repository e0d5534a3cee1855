"""Intake: a picture in, an inspection that cannot be lost out.

1. A picture that cannot be inspected, a recipe, station or lot that does not fit: refused before anything is kept.
2. The bytes are safe in the image store before the rows are written; inspection and outbox row are one transaction.
   A crash between the two leaves bytes that no row names, and nothing else.
3. Once `accept` returns, the inspection will be judged, whatever is killed.
4. A request that comes again under its idempotency key makes nothing and answers as it did the first time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.image import ImageFacts, probe
from data.channels import OUTBOX
from data.priorities import Priority
from data.queries import recipes
from data.repositories.images import Picture
from data.repositories.inspections import NewInspection
from data.store import address_of
from data.unit_of_work import UnitOfWork
from workers.composition import Services

MAX_KEY = 255


@dataclass(frozen=True)
class Particulars:
    """What comes with a picture. All of it may be left out.

    `recipe` is a recipe's id or name, or a part number; `part_number` a part number alone. Neither: the mark is read
    and not judged. `lighting` says how the picture was lit. `captured_at` (timezone-aware) is now, if not said.
    `idempotency_key` is the caller's own; two callers may use the same.
    """

    recipe: str | None = None
    part_number: str | None = None
    station: str | None = None
    lot: str | None = None
    unit_serial: str | None = None
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

    def request_digest(self, address: str) -> bytes:
        """Return the SHA-256 of everything that makes this request differ from another."""
        captured_at = self.captured_at.isoformat() if self.captured_at else None
        told = [address, self.recipe, self.part_number, self.station, self.lot, self.unit_serial, self.lighting]
        return hashlib.sha256(json.dumps([*told, captured_at]).encode()).digest()


NOTHING_SAID = Particulars()


async def accept(services: Services, data: bytes, particulars: Particulars = NOTHING_SAID) -> UUID:
    """Keep a picture and have it inspected; return the inspection's id.

    Raises:
        ImageRefused: the picture breaks a rule.
        NotFound: no recipe, part or station is called so.
        NothingPublished: the recipe has drafts only.
        LotNotOpen: the lot is held or closed.
        IdempotencyMismatch: the key came before, with another request.
        StoreError: the picture cannot be kept.
    """
    facts = await asyncio.to_thread(probe, data, services.image_limits)
    digest = particulars.request_digest(address_of(data))
    async with services.database.unit_of_work() as work:  # looks only, and holds nothing up
        made = await _made_before(work, particulars, digest)
        if made is not None:
            return made
        version_id = await _version(work, particulars)
        await _check_place(work, particulars)
    picture = _picture(await services.store.put(data), facts, len(data))
    async with services.database.unit_of_work() as work:
        inspection_id = await _write(services, work, particulars, picture=picture, version_id=version_id)
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


async def _version(work: UnitOfWork, particulars: Particulars) -> UUID | None:
    """Return the recipe version that will judge: the one in force now."""
    if particulars.recipe:
        return (await recipes.in_force(work.session, particulars.recipe)).id
    if particulars.part_number:
        return (await recipes.for_part(work.session, particulars.part_number)).id
    return None


async def _check_place(work: UnitOfWork, particulars: Particulars) -> None:
    await work.plant.check_station(particulars.station)
    if particulars.lot:
        await work.parts.check_lot(particulars.lot)


async def _write(
    services: Services, work: UnitOfWork, particulars: Particulars, *, picture: Picture, version_id: UUID | None
) -> UUID:
    """Write the rows, in the one order that every intake keeps, so that no two wait for each other."""
    station_id = await work.plant.station_id(particulars.station)
    lot_id = await work.parts.open_lot(particulars.lot) if particulars.lot else None
    image_id = await work.images.add(picture)
    new = NewInspection(
        id=work.new_id(),
        attempt=await work.parts.begin_attempt(lot_id, particulars.unit_serial or None),
        station_id=station_id,
        image_id=image_id,
        captured_at=particulars.captured_at or services.clock(),
        priority=particulars.priority,
        lot_id=lot_id,
        recipe_version_id=version_id,
        file_name=particulars.file_name,
        lighting=particulars.lighting,
    )
    await work.inspections.add(new)
    await work.outbox.add(new.id, new.priority)
    return new.id


def _picture(address: str, facts: ImageFacts, byte_count: int) -> Picture:
    return Picture(address, facts.media_type, facts.width_px, facts.height_px, byte_count)
