"""Files as they are received, read and placed."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from data.database import Database
from data.errors import IdempotencyMismatch, NotFound
from data.queries import uploads
from data.repositories.idempotency import Made
from tests.data.repositories.test_runs import ADDRESS, new_run

DIGEST, OTHER = bytes(32), bytes(31) + b"x"


async def begun(database: Database, *names: str, byte_count: int | None = None) -> tuple[UUID, list[UUID]]:
    async with database.unit_of_work() as work:
        run_id = await new_run(work)
        files = [await work.runs.add_file(run_id, name, byte_count=byte_count) for name in names]
        await work.commit()
    return run_id, files


async def test_a_file_is_shown_with_its_run(database: Database) -> None:
    run_id, (file_id,) = await begun(database, "a.zip", byte_count=9)
    async with database.session() as session:
        found = await uploads.upload(session, file_id)
    assert (found.id, found.run_id, found.name, found.byte_count) == (file_id, run_id, "a.zip", 9)
    assert (found.state, found.run_state, found.address, found.completes_itself) == (
        "receiving",
        "pending",
        None,
        False,
    )
    assert 0 <= found.idle_s < 60


async def test_a_file_that_is_stored_has_its_address(database: Database) -> None:
    _, (file_id,) = await begun(database, "a.zip")
    async with database.unit_of_work() as work:
        assert await work.runs.store_file(file_id, ADDRESS, 9)
        found = await uploads.upload(work.session, file_id)
        assert (found.state, found.address, found.byte_count) == ("stored", ADDRESS, 9)


async def test_idleness_goes_by_the_clock_of_the_database(database: Database) -> None:
    _, (file_id,) = await begun(database, "a.zip")
    async with database.unit_of_work() as work:
        await work.session.execute(text("UPDATE run_files SET touched_at = touched_at - interval '1 hour'"))
        assert 3600 <= (await uploads.upload(work.session, file_id)).idle_s < 3700
        assert await work.runs.touch_file(file_id)
        await work.commit()
    async with database.session() as session:
        assert (await uploads.upload(session, file_id)).idle_s < 60


async def test_members_and_strangers_are_no_uploads(database: Database) -> None:
    run_id, (file_id,) = await begun(database, "a.zip")
    async with database.unit_of_work() as work:
        member = await work.runs.add_file(run_id, "a.zip/b.png", parent_id=file_id)
        for id_ in (member, run_id):
            with pytest.raises(NotFound, match="There is no upload"):
                await uploads.upload(work.session, id_)


async def test_files_are_counted_by_their_state_without_members(database: Database) -> None:
    run_id, (first, second, _) = await begun(database, "a", "b", "c")
    async with database.unit_of_work() as work:
        await work.runs.add_file(run_id, "m", parent_id=first)
        await work.runs.store_file(first, ADDRESS, 1)
        assert await work.runs.take_back_file(second)
        assert await uploads.received(work.session, run_id) == {"stored": 1, "cancelled": 1, "receiving": 1}
        assert len(await uploads.receiving(work.session, run_id)) == 2  # the member too: it would be waited for
        assert await uploads.first_of(work.session, run_id) == first


async def test_only_what_has_not_come_is_taken_back(database: Database) -> None:
    _, (file_id,) = await begun(database, "a")
    async with database.unit_of_work() as work:
        await work.runs.store_file(file_id, ADDRESS, 1)
        assert not await work.runs.take_back_file(file_id)
        assert not await work.runs.touch_file(file_id)


async def test_a_place_is_taken_once_by_however_many(database: Database) -> None:
    run_id, _ = await begun(database)

    async def place() -> UUID:
        async with database.unit_of_work() as work:
            file_id = await work.runs.place_file(run_id, 0, "a.png")
            await work.commit()
        return file_id

    assert len(set(await asyncio.gather(*(place() for _ in range(8))))) == 1


async def test_a_place_of_a_complete_run_is_found_and_no_new_one_made(database: Database) -> None:
    run_id, (file_id,) = await begun(database, "a")
    async with database.unit_of_work() as work:
        await work.runs.store_file(file_id, ADDRESS, 1)
        await work.runs.complete(run_id)
        assert await work.runs.place_file(run_id, 0, "a") == file_id
        with pytest.raises(NotFound, match="run that takes files"):
            await work.runs.place_file(run_id, 1, "b")


async def test_a_key_binds_a_run_as_it_does_an_inspection(database: Database) -> None:
    run_id, _ = await begun(database)
    async with database.unit_of_work() as work:
        assert await work.idempotency.known("line 1", "k", DIGEST) is None
        assert await work.idempotency.remember("line 1", "k", request_digest=DIGEST, made=Made(run_id=run_id))
        assert not await work.idempotency.remember("line 1", "k", request_digest=DIGEST, made=Made(run_id=run_id))
        assert await work.idempotency.known("line 1", "k", DIGEST) == Made(None, run_id)
        assert await work.idempotency.made("line 1", "k", DIGEST) is None
        with pytest.raises(IdempotencyMismatch):
            await work.idempotency.known("line 1", "k", OTHER)
