"""What tests of the queue share: pictures taken in, engines that cost nothing, and what the database says of them."""

from __future__ import annotations

import asyncio
import itertools
from uuid import UUID

import cv2
import numpy as np
from sqlalchemy import func, select

from core.engines import Clock, Engines
from core.frame import Frame
from core.reading import MarkReading
from data.tables import Inspection, OutboxItem, Result
from workers import intake
from workers.composition import Services

_numbers = itertools.count()


class NothingRead:
    """A reader that finds nothing, at once."""

    name = "ppocr"
    version = "probe"

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        return MarkReading((), None, 0.0)


def engines() -> Engines:
    return Engines({"ppocr": NothingRead()}, lambda: 0.0)


def picture() -> bytes:
    """A picture unlike any other."""
    pixels = np.full((32, 32, 3), 7, np.uint8)
    pixels[0, :4, 0] = list(next(_numbers).to_bytes(4, "big"))
    return cv2.imencode(".png", pixels)[1].tobytes()


async def take_in(services: Services, count: int) -> set[UUID]:
    return {await intake.accept(services, picture()) for _ in range(count)}


async def states(services: Services) -> dict[str, int]:
    """How many inspections are in which state."""
    async with services.database.session() as session:
        rows = await session.execute(select(Inspection.state, func.count()).group_by(Inspection.state))
        return dict(map(tuple, rows))


async def waiting(services: Services) -> int:
    async with services.database.session() as session:
        return await session.scalar(select(func.count()).select_from(OutboxItem)) or 0


async def results(services: Services) -> set[UUID]:
    async with services.database.session() as session:
        return set(await session.scalars(select(Result.inspection_id)))


async def until_judged(services: Services, ids: set[UUID]) -> None:
    """Wait until every one has its result."""
    async with asyncio.timeout(60):
        while await results(services) != ids:  # noqa: ASYNC110 - other processes write them
            await asyncio.sleep(0.05)
