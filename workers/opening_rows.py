"""The rows that an opened file makes: its picture, and an inspection for each unit that it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from core.errors import ImageRefused
from core.ids import uuid7_time
from core.region import Region
from core.tray import Place, Tray, places
from data.channels import OUTBOX
from data.errors import BlobDamaged
from data.queries.opening import RunContext
from data.repositories.images import Picture
from data.repositories.inspections import NewInspection
from data.repositories.parts import Attempt, Seat, Sought
from data.store import address_of
from data.unit_of_work import UnitOfWork
from workers.archives import FileRefused
from workers.composition import Services
from workers.keeping import Examined, examined, write
from workers.opening_bytes import Putting

ROWS_AT_ONCE = 500
"""Rows of one statement; each takes 14 of the 32,767 parameters that one may have."""


@dataclass(frozen=True)
class Kept:
    """A picture that lies in the store, and the places of its units; None: it shows one, everywhere."""

    picture: Picture
    places: tuple[Place | None, ...]


@dataclass(frozen=True)
class Opened:
    """A file, or an archive's member, that was opened: the id and the name of its row, and what it shows."""

    file_id: UUID
    name: str
    kept: Kept


async def kept(
    services: Services, context: RunContext, putting: Putting, data: bytes, *, address: str | None = None
) -> Kept:
    """Look at the bytes of a picture and begin to keep them; say where its units lie.

    `address` is where they lie in the store, if they came from there: then only its small form is kept.

    Raises:
        ImageRefused: it breaks a rule, or is too small for the run's tray.
        BlobDamaged: they are not what `address` names.
        StoreError: they cannot be kept.
    """
    found = await asyncio.to_thread(_examined, services, data, address)
    picture = found.picture
    shown = _places(context, picture)
    for each in (found.small,) if address else (found.data, found.small):
        await putting.put(each)
    return Kept(picture, shown)


def _examined(services: Services, data: bytes, address: str | None) -> Examined:
    if address is not None and address_of(data) != address:
        raise BlobDamaged(f"The file {address} is damaged in the image store.")
    return examined(data, services.image_limits)


def _places(context: RunContext, picture: Picture) -> tuple[Place | None, ...]:
    if context.type != "tray":
        return (None,)
    try:
        return tuple(places(Tray.from_document(context.tray or {}), (picture.width_px, picture.height_px)))
    except ValueError as error:
        raise ImageRefused("tray-does-not-fit", f"The run's tray does not fit this picture: {error}.") from error


def code_of(error: FileRefused | ImageRefused) -> str:
    """Return the code under which a refusal is kept."""
    return error.code.replace("-", "_").upper()


async def write_pictures(services: Services, work: UnitOfWork, opened: Sequence[Opened]) -> dict[str, UUID]:
    """Write the rows of pictures; return their ids by address.

    Raises:
        BlobMissing: as `workers.keeping.hold`.
    """
    if not opened:
        return {}
    return await write(services, work, [each.kept.picture for each in opened])


async def write_inspections(
    work: UnitOfWork, context: RunContext, opened: Sequence[Opened], image_ids: Mapping[str, UUID]
) -> None:
    """Write the inspections of files whose rows and pictures are there."""
    shown = [(each, place) for each in opened for place in each.kept.places]
    attempts = await work.parts.begin_attempts([_sought(context, place) for _, place in shown])
    new = [
        _inspection(work.new_id(), context, each, attempt=attempt, place=place, image_ids=image_ids)
        for (each, place), attempt in zip(shown, attempts, strict=True)
    ]
    for begin in range(0, len(new), ROWS_AT_ONCE):
        some = new[begin : begin + ROWS_AT_ONCE]
        await work.inspections.add_all(some)
        await work.outbox.add_all([each.id for each in some], context.priority, run_id=context.run_id)
    if new:
        await work.notify(OUTBOX, {"priority": context.priority})


def _sought(context: RunContext, place: Place | None) -> Sought:
    """Return the unit that a picture of the run shows there: of a tray, by its seat; else a loose part."""
    if context.type != "tray" or place is None:
        return Sought(context.lot_id)
    return Sought(context.lot_id, seat=Seat(str((context.tray or {})["carrier"]), place.row, place.column))


def _inspection(
    id_: UUID,
    context: RunContext,
    opened: Opened,
    *,
    attempt: Attempt,
    place: Place | None,
    image_ids: Mapping[str, UUID],
) -> NewInspection:
    return NewInspection(
        id=id_,
        attempt=attempt,
        station_id=context.station_id,
        image_id=image_ids[opened.kept.picture.address],
        captured_at=uuid7_time(opened.file_id),
        priority=context.priority,
        lot_id=context.lot_id,
        recipe_version_id=context.recipe_version_id,
        file_name=opened.name,
        run_id=context.run_id,
        run_file_id=opened.file_id,
        lot_texts=context.lot_texts,
        lot_on_hold=context.lot_on_hold,
        region=None if place is None else Region(place.quad).to_document(),
    )
