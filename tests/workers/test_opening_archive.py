"""An archive becomes its members, once each, slice by slice, whoever is killed; a bad member is refused alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

from data.priorities import Priority
from tests.workers.conftest import Composed
from tests.workers.queue_probe import picture, results
from tests.workers.run_probe import Killed, files, inspections, lose_leases, pictures, shown, stored_run, told, zipped
from workers import opening_archive
from workers.archives import Archive
from workers.composition import Services
from workers.intake import Particulars, accept
from workers.opening import open_files


async def test_an_archive_becomes_its_members(services: Services) -> None:
    members = pictures(40)
    run_id = await stored_run(services, {"lot.zip": zipped(members)})
    assert await open_files(services) == 40
    archive, *inside = await files(services, run_id)
    assert (archive.state, archive.inspections, archive.parent_id) == ("opened", 0, None)
    assert [(each.name, each.state, each.parent_id) for each in inside] == [
        (name, "opened", archive.id) for name in members
    ]
    assert [each.position for each in inside] == list(range(40))
    assert [each.file_name for each in await inspections(services, run_id)] == list(members)
    counts = (await shown(services, run_id)).counts
    assert (counts.files, counts.members, counts.inspections, counts.waiting) == (1, 40, 40, 40)


async def test_members_that_break_a_rule_are_refused_one_by_one(services: Services) -> None:
    good = picture()
    members = [
        ("good.png", good),
        ("../out.png", picture()),
        ("/abs.png", picture()),
        ("C:\\x.png", picture()),
        ("words.txt", b"words"),
        ("inner.zip", zipped({"a.png": picture()})),
        ("good.png", picture()),
        ("empty.png", b""),
        ("flat.bmp", bytes(200_000)),
        ("🔬/ä.png", picture()),
        ("__MACOSX/._good.png", b"noise"),
    ]
    run_id = await stored_run(services, {"lot.zip": zipped(members)})
    await open_files(services)
    _, *inside = await told(services, run_id)
    assert inside == [
        ("good.png", "opened", None),
        ("../out.png", "refused", "MEMBER_PATH"),
        ("/abs.png", "refused", "MEMBER_PATH"),
        ("C:\\x.png", "refused", "MEMBER_PATH"),
        ("words.txt", "refused", "NOT_AN_IMAGE"),
        ("inner.zip", "refused", "NESTED_ARCHIVE"),
        ("good.png", "refused", "MEMBER_TWICE"),
        ("empty.png", "refused", "NOT_AN_IMAGE"),
        ("flat.bmp", "refused", "MEMBER_BOMB"),
        ("🔬/ä.png", "opened", None),
    ]


async def test_an_archive_of_too_many_members_is_refused_whole(composed: Composed) -> None:
    services = composed(max_archive_members=2)
    run_id = await stored_run(services, {"lot.zip": zipped(pictures(3))})
    await open_files(services)
    assert await told(services, run_id) == [("lot.zip", "refused", "ARCHIVE_TOO_MANY")]


async def test_an_archive_goes_on_where_its_worker_was_killed(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await stored_run(services, {"lot.zip": zipped(pictures(20))})
    monkeypatch.setattr(opening_archive, "SLICE_MEMBERS", 3)
    monkeypatch.setattr(opening_archive, "SLICE_S", 60)
    write, slices = opening_archive._Way._write, 0

    async def killed_in_the_third(self: Any, dealt: Any) -> bool:
        nonlocal slices
        slices += 1
        if slices == 3:
            raise Killed
        return await write(self, dealt)

    monkeypatch.setattr(opening_archive._Way, "_write", killed_in_the_third)
    with pytest.raises(Killed):
        await open_files(services)
    assert len(await inspections(services, run_id)) == 6
    assert await open_files(services) == 0, "its lease still stands"
    await lose_leases(services)
    assert await open_files(services) == 14
    assert len(await inspections(services, run_id)) == 20
    assert len({each.name for each in await files(services, run_id)}) == 21
    assert (await shown(services, run_id)).state == "queued"


async def test_an_archive_whose_directory_takes_longer_than_a_turn_comes_to_its_end(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every turn reads the directory anew, and opens something of it."""
    run_id = await stored_run(services, {"lot.zip": zipped(pictures(4))})
    monkeypatch.setattr(opening_archive, "SLICE_MEMBERS", 1)
    monkeypatch.setattr(opening_archive, "TIMES_READING", 0.01)
    read_directory = opening_archive.opened

    @contextmanager
    def slowly(*told: Any) -> Iterator[Archive]:
        time.sleep(0.5)
        with read_directory(*told) as archive:
            yield archive

    monkeypatch.setattr(opening_archive, "opened", slowly)
    opened = 0
    for _ in range(30):  # a turn may be over before it has begun
        opened += await open_files(services, seconds=0.1)
        if opened == 4:
            break
    assert opened == 4
    assert (await shown(services, run_id)).state == "queued"


async def test_a_member_that_ends_its_worker_is_refused_alone(
    composed: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = composed(max_attempts=2)
    run_id = await stored_run(services, {"lot.zip": zipped(pictures(12))})
    monkeypatch.setattr(opening_archive, "SLICE_MEMBERS", 5)
    deal, deaths = opening_archive._Way._deal, 0

    async def poisoned(self: Any, place: int) -> Any:
        nonlocal deaths
        self._check_attempts(place) if place != 7 else None
        if place == 7 and self._claim.attempts <= 2:
            deaths += 1
            raise Killed
        return await deal(self, place)

    monkeypatch.setattr(opening_archive._Way, "_deal", poisoned)
    for _ in range(10):
        try:
            await open_files(services)
            break
        except Killed:
            await lose_leases(services)
    _, *inside = await told(services, run_id)
    assert [(at, code) for at, (_, state, code) in enumerate(inside) if state == "refused"] == [(7, "OPENING_FAILED")]
    assert len(await inspections(services, run_id)) == 11
    assert deaths == 3, "once among others, and twice alone"


async def test_what_is_more_urgent_is_inspected_between_two_slices(
    composed: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = composed()
    monkeypatch.setattr(opening_archive, "SLICE_MEMBERS", 2)
    run_id = await stored_run(services, {"lot.zip": zipped(pictures(10))})
    urgent: set[UUID] = set()
    inspected_after: list[int] = []
    write = opening_archive._Way._write

    async def somebody_waits(self: Any, dealt: Any) -> bool:
        if self.done == 4:
            urgent.add(await accept(services, picture(), Particulars(priority=Priority.WAITING)))
        if urgent and await results(services) == urgent:
            inspected_after.append(self.done)
        return await write(self, dealt)

    monkeypatch.setattr(opening_archive._Way, "_write", somebody_waits)
    await open_files(services)
    assert inspected_after == [6, 8], "the slice in hand was written first, and no other"
    assert len(await inspections(services, run_id)) == 10
