"""The rows that an opened file makes: its picture, and an inspection for each unit that it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from core.errors import ImageRefused
from core.ids import uuid7_time
from core.region import Region
from core.tray import Place, Tray, places
from data.channels import OUTBOX
from data.queries.opening import RunContext
from data.repositories.images import Picture
from data.repositories.inspections import NewInspection
from data.repositories.parts import Seat
from data.unit_of_work import UnitOfWork
from workers.composition import Services
from workers.keeping import keep, write

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


async def kept(services: Services, context: RunContext, data: bytes) -> Kept:
    """Look at the bytes of a picture and keep them; say where its units lie.

    Raises:
        ImageRefused: it breaks a rule, or is too small for the run's tray.
        StoreError: it cannot be kept.
    """
    picture = await keep(services, data)
    if context.type != "tray":
        return Kept(picture, (None,))
    try:
        tray = Tray.from_document(context.tray or {})
        return Kept(picture, places(tray, (picture.width_px, picture.height_px)))
    except ValueError as error:
        raise ImageRefused("tray-does-not-fit", f"The run's tray does not fit this picture: {error}.") from error


async def write_pictures(services: Services, work: UnitOfWork, opened: Sequence[Opened]) -> dict[str, UUID]:
    """Write the rows of pictures; return their ids by address.

    Raises:
        BlobMissing: as `workers.keeping.hold`.
    """
    return await write(services, work, [each.kept.picture for each in opened])


async def write_inspections(
    work: UnitOfWork, context: RunContext, opened: Sequence[Opened], image_ids: Mapping[str, UUID]
) -> None:
    """Write the inspections of files whose rows and pictures are there."""
    new = [
        await _inspection(work, context, each, image_ids[each.kept.picture.address], place)
        for each in opened
        for place in each.kept.places
    ]
    for begin in range(0, len(new), ROWS_AT_ONCE):
        some = new[begin : begin + ROWS_AT_ONCE]
        await work.inspections.add_all(some)
        await work.outbox.add_all([each.id for each in some], context.priority, run_id=context.run_id)
    if new:
        await work.notify(OUTBOX, {"priority": context.priority})


async def _inspection(
    work: UnitOfWork, context: RunContext, opened: Opened, image_id: UUID, place: Place | None
) -> NewInspection:
    seat = None if place is None else Seat(str((context.tray or {})["carrier"]), place.row, place.column)
    return NewInspection(
        id=work.new_id(),
        attempt=await work.parts.begin_attempt(context.lot_id, None, seat),
        station_id=context.station_id,
        image_id=image_id,
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
