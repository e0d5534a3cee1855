"""Stored files become inspections, once each, whoever is killed; a bad one is refused alone, with the reason."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import CursorResult, select, text, update

from core.ids import uuid7_time
from core.image import probe
from data.errors import BlobMissing, StoreError
from data.priorities import Priority
from data.queries.opening import files_wait
from data.repositories.outbox import Lease
from data.tables import Image, InspectionImage, Lot, RunFile, Unit
from tests.workers import run_probe
from tests.workers.conftest import Composed
from tests.workers.queue_probe import picture, results, states, take_in, waiting
from tests.workers.run_probe import (
    Calm,
    Killed,
    files,
    inspections,
    lose_leases,
    pictures,
    shown,
    stored_run,
    told,
    zipped,
)
from workers import opening, opening_archive
from workers.composition import Services
from workers.intake import Particulars, accept
from workers.opening import open_files
from workers.opening_pictures import Pictures
from workers.pulse import NoProcess


async def test_a_stored_picture_becomes_an_inspection_that_waits(services: Services) -> None:
    data = picture()
    run_id = await stored_run(services, {"Tray 1/ä.png": data}, label="Tuesday", priority=Priority.LIVE)
    assert await open_files(services) == 1
    (file,) = await files(services, run_id)
    (made,) = await inspections(services, run_id)
    assert (file.state, file.inspection_id, file.inspections) == ("opened", made.id, 1)
    assert (made.state, made.file_name, made.priority) == ("received", "Tray 1/ä.png", Priority.LIVE)
    assert (made.run_file_id, made.captured_at) == (file.id, uuid7_time(file.id))
    (row,) = await run_probe.outbox(services)
    assert (row.inspection_id, row.run_id, row.priority) == (made.id, run_id, Priority.LIVE)
    assert (await shown(services, run_id)).state == "queued"


async def test_opened_again_nothing_is_made(services: Services) -> None:
    run_id = await stored_run(services, pictures(2))
    await open_files(services)
    assert await open_files(services) == 0
    assert len(await inspections(services, run_id)) == 2


async def test_a_picture_is_made_small_and_asked_what_it_says_when_it_is_opened(services: Services) -> None:
    data = picture()
    run_id = await stored_run(services, {"a.png": data})
    await open_files(services)
    (file,) = await files(services, run_id)
    async with services.database.session() as session:
        image = await session.get_one(Image, file.image_id)
    assert image.address == file.address
    assert image.thumbnail is not None
    assert image.about == {}
    assert probe(await services.store.get(image.thumbnail.hex()), services.image_limits).format == "JPEG"


async def test_the_same_bytes_are_one_picture_and_two_parts(services: Services) -> None:
    data = picture()
    run_id = await stored_run(services, {"a.png": data, "b.png": data})
    await open_files(services)
    assert len({file.image_id for file in await files(services, run_id)}) == 1
    assert len({made.unit_id for made in await inspections(services, run_id)}) == 2


async def test_what_the_lot_says_is_taken_over(services: Services) -> None:
    run_id = await stored_run(services, lot="L1")
    async with services.database.unit_of_work() as work:
        await work.session.execute(update(Lot).values(texts={"date": "2431"}, state="hold"))
        await work.commit()
    await open_files(services)
    (made,) = await inspections(services, run_id)
    assert (made.lot_texts, made.lot_on_hold, made.lot_id is not None) == ({"date": "2431"}, True, True)


async def test_files_of_a_run_that_still_comes_are_left(services: Services) -> None:
    run_id = await stored_run(services)
    async with services.database.unit_of_work() as work:
        await work.session.execute(text("UPDATE runs SET state = 'pending'"))
        await work.commit()
    assert await open_files(services) == 0
    assert await told(services, run_id) == [("a.png", "stored", None)]


BAD: tuple[tuple[str, bytes, str], ...] = (
    ("words", b"these are words", "NOT_AN_IMAGE"),
    ("nothing", b"", "NOT_AN_IMAGE"),
    ("a GIF", b"GIF89a" + bytes(20), "IMAGE_UNSUPPORTED"),
    ("half a picture", picture()[:60], "IMAGE_TRUNCATED"),
    ("a 7z archive", b"7z\xbc\xaf\x27\x1c" + bytes(600), "ARCHIVE_UNSUPPORTED"),
    ("a tar archive", bytes(257) + b"ustar" + bytes(600), "ARCHIVE_UNSUPPORTED"),
    ("half a zip", zipped({"a.png": picture()})[:-30], "ARCHIVE_DAMAGED"),
    ("a zip of nothing", zipped({}), "ARCHIVE_EMPTY"),
    ("a zip of noise", zipped({"__MACOSX/._a.png": b"x", ".DS_Store": b"x", "folder/": b""}), "ARCHIVE_EMPTY"),
    ("a zip bomb", zipped({"a.bmp": bytes(3_000_000)}), "ARCHIVE_BOMB"),
)


@pytest.mark.parametrize(("data", "code"), [pytest.param(*row[1:], id=row[0]) for row in BAD])
async def test_a_bad_file_is_refused_alone_with_the_reason(services: Services, data: bytes, code: str) -> None:
    run_id = await stored_run(services, {"bad": data, "good.png": picture()})
    await open_files(services)
    assert await told(services, run_id) == [("bad", "refused", code), ("good.png", "opened", None)]
    assert (await shown(services, run_id)).state == "queued"
    (bad,) = await files(services, run_id, state="refused")
    assert bad.error is not None
    assert bad.error.detail.endswith(".")


async def test_a_run_of_bad_files_alone_has_failed_and_says_so(services: Services) -> None:
    run_id = await stored_run(services, {"a": b"words", "b": b"more"})
    await open_files(services)
    found = await shown(services, run_id)
    assert found.error is not None
    assert (found.state, found.error.code, found.counts.files_refused) == ("failed", "NOTHING_USABLE", 2)


async def test_a_picture_of_too_many_bytes_is_never_read(composed: Composed) -> None:
    services = composed(max_image_bytes=10)
    run_id = await stored_run(services)
    await open_files(services)
    assert await told(services, run_id) == [("a.png", "refused", "IMAGE_TOO_LARGE")]


async def test_a_picture_that_was_damaged_in_the_store_is_refused_after_some_attempts(composed: Composed) -> None:
    services = composed(max_attempts=1)
    run_id = await stored_run(services, {"a.png": picture()})
    (file,) = await files(services, run_id)
    assert file.address is not None
    await services.store.delete(file.address)
    await open_files(services)
    assert await told(services, run_id) == [("a.png", "refused", "STORE_FAILED")]


async def test_a_store_that_is_away_is_awaited_however_often(
    composed: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = composed(max_attempts=1)
    run_id = await stored_run(services)

    def away(address: str) -> Any:
        raise StoreError("The bucket does not answer.")

    monkeypatch.setattr(services.store, "open", away)
    monkeypatch.setattr(opening, "rest_s", lambda attempts: 0.0)
    await open_files(services, seconds=0.3)
    assert await told(services, run_id) == [("a.png", "stored", None)]
    monkeypatch.undo()
    await open_files(services)
    assert await told(services, run_id) == [("a.png", "opened", None)]


async def test_bytes_collected_before_they_were_named_are_stored_again(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await stored_run(services)
    monkeypatch.setattr(opening, "rest_s", lambda attempts: 0.0)
    exists, asked = services.store.exists, 0

    async def gone_once(address: str) -> bool:
        nonlocal asked
        asked += 1
        return asked > 1 and await exists(address)

    monkeypatch.setattr(services.store, "exists", gone_once)
    await open_files(services)
    assert await told(services, run_id) == [("a.png", "opened", None)]


async def test_a_picture_that_ends_its_worker_is_refused_in_the_end(
    composed: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = composed(max_attempts=1)
    run_id = await stored_run(services, {"bad.png": picture(), "good.png": picture()})
    (bad, _) = await files(services, run_id)
    take = Pictures.take

    async def poisoned(self: Any, claim: Any, data: bytes) -> None:
        if claim.id == bad.id:
            raise Killed
        await take(self, claim, data)

    monkeypatch.setattr(Pictures, "take", poisoned)
    for _ in range(10):
        try:
            await open_files(services)
            break
        except Killed:
            await lose_leases(services)
    assert await told(services, run_id) == [("bad.png", "refused", "OPENING_FAILED"), ("good.png", "opened", None)]


@pytest.mark.parametrize("column", ["lease_until", "available_at"])
async def test_a_clock_that_was_set_back_keeps_no_file_waiting(services: Services, column: str) -> None:
    run_id = await stored_run(services)
    if column == "lease_until":
        await opening.Opening(services, "killed", 60, NoProcess()).claim()
    assert await ahead(services, run_id, column) == 1
    async with services.database.session() as session:
        assert await files_wait(session, services.settings.lease_s)
    assert await open_files(services) == 1


async def test_a_file_that_is_held_or_rests_is_left(services: Services) -> None:
    await stored_run(services)
    held = opening.Opening(services, "alive", 60, NoProcess())
    (claim,) = await held.claim()
    assert await open_files(services) == 0
    async with services.database.unit_of_work() as work:
        await work.runs.put_back_file(claim.id, rest_s=60)
        await work.commit()
    async with services.database.session() as session:
        assert not await files_wait(session, services.settings.lease_s)
    assert await open_files(services) == 0


async def ahead(services: Services, run_id: UUID, column: str) -> int:
    """Let a time of a run's files lie a day ahead, as it does once the clock is set back by one."""
    async with services.database.unit_of_work() as work:
        later = text("now() + interval '1 day'")
        moved = await work.session.execute(update(RunFile).where(RunFile.run_id == run_id).values({column: later}))
        await work.commit()
    return moved.rowcount if isinstance(moved, CursorResult) else 0


async def test_late_openings_are_refused(services: Services) -> None:
    """A worker that slept past its lease, and whose file another has opened, writes nothing."""
    run_id = await stored_run(services, {"lot.zip": zipped(pictures(3)), "a.png": picture()})
    late = opening.Opening(services, "late", 60, NoProcess())
    claims = await late.claim()
    await lose_leases(services)
    assert await open_files(services) == 4
    before = await told(services, run_id)
    await late.open_all(claims)
    assert (late.done, await told(services, run_id)) == (0, before)
    assert len(await inspections(services, run_id)) == 4


async def test_many_open_at_once_and_nothing_is_opened_twice(services: Services, composed: Composed) -> None:
    others = [composed() for _ in range(3)]
    runs = [await stored_run(services, {**pictures(6), "lot.zip": zipped(pictures(9))}) for _ in range(3)]
    await asyncio.gather(*(open_files(each) for each in (services, *others)))
    while await open_files(services):
        pass
    for run_id in runs:
        assert len(await inspections(services, run_id)) == 15
        assert (await shown(services, run_id)).state == "queued"


async def test_a_run_of_many_files_does_not_stand_before_all_others(services: Services) -> None:
    await stored_run(services, pictures(30))
    small = await stored_run(services, pictures(1))
    lease = Lease(services.database.ids(), 60)
    async with services.database.unit_of_work() as work:
        seen = {claim.run_id for _ in range(20) for claim in await work.runs.claim_files(lease, 1)}
    assert small in seen


class Stops(NoProcess):
    """A process that is asked to end after some pieces of work."""

    def __init__(self, after: int) -> None:
        self._left = after

    def beat(self, seconds: float) -> None:
        self._left -= 1

    @property
    def stopping(self) -> bool:  # type: ignore[override]
        return self._left <= 0


async def test_a_process_that_is_to_end_leaves_the_rest_to_others_at_once(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening_archive, "SLICE_MEMBERS", 2)
    run_id = await stored_run(services, {"lot.zip": zipped(pictures(10)), **pictures(2)})
    await open_files(services, pulse=Stops(3))
    left = await files(services, run_id, state="stored")
    assert [each.name for each in left] == ["lot.zip", "part-000.png", "part-001.png"]
    async with services.database.session() as session:
        assert set(await session.scalars(select(RunFile.attempts).where(RunFile.state == "stored"))) == {0}
    await open_files(services)
    assert len(await inspections(services, run_id)) == 12


async def test_what_waited_before_the_turn_overtakes_though_nobody_tells_of_it(composed: Composed) -> None:
    services = composed()
    await stored_run(services, pictures(2))
    urgent = await accept(services, picture(), Particulars(priority=Priority.LIVE))
    await open_files(services, pulse=Calm())
    assert await results(services) == {urgent}


async def test_a_batch_does_not_overtake(services: Services) -> None:
    ids = await take_in(services, 1)
    await stored_run(services)
    await open_files(services)
    assert await results(services) == set()
    assert await waiting(services) == len(ids) + 1
    assert await states(services) == {"received": 2}


TRAY = {"carrier": "T-1", "rows": 2, "columns": 2, "corners": None}


async def test_a_tray_becomes_a_unit_in_each_place(services: Services) -> None:
    run_id = await stored_run(services, type="tray", tray=TRAY, lot="L1")
    await open_files(services)
    made = await inspections(services, run_id)
    (file,) = await files(services, run_id)
    assert (len(made), file.inspections, file.inspection_id) == (4, 4, made[0].id)
    async with services.database.session() as session:
        units = {unit.id: unit for unit in await session.scalars(select(Unit))}
        regions = list(await session.scalars(select(InspectionImage.region).order_by(InspectionImage.inspection_id)))
    seats = [
        (units[each.unit_id].carrier, units[each.unit_id].place_row, units[each.unit_id].place_column) for each in made
    ]
    assert seats == [("T-1", 1, 1), ("T-1", 1, 2), ("T-1", 2, 1), ("T-1", 2, 2)]
    assert regions[0] == {"quad": [[0.0, 0.0], [15.5, 0.0], [15.5, 15.5], [0.0, 15.5]]}
    assert regions[3] == {"quad": [[15.5, 15.5], [31.0, 15.5], [31.0, 31.0], [15.5, 31.0]]}


async def test_a_tray_photographed_again_is_the_next_attempt_at_its_units(services: Services) -> None:
    run_id = await stored_run(services, pictures(2), type="tray", tray=TRAY, lot="L1")
    await open_files(services)
    made = await inspections(services, run_id)
    assert len({each.unit_id for each in made}) == 4
    assert [each.attempt for each in made] == [1] * 4 + [2] * 4


async def test_a_tray_that_does_not_fit_its_picture_is_refused(services: Services) -> None:
    run_id = await stored_run(services, type="tray", tray={**TRAY, "rows": 20, "columns": 20})
    await open_files(services)
    assert await told(services, run_id) == [("a.png", "refused", "TRAY_DOES_NOT_FIT")]


async def test_holding_what_is_not_there_is_told(services: Services) -> None:
    from workers.keeping import hold  # noqa: PLC0415

    async with services.database.unit_of_work() as work:
        with pytest.raises(BlobMissing, match="before anything named it"):
            await hold(services, work, ["ab" * 32])
