"""Files that come piece by piece: what a crash leaves at every step is gone on with, and nothing is stored twice."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from data.errors import (
    DigestMismatch,
    NotFound,
    OffsetMismatch,
    StoreError,
    UploadBusy,
    UploadEnded,
    UploadTooLong,
)
from tests.workers.run_probe import files, shown
from tests.workers.upload_probe import FailingStore, chunks, unseen
from workers import adopting
from workers.adopting import adopt, look
from workers.composition import Services
from workers.receiving import LOCAL, Announced, RunParticulars, Sender, begin
from workers.resuming import Checksum, Progress, add_file, announce, append, progress, terminate

DATA = unseen(3_000_000)


def checked(data: bytes) -> Checksum:
    return Checksum(hashlib.sha256(data).digest(), hashlib.sha256())


async def announced(services: Services, data: bytes = DATA, sender: Sender = LOCAL) -> Progress:
    return await announce(services, RunParticulars(), sender, Announced("a.zip", len(data)))


async def whole_and_not_stored(services: Services, data: bytes) -> Progress:
    """An upload whose bytes all lie among the incoming ones, as a crash leaves it before it is adopted."""
    begun = await announced(services, data)
    async with services.incoming.receiving(begun.file_id) as file:
        await file.write(data)
        await file.sync()
    return begun


async def test_pieces_make_a_file_and_its_run(services: Services) -> None:
    begun = await announced(services)
    assert (begun.offset, begun.length, begun.stored) == (0, len(DATA), False)
    first = await append(services, begun.file_id, chunks(DATA[:1_000_001]), offset=0)
    assert (first.offset, first.stored) == (1_000_001, False)
    last = await append(services, begun.file_id, chunks(DATA[1_000_001:]), offset=1_000_001)
    assert (last.offset, last.stored) == (len(DATA), True)
    assert (await shown(services, begun.run_id)).state == "stored"
    address = hashlib.sha256(DATA).hexdigest()
    assert [(file.name, file.address) for file in await files(services, begun.run_id)] == [("a.zip", address)]
    assert await services.store.get(address) == DATA


async def test_a_run_of_many_waits_for_its_sender(services: Services) -> None:
    run_id = await begin(services, RunParticulars())
    begun = await add_file(services, run_id, Announced("a.zip", 4))
    assert (await append(services, begun.file_id, chunks(b"1234"), offset=0)).stored
    assert (await shown(services, run_id)).state == "pending"


async def test_whoever_asks_about_a_whole_file_has_it_stored(services: Services) -> None:
    data = unseen(100_000)
    begun = await whole_and_not_stored(services, data)
    found = await progress(services, begun.file_id)
    assert (found.offset, found.stored) == (len(data), True)
    assert (await shown(services, begun.run_id)).state == "stored"
    assert await services.incoming.entries() == []


async def test_an_empty_piece_behind_a_whole_file_has_it_stored_too(services: Services) -> None:
    data = unseen(100_000)
    begun = await whole_and_not_stored(services, data)
    assert (await append(services, begun.file_id, chunks(b""), offset=len(data))).stored
    assert await services.store.get(hashlib.sha256(data).hexdigest()) == data
    assert (await shown(services, begun.run_id)).state == "stored"


async def test_a_file_adopted_and_not_named_is_adopted_again(services: Services) -> None:
    data = unseen(100_000)
    begun = await whole_and_not_stored(services, data)
    await services.store.adopt(services.incoming.path(begun.file_id), hashlib.sha256(data).hexdigest())
    assert (await progress(services, begun.file_id)).stored
    assert await services.store.get(hashlib.sha256(data).hexdigest()) == data


async def test_a_file_stored_whose_bytes_were_left_is_not_received_again(services: Services) -> None:
    begun = await announced(services, b"1234")
    await append(services, begun.file_id, chunks(b"1234"), offset=0)
    services.incoming.path(begun.file_id).write_bytes(b"12")
    assert (await progress(services, begun.file_id)).offset == 4
    with pytest.raises(OffsetMismatch, match="4 bytes"):
        await append(services, begun.file_id, chunks(b"34"), offset=2)
    assert await services.incoming.entries() == []


async def test_a_store_that_fails_keeps_what_came(services: Services) -> None:
    store = FailingStore(services.settings.home / "store")
    services.store = store
    data = unseen(200_000)
    begun = await announced(services, data)
    with pytest.raises(StoreError, match="out of order"):
        await append(services, begun.file_id, chunks(data), offset=0)
    assert await services.incoming.length(begun.file_id) == len(data)
    assert (await shown(services, begun.run_id)).state == "pending"
    store.broken = False
    assert (await progress(services, begun.file_id)).stored


@pytest.mark.parametrize("came", [0, 65536, 1_500_000, 3_000_000])
async def test_a_piece_that_is_cut_off_is_kept_as_far_as_it_came(services: Services, came: int) -> None:
    begun = await announced(services)
    with pytest.raises(ConnectionResetError):
        await append(services, begun.file_id, chunks(DATA, size=1000, fail_at=came), offset=0)
    found = await progress(services, begun.file_id)
    assert found.offset == -(-came // 1000) * 1000
    if not found.stored:
        assert (await append(services, begun.file_id, chunks(DATA[found.offset :]), offset=found.offset)).stored
    assert await services.store.get(hashlib.sha256(DATA).hexdigest()) == DATA


@pytest.mark.parametrize("came", [0, 65536, 1_500_000, 3_000_000])
async def test_a_checked_piece_that_is_cut_off_does_not_count(services: Services, came: int) -> None:
    begun = await announced(services)
    await append(services, begun.file_id, chunks(DATA[:10]), offset=0)
    piece = chunks(DATA[10:], fail_at=came)
    with pytest.raises(ConnectionResetError):
        await append(services, begun.file_id, piece, offset=10, checksum=checked(DATA[10:]))
    assert (await progress(services, begun.file_id)).offset == 10


async def test_a_damaged_piece_does_not_count(services: Services) -> None:
    begun = await announced(services)
    with pytest.raises(DigestMismatch):
        await append(services, begun.file_id, chunks(DATA), offset=0, checksum=checked(b"other"))
    assert (await progress(services, begun.file_id)).offset == 0


async def test_more_than_was_announced_does_not_count(services: Services) -> None:
    begun = await announced(services)
    await append(services, begun.file_id, chunks(DATA[:10]), offset=0)
    with pytest.raises(UploadTooLong):
        await append(services, begun.file_id, chunks(DATA), offset=10)
    assert (await progress(services, begun.file_id)).offset == 10


async def test_a_piece_waits_for_no_other(services: Services) -> None:
    begun = await announced(services)
    async with services.incoming.receiving(begun.file_id):
        with pytest.raises(UploadBusy):
            await append(services, begun.file_id, chunks(DATA), offset=0)
    assert (await append(services, begun.file_id, chunks(DATA), offset=0)).stored


async def test_what_was_taken_back_takes_no_bytes(services: Services) -> None:
    begun = await announced(services)
    await append(services, begun.file_id, chunks(DATA[:10]), offset=0)
    await terminate(services, begun.file_id)
    assert await services.incoming.entries() == []
    assert (await shown(services, begun.run_id)).state == "cancelled"
    for attempt in (
        progress(services, begun.file_id),
        append(services, begun.file_id, chunks(DATA), offset=0),
        terminate(services, begun.file_id),
    ):
        with pytest.raises(UploadEnded):
            await attempt


async def test_what_is_taken_back_while_it_is_adopted_is_not_stored(services: Services) -> None:
    data = unseen(1000)
    begun = await whole_and_not_stored(services, data)
    async with services.incoming.receiving(begun.file_id) as file:
        found = await look(services, begun.file_id)
        await terminate(services, begun.file_id)
        (services.incoming.path(begun.file_id)).write_bytes(data)  # as it lay there when adopting began
        with pytest.raises(UploadEnded):
            await adopt(services, found, file)
    assert [(each.state, each.address) for each in await files(services, begun.run_id)] == [("cancelled", None)]


async def test_a_long_piece_notices_that_nobody_wants_it(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.resuming.TOUCH_S", 0.0)
    begun = await announced(services)
    came = 0

    async def counted() -> object:
        nonlocal came
        async for chunk in chunks(DATA):
            came += len(chunk)
            if came == 65536 * 4:
                await terminate(services, begun.file_id)
            yield chunk

    with pytest.raises(UploadEnded):
        await append(services, begun.file_id, counted(), offset=0)  # type: ignore[arg-type]
    assert came == 65536 * 4


async def test_bytes_put_the_end_off(services: Services) -> None:
    begun = await announced(services)
    await age(services, timedelta(hours=23))
    assert (await progress(services, begun.file_id)).expires_in_s < 3700
    assert (await append(services, begun.file_id, chunks(DATA[:10]), offset=0)).expires_in_s > 86_000


async def test_after_its_time_an_upload_takes_no_bytes(services: Services) -> None:
    begun = await announced(services)
    await age(services, timedelta(hours=25))
    with pytest.raises(UploadEnded):
        await append(services, begun.file_id, chunks(DATA), offset=0)


async def age(services: Services, by: timedelta) -> None:
    async with services.database.unit_of_work() as work:
        older = text("UPDATE run_files SET touched_at = touched_at - CAST(:age AS interval)")
        await work.session.execute(older, {"age": by})
        await work.commit()


@pytest.mark.parametrize("call", ["progress", "append", "terminate", "add_file"])
async def test_what_never_was_is_not_found(services: Services, call: str) -> None:
    nobody = uuid4()
    calls = {
        "progress": lambda: progress(services, nobody),
        "append": lambda: append(services, nobody, chunks(b""), offset=0),
        "terminate": lambda: terminate(services, nobody),
        "add_file": lambda: add_file(services, nobody, Announced("a", 1)),
    }
    with pytest.raises(NotFound):
        await calls[call]()


async def test_a_run_that_is_complete_takes_no_more(services: Services) -> None:
    begun = await announced(services, b"")
    assert begun.stored
    with pytest.raises(UploadEnded, match="stored"):
        await add_file(services, begun.run_id, Announced("b", 1))


async def test_under_its_key_an_upload_is_found_again(services: Services) -> None:
    sender = Sender("line 1", "k")
    first = await announced(services, sender=sender)
    await append(services, first.file_id, chunks(DATA[:10]), offset=0)
    again = await announced(services, sender=sender)
    assert (again.file_id, again.offset) == (first.file_id, 10)


async def test_bytes_collected_between_adopting_and_naming_are_missed(services: Services) -> None:
    class Collected(FailingStore):
        async def adopt(self, path: object, address: str) -> None:
            """As if it was taken away at once."""

    services.store = Collected(services.settings.home / "store")
    data = unseen(10)
    begun = await announced(services, data)
    with pytest.raises(StoreError, match="collected"):
        await append(services, begun.file_id, chunks(data), offset=0)
    assert (await shown(services, begun.run_id)).state == "pending"
    assert await services.incoming.length(begun.file_id) == len(data)


def test_a_file_is_looked_at_well_before_it_would_be_given_up(services: Services) -> None:
    assert services.settings.upload_kept_s > adopting.TOUCH_S * 10
