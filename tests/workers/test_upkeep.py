"""The daily chores: months ahead, and keys that nobody repeats."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from sqlalchemy import func, select, text, update

from data.database import Database
from data.partitions import PARTITIONED, partition_name
from data.tables import IdempotencyKey
from data.urls import owner_url
from tests.workers.queue_probe import picture
from workers.composition import Services, compose
from workers.intake import Particulars, accept
from workers.relay import Relay
from workers.upkeep import upkeep

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
    async with services.database.engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(IdempotencyKey)) == 2
    await age(services, "old")
    await upkeep(services)
    async with services.database.session() as session:
        assert list(await session.scalars(select(IdempotencyKey.key))) == ["young"]


async def age(services: Services, key: str) -> None:
    """Let a key have been used long ago; the application's role may not, so its owner does."""

    owner = Database(owner_url(services.settings))
    async with owner.unit_of_work() as work:
        old = update(IdempotencyKey).where(IdempotencyKey.key == key)
        await work.session.execute(old.values(used_at=text("now() - interval '8 days'")))
        await work.commit()
    await owner.close()


async def test_the_relay_sees_to_it(services: Services) -> None:
    await accept(services, picture(), Particulars(idempotency_key="old"))
    await age(services, "old")
    relay = Relay(services)
    await relay.turn()
    async with services.database.session() as session:
        assert await session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0
