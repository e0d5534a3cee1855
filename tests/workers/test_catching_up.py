"""What came in while the database was away is there once it is back: once, under the id that was told, and in order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from data.acting import Actor, acting_as
from data.errors import IdempotencyMismatch, StoreError
from data.outage import AWAY
from data.queries import audit, inspections
from data.queries.inspection_view import InspectionSummary
from data.store import address_of
from data.tables import Inspection, Lot, OutboxItem, Unit
from tests.data.rows import published, recipe
from tests.gate import Gate
from tests.workers.conftest import Behind
from tests.workers.queue_probe import picture
from workers.catching_up import BEFORE, UNFIT, CatchingUp
from workers.collecting import collect
from workers.composition import Services
from workers.errors import SpoolFull
from workers.intake import Particulars, accept, intended_of, record_of
from workers.spool import Key
from workers.spool_notes import KEPT_S

NOW = datetime.now(tz=UTC)


async def found(services: Services, id_: UUID) -> InspectionSummary:
    async with services.database.session() as session:
        return await inspections.summary(session, id_)


async def rows(services: Services) -> tuple[int, int]:
    """How many inspections there are, and how many of them wait."""
    async with services.database.session() as session:
        counts = [await session.scalar(select(func.count()).select_from(table)) for table in (Inspection, OutboxItem)]
    return counts[0] or 0, counts[1] or 0


async def test_what_came_in_meanwhile_is_written_under_its_id(behind: Behind, database: Gate) -> None:
    services = behind()
    async with services.database.unit_of_work() as work:
        await work.plant.add_station("aoi-3", line="l", site="s")
        await work.commit()
    version = await published(services.database)
    data = picture()
    told = Particulars(
        recipe="74LS00 DIP-14", station="aoi-3", lot="L1", carrier="T1", row=2, column=3, trigger_number=7,
        file_name="a.png", lighting="ring",
    )  # fmt: skip
    await database.close()
    before = datetime.now(tz=UTC)
    id_ = await accept(services, data, told)
    after = datetime.now(tz=UTC)
    assert services.spool.usage().items == 1
    with pytest.raises(AWAY):
        await CatchingUp(services).turn()
    await database.open()
    assert await CatchingUp(services).turn() == 1
    item = await found(services, id_)
    assert (item.state, item.station, item.lot, item.file_name) == ("received", "aoi-3", "L1", "a.png")
    assert item.recipe is not None
    assert item.recipe.version_id == version.version_id
    assert before <= item.captured_at <= after
    assert await services.store.get(item.image.address) == data
    async with services.database.session() as session:
        unit = (await session.scalars(select(Unit))).one()
        kept = (await session.scalars(select(Inspection))).one()
    assert (unit.carrier, unit.place_row, unit.place_column, kept.trigger_number) == ("T1", 2, 3, 7)
    assert (await rows(services), services.spool.usage().items) == ((1, 1), 0)
    assert await CatchingUp(services).turn() == 0


async def test_each_is_written_in_the_name_of_whoever_sent_it(behind: Behind, database: Gate) -> None:
    services = behind()
    await database.close()
    sent = {}
    for actor in (Actor("machine:a", "r1"), Actor("machine:a", "r2"), Actor("user:b", "r3")):
        with acting_as(actor):
            sent[await accept(services, picture())] = actor
    await database.open()
    with acting_as(Actor("system:serve")):
        await CatchingUp(services).turn()
    async with services.database.session() as session:
        entries = (await audit.page(session, audit.Sought(relation="inspections"))).items
    assert {each.row_id: Actor(each.actor, each.request_id) for each in entries} == sent


async def test_many_of_one_sender_are_written_in_its_name(behind: Behind, database: Gate) -> None:
    services = behind()
    await database.close()
    for number in range(3):
        with acting_as(Actor("machine:a", f"r{number}")):
            await accept(services, picture())
    await database.open()
    await CatchingUp(services).turn()
    async with services.database.session() as session:
        entries = (await audit.page(session, audit.Sought(relation="inspections"))).items
    assert {each.actor for each in entries} == {"machine:a"}


async def test_they_are_written_in_the_order_of_capture(behind: Behind, database: Gate) -> None:
    services = behind()
    await database.close()
    offsets = [5, 1, 4, 1, 3]
    told = [Particulars(unit_serial="S", captured_at=NOW - timedelta(minutes=offset)) for offset in offsets]
    ids = [await accept(services, picture(), each) for each in told]
    await database.open()
    await CatchingUp(services).turn()
    attempts = {id_: (await found(services, id_)).attempt for id_ in ids}
    assert sorted(ids, key=attempts.__getitem__) == [ids[0], ids[2], ids[4], ids[1], ids[3]]


async def test_whoever_repeats_a_request_gets_the_same_id_through_and_after_the_outage(
    behind: Behind, database: Gate
) -> None:
    services, data, told = behind(), picture(), Particulars(idempotency_key="k")
    await database.close()
    id_ = await accept(services, data, told)
    assert await accept(behind(), data, told) == id_
    with pytest.raises(IdempotencyMismatch):
        await accept(services, picture(), told)
    await database.open()
    await CatchingUp(services).turn()
    assert await accept(services, data, told) == id_
    with pytest.raises(IdempotencyMismatch):
        await accept(services, picture(), told)
    await database.close()
    assert await accept(services, data, told) == id_
    await database.open()
    await CatchingUp(services).turn()
    assert await rows(services) == (1, 1)


async def test_a_request_that_came_to_another_machine_before_the_outage_is_not_inspected_again(
    behind: Behind, database: Gate, tmp_path: Path
) -> None:
    (tmp_path / "another").mkdir()
    data, told = picture(), Particulars(idempotency_key="k")
    first = await accept(behind(home=tmp_path / "another"), data, told)
    services = behind()
    await database.close()
    again, other = await accept(services, data, told), await accept(behind(home=services.settings.home), picture())
    await database.open()
    await CatchingUp(services).turn()
    item = await found(services, again)
    assert (item.state, item.error and item.error.code) == ("failed", BEFORE)
    assert str(first) in (item.error.detail if item.error else "")
    assert (await found(services, other)).state == "received"
    assert await rows(services) == (3, 2)


async def test_a_request_whose_answer_was_lost_is_the_same_when_it_comes_again_in_an_outage(
    behind: Behind, database: Gate
) -> None:
    """The server is killed after its commit; the machine asks the next one, which finds the database away."""
    services, data, told = behind(), picture(), Particulars(idempotency_key="k", unit_serial="S")
    first = await accept(services, data, told)
    await database.close()
    next_one = behind(home=services.settings.home)
    assert await accept(next_one, data, told) == first
    await database.open()
    await CatchingUp(next_one).turn()
    assert (await found(services, first)).state == "received"
    assert await rows(services) == (1, 1)
    assert await accept(next_one, data, told) == first


async def test_a_request_that_was_noted_and_never_went_in_goes_in_later(behind: Behind, database: Gate) -> None:
    services, data, told = behind(), picture(), Particulars(idempotency_key="k")
    digest = told.request_digest([(address_of(data), None)])
    noted = services.database.ids()
    services.spool.notes.add(Key("local", "k", digest.hex()), noted)
    await database.close()
    assert await accept(services, data, told) == noted
    await database.open()
    await CatchingUp(services).turn()
    assert (await found(services, noted)).state == "received"
    assert await rows(services) == (1, 1)


async def close_lot(services: Services) -> None:
    async with services.database.unit_of_work() as work:
        lot_id = await work.parts.open_lot("CLOSED")
        lot = await work.session.get(Lot, lot_id)
        assert lot is not None
        lot.state, lot.closed_at = "closed", NOW - timedelta(days=1)
        await work.commit()


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(Particulars(recipe="nobody's"), id="unknown recipe"),
        pytest.param(Particulars(part_number="nobody's"), id="unknown part"),
        pytest.param(Particulars(station="nowhere"), id="unknown station"),
        pytest.param(Particulars(lot="CLOSED", idempotency_key="k"), id="closed lot"),
    ],
)
async def test_what_can_never_be_written_as_meant_fails_for_that_reason(
    behind: Behind, database: Gate, told: Particulars
) -> None:
    services, data = behind(), picture()
    await close_lot(services)
    await database.close()
    bad, good = await accept(services, data, told), await accept(services, picture())
    await database.open()
    assert await CatchingUp(services).turn() == 2
    item = await found(services, bad)
    assert (item.state, item.error and item.error.code) == ("failed", UNFIT)
    reason = told.recipe or told.part_number or told.station or "CLOSED"
    assert reason in (item.error.detail if item.error else "")
    assert item.finished_at is not None
    assert (await found(services, good)).state == "received"
    assert (await rows(services), services.spool.usage().items) == ((2, 1), 0)
    if told.idempotency_key:
        assert await accept(services, data, told) == bad


async def test_a_lot_closed_during_the_outage_takes_what_came_before(behind: Behind, database: Gate) -> None:
    services = behind()
    await database.close()
    id_ = await accept(services, picture(), Particulars(lot="CLOSED"))
    await database.open()
    async with services.database.unit_of_work() as work:
        lot = await work.session.get(Lot, await work.parts.open_lot("CLOSED"))
        assert lot is not None
        lot.state, lot.closed_at = "closed", datetime.now(tz=UTC)
        await work.commit()
    await CatchingUp(services).turn()
    assert (await found(services, id_)).state == "received"


async def test_the_recipe_version_in_force_when_it_came_in_judges(behind: Behind, database: Gate) -> None:
    services = behind()
    old = await published(services.database)
    await database.close()
    ids = [await accept(services, picture(), Particulars(**{by: name})) for by, name in NAMES]
    await database.open()
    async with services.database.unit_of_work() as work:
        draft = await work.recipes.begin_draft(old.recipe_id, recipe())
        new = await work.recipes.publish(old.recipe_id, revision=draft.revision, comment="")
        await work.commit()
    await CatchingUp(services).turn()
    for id_ in ids:
        used = (await found(services, id_)).recipe
        assert used is not None
        assert used.version_id == old.version_id
    later = (await found(services, await accept(services, picture(), Particulars(recipe="74LS00 DIP-14")))).recipe
    assert later is not None
    assert later.version_id == new.version_id


NAMES = [("recipe", "74LS00 DIP-14"), ("part_number", "sn74ls00n")]


async def test_a_record_that_says_nothing_usable_is_moved_aside(behind: Behind, database: Gate) -> None:
    services = behind()
    await database.close()
    bad, good = await accept(services, picture()), await accept(services, picture())
    record = services.spool.get(bad)
    assert record is not None
    services.spool.done(record)
    services.spool.add(replace(record, said={**record.said, "particulars": {"nonsense": 1}}))
    await database.open()
    await CatchingUp(services).turn()
    assert (await found(services, good)).state == "received"
    assert (services.spool.usage().items, services.spool.usage().aside) == (0, 1)


async def test_a_picture_that_was_removed_meanwhile_fails_and_holds_nothing_up(behind: Behind, database: Gate) -> None:
    services, data = behind(), picture()
    await database.close()
    bad, good = await accept(services, data), await accept(services, picture())
    record = services.spool.get(bad)
    assert record is not None
    assert set(record.said["addresses"]) < services.spool.addresses()
    for address in record.said["addresses"]:
        await services.store.delete(address)
    await database.open()
    await CatchingUp(services).turn()
    assert (await found(services, bad)).state == "failed"
    assert (await found(services, good)).state == "received"


async def test_the_collector_leaves_what_is_spooled_however_old(behind: Behind, database: Gate, tmp_path: Path) -> None:
    services = behind()
    await database.close()
    id_ = await accept(services, picture())
    orphan = await services.store.put(b"named by nobody")
    for file in (tmp_path / "home" / "store").rglob("*"):
        if file.is_file():
            os.utime(file, (0, 0))
    await database.open()
    await collect(services)
    assert not await services.store.exists(orphan)
    await CatchingUp(services).turn()
    assert (await found(services, id_)).state == "received"


async def test_nothing_is_taken_beyond_the_bound_nor_while_the_store_is_away_too(
    behind: Behind, database: Gate, tmp_path: Path
) -> None:
    services = behind(spool_max_items=1)
    (tmp_path / "no folder").write_text("")
    storeless = behind(store_url=(tmp_path / "no folder" / "store").as_uri())
    await database.close()
    await accept(services, picture())
    with pytest.raises(SpoolFull):
        await accept(services, picture())
    with pytest.raises(StoreError):
        await accept(storeless, picture())
    assert services.spool.usage().items == 1


async def test_a_commit_that_nobody_acknowledged_is_there_once(behind: Behind, database: Gate) -> None:
    services = behind()
    ids = []
    for _ in range(5):
        posting = asyncio.create_task(accept(services, picture()))
        await asyncio.sleep(0.004 * len(ids))  # cut off at different places, now before and now after the commit
        await database.close()
        with suppress(*AWAY):
            ids.append(await posting)
        await database.open()
    await CatchingUp(services).turn()
    assert (await rows(services))[0] == len(ids) == 5
    for id_ in ids:
        assert (await found(services, id_)).state == "received"


async def test_what_is_there_already_is_done_without_a_word(
    behind: Behind, database: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    services = behind()
    await database.close()
    id_ = await accept(services, picture(), Particulars(idempotency_key="k"))
    record = services.spool.get(id_)
    assert record is not None
    await database.open()
    await CatchingUp(services).turn()
    services.spool.add(replace(record, key=None))  # as if killed after the commit
    caplog.clear()
    assert await CatchingUp(services).turn() == 1
    assert [told.message for told in caplog.records if told.levelname in {"WARNING", "ERROR"}] == []
    assert (await rows(services), services.spool.usage().items) == ((1, 1), 0)


async def test_many_who_catch_up_at_once_write_everything_once(behind: Behind, database: Gate) -> None:
    services = behind()
    await database.close()
    ids = [await accept(services, picture()) for _ in range(20)]
    await database.open()
    turns: list[Awaitable[int]] = [CatchingUp(behind()).turn() for _ in range(4)]
    assert sum(await asyncio.gather(*turns)) == 20
    assert await rows(services) == (20, 20)
    assert services.spool.usage().items == 0
    assert len(set(ids)) == 20


async def test_it_goes_on_by_itself_when_the_database_is_back(behind: Behind, database: Gate) -> None:
    services = behind()
    await database.close()
    task = asyncio.create_task(CatchingUp(services).for_ever())
    id_ = await accept(services, picture())
    await asyncio.sleep(0.1)
    await database.open()
    async with asyncio.timeout(20):
        while services.spool.usage().items:  # noqa: ASYNC110 - written by a task that has no signal
            await asyncio.sleep(0.05)
    task.cancel()
    assert (await found(services, id_)).state == "received"


async def test_what_was_noted_of_requests_is_forgotten_by_and_by(behind: Behind, database: Gate) -> None:
    services, key = behind(), Key("local", "k", "ab")
    notes = services.spool.notes
    notes.add(key, services.database.ids())
    (noted,) = (services.settings.home / "spool" / "notes").iterdir()
    os.utime(noted, (0, noted.stat().st_mtime - KEPT_S - 1))
    async with CatchingUp(services).running(), asyncio.timeout(20):
        while notes.find(key):  # noqa: ASYNC110 - forgotten by a task that has no signal
            await asyncio.sleep(0.05)
    assert not noted.exists()


async def test_a_record_says_all_that_an_inspection_is_to_be(behind: Behind, database: Gate) -> None:
    services = behind()
    await database.close()
    told = Particulars("r", "p", "s", "l", "u", "c", 1, 2, 3, "ring", "f", NOW, idempotency_key="k", caller="me")
    id_ = await accept(services, picture(), told)
    record = services.spool.get(id_)
    assert record is not None
    intended = intended_of(record)
    assert intended.particulars == told
    assert record_of(intended) == record


async def test_a_request_repeated_before_it_was_caught_up_with_is_the_spooled_one(
    behind: Behind, database: Gate
) -> None:
    services, data, told = behind(), picture(), Particulars(idempotency_key="k")
    await database.close()
    id_ = await accept(services, data, told)
    await database.open()
    assert await accept(services, data, told) == id_
    with pytest.raises(IdempotencyMismatch):
        await accept(services, picture(), told)
    assert await CatchingUp(services).turn() == 1
    assert await accept(services, data, told) == id_
    assert await rows(services) == (1, 1)
