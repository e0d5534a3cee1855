"""Pictures of a run are written several at a time, at the cost of few; what goes wrong with one is its own affair."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from data.database import Database
from data.errors import StoreError, StoreFull
from data.folder_store import FolderStore
from data.repositories.runs import Runs
from tests.workers.queue_probe import picture
from tests.workers.run_probe import Calm, files, inspections, lose_leases, pictures, shown, stored_run, told
from workers import opening, opening_pictures
from workers.composition import Services
from workers.opening import open_files
from workers.opening_pictures import Pictures
from workers.pulse import NoProcess


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is said to the database while the block lasts."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    yield said
    event.remove(engine, "before_cursor_execute", hear)


async def test_sixteen_small_pictures_cost_hardly_more_statements_than_one(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening_pictures, "SLICE_S", 60.0)
    costs = []
    for count in (1, opening.FILES_AT_ONCE):
        run_id = await stored_run(services, pictures(count))
        with statements(services.database) as said:
            assert await open_files(services, seconds=60, pulse=Calm()) == count
        costs.append(len(said))
        assert len(await inspections(services, run_id)) == count
    assert costs[0] == costs[1]


async def test_bad_and_good_files_of_one_slice_end_each_as_it_should(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening_pictures, "SLICE_S", 60.0)
    same = picture()
    members = {"a.png": same, "b.txt": b"words", "c.png": same, "d.7z": b"7z\xbc\xaf\x27\x1c", "e.png": picture()}
    run_id = await stored_run(services, members)
    assert await open_files(services) == 5
    assert await told(services, run_id) == [
        ("a.png", "opened", None),
        ("b.txt", "refused", "NOT_AN_IMAGE"),
        ("c.png", "opened", None),
        ("d.7z", "refused", "ARCHIVE_UNSUPPORTED"),
        ("e.png", "opened", None),
    ]
    assert [made.file_name for made in await inspections(services, run_id)] == ["a.png", "c.png", "e.png"]
    assert (await shown(services, run_id)).state == "queued"


async def test_one_that_cannot_be_written_is_written_alone_and_fails_alone(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await stored_run(services, pictures(5))
    *_, bad, _ = await files(services, run_id)
    open_pictures = Runs.open_pictures

    async def hates_one(self: Runs, images: Any) -> None:
        assert bad.id not in images
        await open_pictures(self, images)

    monkeypatch.setattr(Runs, "open_pictures", hates_one)
    monkeypatch.setattr(opening_pictures, "SLICE_S", 60.0)
    assert await open_files(services, seconds=0.5) == 4
    assert {name for name, state, _ in await told(services, run_id) if state != "opened"} == {bad.name}
    assert await attempts(services) == {bad.name: 1}
    monkeypatch.undo()
    await rested(services)
    assert await open_files(services) == 1
    assert len(await inspections(services, run_id)) == 5


async def attempts(services: Services) -> dict[str, int]:
    """How often files that wait were claimed."""
    async with services.database.session() as session:
        rows = await session.execute(text("SELECT name, attempts FROM run_files WHERE state = 'stored'"))
        return {row.name: row.attempts for row in rows}


async def rested(services: Services) -> None:
    async with services.database.unit_of_work() as work:
        await work.session.execute(text("UPDATE run_files SET available_at = now()"))
        await work.commit()


async def test_while_the_disk_is_full_all_of_a_slice_wait_and_none_is_refused(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await stored_run(services, pictures(4))

    async def full(self: FolderStore, data: bytes) -> str:
        raise StoreFull("The disk is full.")

    monkeypatch.setattr(FolderStore, "put", full)
    monkeypatch.setattr(opening, "rest_s", lambda attempts: 0.0)
    assert await open_files(services, seconds=0.5) == 0
    assert {state for _, state, _ in await told(services, run_id)} == {"stored"}
    monkeypatch.undo()
    assert await open_files(services) == 4
    assert len(await inspections(services, run_id)) == 4


async def test_bytes_that_changed_in_the_store_make_no_inspection(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another picture in the place of one that was stored would be judged in its name."""
    run_id = await stored_run(services, {"a.png": picture(), "b.png": picture()})
    first, second = await files(services, run_id)
    assert first.address is not None
    assert second.address is not None
    root = services.settings.home / "store"
    (root / first.address[:2] / first.address).write_bytes(await services.store.get(second.address))
    await open_files(services, seconds=0.5)
    assert await told(services, run_id) == [("a.png", "stored", None), ("b.png", "opened", None)]


async def test_a_file_that_the_store_cannot_read_is_awaited_and_does_not_look_like_a_database_away(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await stored_run(services, {"a.png": picture()})

    class Broken:
        def read(self, count: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    @contextmanager
    def broken(self: FolderStore, address: str) -> Iterator[Broken]:
        yield Broken()

    monkeypatch.setattr(FolderStore, "open", broken)
    assert await open_files(services, seconds=0.5) == 0
    assert await told(services, run_id) == [("a.png", "stored", None)]
    assert await attempts(services) == {"a.png": 1}


async def test_a_slice_whose_lease_has_ended_writes_nothing_and_says_so(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    run_id = await stored_run(services, pictures(3))
    late = opening.Opening(services, "late", 60, NoProcess())
    claims = await late.claim()
    await lose_leases(services)
    with caplog.at_level(logging.WARNING):
        await late.open_all(claims)
    assert (late.done, await inspections(services, run_id)) == (0, [])
    assert sum(int(record.args[0]) for record in caplog.records if "after their lease" in record.msg) == 3  # type: ignore[index, arg-type]


async def test_large_bytes_are_awaited_and_small_ones_go_on_their_way(services: Services) -> None:
    """Memory is bounded by what waits for the disk."""
    run_id = await stored_run(services, pictures(1))
    lease = opening.Opening(services, "", 60, NoProcess()).lease
    putting = Pictures(services, run_id, lease, fails)._putting
    await putting.put(bytes(2 << 20))
    assert not putting._puts
    await putting.put(b"small")
    assert len(putting._puts) == 1
    await putting.all_there()
    assert not putting._puts


async def fails(claim: Any, error: Exception) -> None:
    raise AssertionError(claim) from error


async def test_bytes_that_could_not_be_put_are_told_of_once(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await stored_run(services, pictures(1))
    lease = opening.Opening(services, "", 60, NoProcess()).lease
    putting = Pictures(services, run_id, lease, fails)._putting

    async def broken(self: FolderStore, data: bytes) -> str:
        raise StoreError("no")

    monkeypatch.setattr(FolderStore, "put", broken)
    await putting.put(b"a")
    await putting.put(b"b")
    with pytest.raises(StoreError):
        await putting.all_there()
    await putting.all_there()
