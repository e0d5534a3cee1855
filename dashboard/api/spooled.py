"""How an inspection is shown that lies in the spool: its picture is safe, its rows are not written yet."""

from __future__ import annotations

import asyncio
from uuid import UUID

from dashboard.api.errors import RETRY_AFTER_S, ApiProblem
from dashboard.api.schemas import ImageRef, InspectionView
from data.repositories.plant import DEFAULT_NAME
from workers.composition import Services
from workers.intake import intended_of
from workers.spool import Record


async def spooled(services: Services, inspection_id: UUID) -> InspectionView | None:
    """Return what is known of an inspection that is spooled here, or None if it is not."""
    record = await asyncio.to_thread(services.spool.get, inspection_id)
    return None if record is None else _view(record)


async def refuse_spooled(services: Services, inspection_id: UUID) -> None:
    """Put off whoever asks for an inspection that is spooled here.

    Raises:
        ApiProblem: it is.
    """
    if await asyncio.to_thread(services.spool.get, inspection_id) is not None:
        raise ApiProblem(
            "inspection-spooled",
            f"Inspection {inspection_id} is not written yet: the database is away, or was, and others come before it.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )


def _view(record: Record) -> InspectionView:
    """Return the view of an inspection to be; which recipe version judges it, and its attempt, are not known yet."""
    intended = intended_of(record)
    told, (picture, _) = intended.particulars, intended.pictures[0]
    url = f"/v1/inspections/{record.id}"
    image = ImageRef(
        id=None,
        media_type=picture.media_type,
        width_px=picture.width_px,
        height_px=picture.height_px,
        bytes=picture.byte_count,
        url=f"{url}/image",
    )
    nothing = dict.fromkeys(("finished_at", "verdict", "disposition", "score", "confidence", "recipe", "error"))
    unjudged = dict.fromkeys(("evidence", "signal_version", "digest"))
    return InspectionView(
        id=record.id,
        state="received",
        created_at=record.came_at,
        captured_at=record.captured_at,
        reasons=[],
        image=image,
        station=told.station or DEFAULT_NAME,
        lot=told.lot,
        unit_serial=told.unit_serial,
        attempt=0,
        file_name=told.file_name,
        url=url,
        **nothing,
        **unjudged,
    )
