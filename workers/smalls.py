"""Pictures made small by the worker that has them decoded anyway; kept after the verdicts, for which somebody may wait.

What is lost with the worker is not made again: a page shows the picture itself then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from core.frame import Frame
from core.image_about import About, about
from core.thumbnail import thumbnail
from data.errors import StoreError
from data.outage import is_away
from workers.composition import Services
from workers.keeping import hold

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Small:
    """A picture of the store made small: its address and the id of its row, the JPEG, and what its file says."""

    address: str
    image_id: UUID
    data: bytes
    about: About


def made_small(frame: Frame, data: bytes, *, address: str, image_id: UUID) -> Small:
    """Return a decoded picture made small; `data` are its bytes as they came."""
    return Small(address, image_id, thumbnail(frame), about(data))


async def keep_small(services: Services, smalls: Iterable[Small]) -> None:
    """Keep what was made small, each once; what cannot be kept is left."""
    each_once = sorted({small.image_id: small for small in smalls}.values(), key=lambda small: small.address)
    if not each_once:
        return
    try:
        addresses = [await services.store.put(small.data) for small in each_once]
        async with services.database.unit_of_work() as work:
            await hold(services, work, addresses)
            for small, address in zip(each_once, addresses, strict=True):
                await work.images.describe(small.image_id, address, small.about)
            await work.commit()
    except Exception as error:
        if not isinstance(error, StoreError) and not is_away(error):
            raise
        log.warning("%d pictures made small could not be kept: %s", len(each_once), error)
