"""Pictures made small by the worker that has them decoded anyway.

1. Where somebody waits for the verdict, they are made and kept in other threads while the picture is inspected; else
   in the thread that inspects, and all those of a batch are kept at once after its verdicts.
2. What is lost with the worker, or cannot be made or kept, is not made again: a page shows the picture itself then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from uuid import UUID

from core.frame import Frame
from core.image_about import About, about
from core.thumbnail import thumbnail
from data.errors import StoreError
from data.outage import is_away
from data.queries.queue import TaskPicture
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


class Smalls:
    """The pictures made small for one batch; made on the event loop of its worker."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._loop = asyncio.get_running_loop()
        self._made: list[Small] = []
        self._under_way: list[Future[None]] = []

    def make(self, frame: Frame, data: bytes, picture: TaskPicture, *, hurry: bool) -> None:
        """Make a decoded picture small, unless it was made so before; `hurry` where somebody waits for the verdict.

        `data` are its bytes as they came. To be called from the thread that inspects.
        """
        if picture.image_id is None:
            return
        if hurry:
            keeping = self._make_and_keep(frame, data, picture.address, picture.image_id)
            self._under_way.append(asyncio.run_coroutine_threadsafe(keeping, self._loop))
            return
        try:
            self._made.append(made_small(frame, data, address=picture.address, image_id=picture.image_id))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is worth no verdict
            _warn(error)

    async def keep(self) -> None:
        """Keep what was made and is not kept yet, and see what is under way to its end."""
        made, self._made = self._made, []
        under_way, self._under_way = self._under_way, []
        await keep_small(self._services, made)
        for error in await asyncio.gather(*map(asyncio.wrap_future, under_way), return_exceptions=True):
            if error is not None:
                _warn(error)

    async def _make_and_keep(self, frame: Frame, data: bytes, address: str, image_id: UUID) -> None:
        small = await asyncio.to_thread(made_small, frame, data, address=address, image_id=image_id)
        await keep_small(self._services, [small])


def _warn(error: BaseException) -> None:
    log.warning("a picture could not be made small", exc_info=error)


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
