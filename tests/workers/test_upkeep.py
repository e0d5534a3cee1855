"""The daily chores: months ahead, and keys that nobody repeats."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from data.database import Database
from data.partitions import PARTITIONED, partition_name
from data.tables import IdempotencyKey, SignInFailure
from data.urls import app_url, owner_url, redis_url
from tests.workers.conftest import Composed, GatedDatabase
from tests.workers.programs import until
from tests.workers.queue_probe import picture
from workers import throttling
from workers.child import Child, Program
from workers.composition import Services, compose, utc_now
from workers.intake import Particulars, accept
from workers.upkeep import Tidying, chores, for_ever, forget_sign_ins, upkeep

FAR = datetime(2093, 5, 20, tzinfo=UTC)


async def partitions(services: Services) -> set[str]:
    async with services.database.session() as session:
        return set(await session.scalars(text("SELECT relname FROM pg_class WHERE relispartition")))


async def test_the_months_ahead_are_made_by_the_application_itself(services: Services) -> None:
    later = compose(services.settings, clock=lambda: FAR)
    await asyncio.gather(upkeep(later), upkeep(later))
    months = (5, 6, 7, 8)
    meant = {partition_name(table, FAR.replace(month=month)) for table in PARTITIONED for month in months}
    assert meant <= await partitions(services)
    await later.close()


async def test_old_keys_are_forgotten_and_young_ones_kept(services: Services) -> None:
    for key in ("old", "young"):
        await accept(services, picture(), Particulars(idempotency_key=key))
    await age(services, "old")
    assert await keys(services) == ["old", "young"]
    await upkeep(services)
    assert await keys(services) == ["young"]


async def test_a_clock_that_leaps_forgets_no_key(services: Services) -> None:
    for key in ("one", "other"):
        await accept(services, picture(), Particulars(idempotency_key=key))
    await leap(services, days=40)
    await upkeep(services)
    assert await keys(services) == ["one", "other"]


async def test_what_seems_old_is_removed_at_the_second_sight_alone(services: Services) -> None:
    orphan = await services.store.put(b"named by nobody")
    later = compose(services.settings, clock=lambda: utc_now() + timedelta(days=40))
    tidying = Tidying()
    await tidying(later)
    assert await services.store.exists(orphan)
    await services.store.put(b"named by nobody")  # it is young again
    await tidying(later)
    assert await services.store.exists(orphan)
    await tidying(later)
    assert not await services.store.exists(orphan)
    await later.close()


async def test_what_counts_no_more_of_signing_in_is_forgotten(services: Services) -> None:
    assert forget_sign_ins in chores()
    await throttling.begin(services, "ada", "192.0.2.7")
    await forget_sign_ins(services)
    assert await failures(services) == 2
    later = compose(services.settings, clock=lambda: utc_now() + timedelta(days=2))
    await asyncio.gather(forget_sign_ins(later), forget_sign_ins(later))
    assert await failures(services) == 0
    await later.close()


async def failures(services: Services) -> int:
    async with services.database.session() as session:
        return await session.scalar(select(func.count()).select_from(SignInFailure)) or 0


async def age(services: Services, key: str) -> None:
    """Let a key have been used long ago, and others on many days since, which nobody looks for."""
    old = "UPDATE idempotency_keys SET used_at = now() - interval '30 days' WHERE key = :key"
    since = """
    INSERT INTO idempotency_keys (caller, key, request_digest, used_at)
    SELECT 'another', day, sha256('x'), now() - day * interval '1 day' FROM generate_series(0, 20) AS day
    """
    await owner_does(services, old, key=key)
    await owner_does(services, since)


async def leap(services: Services, *, days: int) -> None:
    """Let the clock be so many days ahead: all that was done is as much older."""
    await owner_does(services, "UPDATE idempotency_keys SET used_at = used_at - :days * interval '1 day'", days=days)


async def owner_does(services: Services, words: str, **values: object) -> None:
    """Have the owner of the tables do what the application's role may not."""
    owner = Database(owner_url(services.settings))
    async with owner.unit_of_work() as work:
        await work.session.execute(text(words), values)
        await work.commit()
    await owner.close()


async def keys(services: Services) -> list[str]:
    async with services.database.session() as session:
        asked = select(IdempotencyKey.key).where(IdempotencyKey.caller != "another").order_by(IdempotencyKey.key)
        return list(await session.scalars(asked))


async def forgotten(services: Services) -> None:
    """Wait until no key is left."""
    async with asyncio.timeout(60):
        while await keys(services):  # noqa: ASYNC110 - another task or process forgets them
            await asyncio.sleep(0.05)


async def test_the_relay_sees_to_it(services: Services) -> None:
    await accept(services, picture(), Particulars(idempotency_key="old"))
    await age(services, "old")
    variables = {
        "MARKSIGHT_HOME": str(services.settings.home),
        "MARKSIGHT_DATABASE_URL": app_url(services.settings),
        "MARKSIGHT_REDIS_URL": redis_url(services.settings),
    }
    argv = (sys.executable, "-P", "-m", "dashboard.cli", "relay")
    child = Child(Program("relay", argv, Path("/"), environment=variables), print)
    await child.start()
    try:
        await forgotten(services)
    finally:
        await child.stop()
    assert child.returncode == 0


async def test_what_fails_is_said_and_done_as_soon_as_it_can_be(
    composed: Composed, gated_database: GatedDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    services, gated = composed(), composed(database_url=gated_database.url)
    await accept(services, picture(), Particulars(idempotency_key="old"))
    await age(services, "old")
    task = asyncio.create_task(for_ever(gated, again_s=0.05))
    await until(lambda: "upkeep was not done, and is tried again in 0.05 s" in caplog.text)
    assert await keys(services) == ["old"]
    await gated_database.gate.open()
    await forgotten(services)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
