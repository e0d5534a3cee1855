"""Bytes that no row names are removed once they are old; what anybody names, holds or stores again stays."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.repositories.images import Picture
from data.settings import Settings
from data.store import key_of
from data.tables import Image
from tests.workers.conftest import Composed
from tests.workers.queue_probe import picture, take_in
from tests.workers.run_probe import pictures, stored_run, zipped
from workers import collecting
from workers.collecting import collect
from workers.composition import Services, compose, utc_now
from workers.inspecting import inspect_batch
from workers.keeping import hold
from workers.opening import open_files
from workers.outbox import next_batch

OLD_S = 10 * 86_400


@pytest.fixture
async def services(composed: Composed, tmp_path: Path) -> Services:
    """Services with a store of their own."""
    return composed(store_url=f"file://{tmp_path}/store")


def path(services: Services, address: str) -> Path:
    return Path((services.settings.store_url or "").removeprefix("file://")) / key_of(address)


async def age(services: Services) -> None:
    """Let everything in the store have lain there for days."""
    then = time.time() - OLD_S
    async for blob in services.store.addresses():
        os.utime(path(services, blob.address), (then, then))


async def orphan(services: Services, data: bytes = b"nobody's") -> str:
    address = await services.store.put(data)
    await age(services)
    return address


async def lie_there(services: Services) -> set[str]:
    return {blob.address async for blob in services.store.addresses()}


async def test_what_no_row_names_is_removed(services: Services) -> None:
    address = await orphan(services)
    found = await collect(services)
    assert (found.seen, found.removed, found.removed_bytes) == (1, 1, 8)
    assert not await services.store.exists(address)
    assert (await collect(services)).seen == 0


async def test_a_dry_run_removes_nothing_and_says_what_it_would(services: Services) -> None:
    address = await orphan(services)
    found = await collect(services, dry_run=True)
    assert (found.removed, found.removed_bytes) == (1, 8)
    assert await services.store.exists(address)


async def test_what_is_young_stays(services: Services) -> None:
    await services.store.put(b"just now")
    found = await collect(services)
    assert (found.seen, found.young, found.removed) == (1, 1, 0)


async def test_a_clock_that_runs_ahead_makes_nothing_old_within_the_grace(services: Services, tmp_path: Path) -> None:
    ahead = compose(services.settings, clock=lambda: utc_now() + timedelta(hours=23))
    await ahead.store.put(b"just now")
    assert (await collect(ahead)).removed == 0
    await ahead.close()


async def test_pictures_thumbnails_archives_and_members_are_named(services: Services) -> None:
    await take_in(services, 1)
    batch_id = await next_batch(services)
    assert batch_id is not None
    await inspect_batch(services, batch_id)
    await stored_run(services, {"lot.zip": zipped(pictures(2)), "a.png": picture(), "bad.txt": b"words"})
    await open_files(services)
    before = await lie_there(services)
    await age(services)
    assert (await collect(services)).removed == 0
    assert await lie_there(services) == before
    async with services.database.session() as session:
        small = {found.hex() for found in await session.scalars(select(Image.thumbnail)) if found is not None}
    assert small
    assert small <= before
    assert len(before - small) == 4 + 2, "four pictures, and two files that are no pictures"


async def test_what_somebody_is_about_to_name_stays(services: Services) -> None:
    address = await orphan(services)
    async with services.database.unit_of_work() as work:
        await hold(services, work, [address])
        found = await collect(services)
        assert (found.removed, found.held) == (0, 1)
    assert (await collect(services)).removed == 1


async def test_what_was_named_after_it_was_asked_for_stays(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    address = await orphan(services)
    remove = collecting._remove

    async def named_first(each: Services, blob: object) -> bool:
        async with services.database.unit_of_work() as work:
            await work.images.add(Picture(address, "image/png", 1, 1, 8))
            await work.commit()
        return await remove(each, blob)  # type: ignore[arg-type]

    monkeypatch.setattr(collecting, "_remove", named_first)
    assert (await collect(services)).held == 1
    assert await services.store.exists(address)


async def test_what_was_stored_again_meanwhile_stays(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    address = await orphan(services)
    remove = collecting._remove

    async def stored_first(each: Services, blob: object) -> bool:
        await services.store.put(b"nobody's")
        return await remove(each, blob)  # type: ignore[arg-type]

    monkeypatch.setattr(collecting, "_remove", stored_first)
    assert (await collect(services)).held == 1
    assert await services.store.exists(address)


ROUNDS = 120


async def test_intake_and_collector_at_once_never_leave_a_row_without_bytes(
    services: Services, composed: Composed
) -> None:
    """The worst case, again and again: old orphans, just as somebody is about to name them."""
    other = composed(store_url=services.settings.store_url)
    named: set[str] = set()
    removed = 0
    for number in range(ROUNDS):
        data = picture()
        address = await orphan(services, data)

        async def name(data: bytes = data, address: str = address, pause: float = number % 12 * 0.001) -> None:
            """As who stored these bytes long ago and comes to write the row only now: the age protects nobody."""
            await asyncio.sleep(pause)
            async with services.database.unit_of_work() as work:
                await work.blobs.hold([address])
                if not await services.store.exists(address):
                    await services.store.put(data)
                await asyncio.sleep(pause)
                await work.images.add(Picture(address, "image/png", 32, 32, len(data)))
                await work.commit()

        found, _ = await asyncio.gather(collect(other), name())
        removed += found.removed
        named.add(address)
        assert await services.store.exists(address)
    assert named <= await lie_there(services)
    assert removed > 0, "it was a race: some were removed first, and stored again"


async def test_many_collectors_remove_each_once(services: Services, composed: Composed) -> None:
    for number in range(20):
        await services.store.put(b"%d" % number)
    await age(services)
    everyone = [services, *(composed(store_url=services.settings.store_url) for _ in range(3))]
    found = await asyncio.gather(*(collect(each) for each in everyone))
    assert sum(each.removed for each in found) == 20
    assert await lie_there(services) == set()


def test_the_least_grace_is_beyond_what_is_fresh(postgres: Settings) -> None:
    with pytest.raises(ValueError, match="blob_grace_s"):
        Settings(blob_grace_s=60)
