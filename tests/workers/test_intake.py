"""Nothing that was accepted is lost, nothing refused leaves anything, and nothing repeated is done twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.errors import ImageRefused
from data.errors import Conflict, IdempotencyMismatch, LotNotOpen, NotFound, NothingPublished, StoreError, StoreFull
from data.priorities import Priority
from data.queries import inspections
from data.settings import Settings
from data.store import ImageStore
from data.tables import Image, Inspection, Lot, OutboxItem, Unit
from tests.data.rows import published, recipe
from tests.workers.conftest import Composed
from tests.workers.queue_probe import picture, states
from workers.composition import Services
from workers.intake import Particulars, accept
from workers.recipes import create_draft


async def rows(services: Services) -> dict[str, int]:
    async with services.database.session() as session:
        return {
            table.__tablename__: await session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Inspection, OutboxItem, Image, Unit, Lot)
        }


NOTHING = {"inspections": 0, "outbox": 0, "images": 0, "units": 0, "lots": 0}


def blobs(home: Path) -> set[str]:
    return {path.name for path in (home / "store").rglob("*") if path.is_file()}


async def found(services: Services, id_: UUID) -> inspections.InspectionSummary:
    async with services.database.session() as session:
        return await inspections.summary(session, id_)


async def test_an_accepted_picture_waits_to_be_inspected(services: Services) -> None:
    before = datetime.now(tz=UTC)
    data = picture()
    id_ = await accept(services, data)
    item = await found(services, id_)
    assert item.state == "received"
    assert await services.store.get(item.image.address) == data
    assert (item.image.media_type, item.image.width_px, item.image.height_px) == ("image/png", 32, 32)
    assert (item.image.byte_count, item.station, item.recipe) == (len(data), "bench", None)
    assert before <= item.captured_at <= datetime.now(tz=UTC)
    assert await rows(services) == {"inspections": 1, "outbox": 1, "images": 1, "units": 1, "lots": 0}


async def test_what_comes_with_it_is_kept(services: Services) -> None:
    version = await published(services.database)
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    told = Particulars(
        recipe="74LS00 DIP-14", lot="L1", unit_serial="SN1", file_name="a b.jpg", captured_at=moment,
        priority=Priority.WAITING, lighting="ring",
    )  # fmt: skip
    item = await found(services, await accept(services, picture(), told))
    assert item.recipe is not None
    assert (item.recipe.version_id, item.lot, item.unit_serial) == (version.version_id, "L1", "SN1")
    assert (item.captured_at, item.file_name, item.attempt) == (moment, "a b.jpg", 1)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"recipe": "74LS00 DIP-14"}, id="by name"),
        pytest.param({"recipe": "sn74ls00n"}, id="by part number, as a recipe"),
        pytest.param({"part_number": "SN74LS00N"}, id="by part number"),
    ],
)
async def test_the_version_in_force_judges(services: Services, told: dict[str, str]) -> None:
    await published(services.database)
    item = await found(services, await accept(services, picture(), Particulars(**told)))
    assert item.recipe is not None
    assert (item.recipe.name, item.recipe.version) == ("74LS00 DIP-14", 1)


async def test_a_unit_seen_again_is_another_attempt(services: Services) -> None:
    told = Particulars(lot="L1", unit_serial="SN1")
    items = [await found(services, await accept(services, picture(), told)) for _ in range(2)]
    assert [item.attempt for item in items] == [1, 2]
    assert (await rows(services))["units"] == 1


async def test_the_same_picture_is_kept_once_and_inspected_twice(services: Services) -> None:
    data = picture()
    assert await accept(services, data) != await accept(services, data)
    assert (await rows(services))["images"] == 1


async def close_lot(services: Services) -> None:
    async with services.database.unit_of_work() as work:
        work.session.add(Lot(id=work.new_id(), code="closed", state="closed"))
        await work.commit()


@pytest.mark.parametrize(
    ("told", "error"),
    [
        pytest.param({"recipe": "no such"}, NotFound, id="an unknown recipe"),
        pytest.param({"part_number": "no such"}, NotFound, id="an unknown part"),
        pytest.param({"station": "no such"}, NotFound, id="an unknown station"),
        pytest.param({"recipe": "drafted"}, NothingPublished, id="a recipe never published"),
        pytest.param({"lot": "closed"}, LotNotOpen, id="a closed lot"),
        pytest.param({"recipe": "TWICE"}, Conflict, id="a part of two recipes"),
    ],
)
async def test_what_does_not_fit_is_refused_and_leaves_nothing(
    services: Services, told: dict[str, str], error: type[Exception]
) -> None:
    await create_draft(services, recipe("drafted", part_number="").to_document())
    for name in ("one", "two"):
        await published(services.database, recipe(name, part_number="TWICE"))
    await close_lot(services)
    before = blobs(services.settings.home)
    with pytest.raises(error):
        await accept(services, picture(), Particulars(**told))
    assert await rows(services) == {**NOTHING, "lots": 1}
    assert blobs(services.settings.home) == before


@pytest.mark.parametrize("data", [b"", b"no picture", picture()[:60], b"GIF89a" + bytes(20)])
async def test_what_is_no_picture_is_refused_and_leaves_nothing(services: Services, data: bytes) -> None:
    before = blobs(services.settings.home)
    with pytest.raises(ImageRefused):
        await accept(services, data)
    assert await rows(services) == NOTHING
    assert blobs(services.settings.home) == before


async def test_a_request_that_comes_again_makes_nothing(services: Services) -> None:
    data, told = picture(), Particulars(idempotency_key="k")
    first = await accept(services, data, told)
    assert await accept(services, data, told) == first
    assert (await rows(services))["inspections"] == 1


async def test_a_request_that_comes_many_times_at_once_makes_one(services: Services) -> None:
    data, told = picture(), Particulars(idempotency_key="k", lot="L1", unit_serial="SN1")
    assert len(set(await asyncio.gather(*(accept(services, data, told) for _ in range(8))))) == 1
    assert await rows(services) == {"inspections": 1, "outbox": 1, "images": 1, "units": 1, "lots": 1}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        pytest.param(picture(), {}, id="another picture"),
        pytest.param(None, {"lot": "L2"}, id="another lot"),
        pytest.param(None, {"unit_serial": "SN2"}, id="another unit"),
        pytest.param(None, {"captured_at": datetime(2026, 1, 1, tzinfo=UTC)}, id="another time"),
    ],
)
async def test_a_key_that_comes_with_something_else_is_refused(
    services: Services, data: bytes | None, told: dict[str, Any]
) -> None:
    first = picture()
    await accept(services, first, Particulars(idempotency_key="k"))
    with pytest.raises(IdempotencyMismatch):
        await accept(services, data or first, Particulars(idempotency_key="k", **told))
    assert (await rows(services))["inspections"] == 1


async def test_waiting_or_not_is_the_same_request(services: Services) -> None:
    data = picture()
    first = await accept(services, data, Particulars(idempotency_key="k", priority=Priority.WAITING))
    assert await accept(services, data, Particulars(idempotency_key="k", priority=Priority.BATCH)) == first


@pytest.mark.parametrize(
    "wrong",
    [{"idempotency_key": ""}, {"idempotency_key": "k" * 256}, {"captured_at": datetime(2026, 1, 1)}],  # noqa: DTZ001
)
def test_particulars_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Particulars(**wrong)


async def test_a_full_store_keeps_no_rows(composed: Composed) -> None:
    services = composed()
    vars(services)["store"] = _Full()
    with pytest.raises(StoreFull):
        await accept(services, picture())
    assert await rows(services) == NOTHING


async def test_a_store_that_cannot_be_opened_refuses(composed: Composed) -> None:
    services = composed(store_url="file:///dev/null/store")
    with pytest.raises(StoreError, match="cannot be used"):
        await accept(services, picture())
    assert await rows(services) == NOTHING


class _Full(ImageStore):
    async def put(self, data: bytes) -> str:
        raise StoreFull("no room")


DIES_AFTER_THE_STORE = """
import asyncio, os, signal, sys
from data.acting import Actor, act_as
from data.settings import Settings
from workers.composition import compose
from workers.intake import accept

act_as(Actor("user:tester"))
services = compose(Settings())
put = services.store.put

async def put_and_die(data):
    await put(data)
    os.kill(os.getpid(), signal.SIGKILL)

services.store.put = put_and_die
asyncio.run(accept(services, sys.stdin.buffer.read()))
"""


async def test_a_process_killed_between_store_and_row_leaves_an_orphan_and_nothing_else(
    services: Services, postgres: Settings
) -> None:
    data, before = picture(), blobs(postgres.home)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", DIES_AFTER_THE_STORE),
        stdin=asyncio.subprocess.PIPE,
        env={**os.environ, "MARKSIGHT_HOME": str(postgres.home)},
    )
    await process.communicate(data)
    assert process.returncode == -signal.SIGKILL
    assert await rows(services) == NOTHING
    orphans = blobs(postgres.home) - before
    assert len(orphans) == 1
    item = await found(services, await accept(services, data))
    assert item.image.address in orphans, "sent again, the picture is where it was"
    assert await states(services) == {"received": 1}
