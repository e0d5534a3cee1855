"""Keeping pictures: their bytes first, then the rows that name them.

1. A picture is looked at once: checked, made small, and asked what it says of itself.
2. Bytes are safe in the image store before a row names them; a crash between the two leaves bytes without a row.
3. Who is about to name an address holds it (`hold`) and sees that the bytes are there: the collector
   (`workers.collecting`) removes nothing that is held, and nothing that is named.
4. Rows of several pictures are written in the order of their addresses, so that no two who write wait crosswise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from core.image import ImageLimits, examine
from core.image_about import About, about
from core.thumbnail import thumbnail
from data.errors import BlobMissing
from data.repositories.images import Picture
from data.store import address_of
from data.unit_of_work import UnitOfWork
from workers.composition import Services


@dataclass(frozen=True)
class Examined:
    """A picture that was looked at: what its row will say, and its bytes as they came and made small."""

    picture: Picture
    data: bytes
    small: bytes


def examined(data: bytes, limits: ImageLimits) -> Examined:
    """Look at a picture.

    Raises:
        ImageRefused: it breaks a rule.
    """
    facts, frame = examine(data, limits)
    small = thumbnail(frame)
    said: About = about(data)
    size = (facts.width_px, facts.height_px, len(data))
    return Examined(Picture(address_of(data), facts.media_type, *size, address_of(small), said), data, small)


async def keep(services: Services, data: bytes) -> Picture:
    """Look at a picture, and keep its bytes and its small form; return what its row will say.

    Raises:
        ImageRefused: it breaks a rule; nothing was kept.
        StoreError: it cannot be kept.
    """
    found = await asyncio.to_thread(examined, data, services.image_limits)
    await services.store.put(found.data)
    await services.store.put(found.small)
    return found.picture


async def hold(services: Services, work: UnitOfWork, addresses: Collection[str]) -> None:
    """Hold addresses until the unit ends, for rows of it to name.

    Raises:
        BlobMissing: bytes that were stored before were collected meanwhile; store them again.
    """
    await work.blobs.hold(addresses)
    for address in addresses:
        if not await services.store.exists(address):
            raise BlobMissing(f"The picture {address} was removed before anything named it.")


async def write(services: Services, work: UnitOfWork, pictures: Iterable[Picture]) -> dict[str, UUID]:
    """Write the rows of pictures whose bytes lie in the store; return their ids by address.

    Raises:
        BlobMissing: as `hold`.
    """
    distinct = {picture.address: picture for picture in pictures}
    named = {address for each in distinct.values() for address in (each.address, each.thumbnail) if address}
    await hold(services, work, named)
    return await work.images.add_all(distinct.values())
