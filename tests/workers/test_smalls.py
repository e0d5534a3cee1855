"""Where somebody waits, pictures are made small beside their inspection; whatever becomes of it, a verdict comes."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select

from core.engines import Clock
from core.frame import Frame
from core.reading import MarkReading
from data.errors import StoreError
from data.priorities import Priority
from data.queries.queue import TaskPicture
from data.tables import Image
from tests.workers.conftest import Composed
from tests.workers.fakes import Reads, mark
from tests.workers.queue_probe import picture, results
from workers.composition import Services
from workers.inspecting import inspect_urgent
from workers.intake import Particulars, accept
from workers.smalls import Smalls

EMPTY = Frame(np.zeros((0, 0, 3), np.uint8))
"""What no decoder gives, and nothing can be made of."""

SEEN = TaskPicture(0, "ab" * 32, image_id=UUID(int=1))


class Waits(Reads):
    """Reads once it may."""

    def __init__(self) -> None:
        super().__init__("SN74LS00N")
        self.may = threading.Event()

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        assert self.may.wait(60)
        return mark("SN74LS00N")


@dataclass
class FullStore:
    """Keeps nothing."""

    async def put(self, data: bytes) -> str:
        raise StoreError(f"no room for {len(data)} bytes")


async def thumbnails(services: Services) -> list[str]:
    async with services.database.session() as session:
        return [small.hex() for small in await session.scalars(select(Image.thumbnail)) if small is not None]


async def test_who_waits_has_the_picture_made_small_and_kept_while_it_is_read(composed: Composed) -> None:
    reader = Waits()
    services = composed(reader)
    id_ = await accept(services, picture(), Particulars(priority=Priority.WAITING))
    inspecting = asyncio.create_task(inspect_urgent(services, than=Priority.BATCH))
    async with asyncio.timeout(60):
        while not await thumbnails(services):  # noqa: ASYNC110 - asked from outside
            await asyncio.sleep(0.01)
    assert await results(services) == set()
    reader.may.set()
    assert (await inspecting).judged == {id_}
    (small,) = await thumbnails(services)
    assert (await services.store.get(small))[:2] == b"\xff\xd8"


@pytest.mark.parametrize("hurry", [True, False])
async def test_what_cannot_be_made_small_is_left(
    services: Services, caplog: pytest.LogCaptureFixture, *, hurry: bool
) -> None:
    smalls = Smalls(services)
    await asyncio.to_thread(lambda: smalls.make(EMPTY, b"", SEEN, hurry=hurry))
    await smalls.keep()
    assert "could not be made small" in caplog.text


@pytest.mark.parametrize("hurry", [True, False])
async def test_what_cannot_be_kept_is_left(
    composed: Composed, caplog: pytest.LogCaptureFixture, *, hurry: bool
) -> None:
    services = composed()
    services.__dict__["store"] = FullStore()
    smalls = Smalls(services)
    frame = Frame(np.zeros((40, 30, 3), np.uint8))
    await asyncio.to_thread(lambda: smalls.make(frame, b"", SEEN, hurry=hurry))
    await smalls.keep()
    assert "could not be kept: no room" in caplog.text
    assert await thumbnails(services) == []


@pytest.mark.parametrize("hurry", [True, False])
async def test_what_was_made_small_before_is_not_made_again(
    services: Services, caplog: pytest.LogCaptureFixture, *, hurry: bool
) -> None:
    smalls = Smalls(services)
    await asyncio.to_thread(lambda: smalls.make(EMPTY, b"", TaskPicture(0, "ab" * 32), hurry=hurry))
    await smalls.keep()
    assert caplog.text == ""  # the empty frame was not looked at
