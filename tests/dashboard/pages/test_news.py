from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import SecretStr

from dashboard.pages.following import Following, told_within
from dashboard.pages.news import news
from data.settings import Settings
from tests.dashboard.pages.conftest import ASSETS
from workers.composition import Services, compose
from workers.inspecting import inspect_batch
from workers.intake import accept
from workers.outbox import next_batch


async def test_pages_are_told_when_a_part_comes_in_and_when_it_is_judged(services: Services) -> None:
    told = asyncio.Event()
    with Following(news(services)).follow(told):
        assert await told_within(told, 10)  # connected: whatever happened before is looked at
        await accept(services, (ASSETS / "samples" / "ds18b20.jpg").read_bytes())
        assert await told_within(told, 10)
        batch = await next_batch(services)
        assert batch is not None
        told.clear()
        await inspect_batch(services, batch)
        assert await told_within(told, 10)


async def test_a_database_that_is_away_is_waited_for(tmp_path: Path) -> None:
    nowhere = compose(Settings(home=tmp_path, database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none")))
    told = asyncio.Event()
    following = Following(news(nowhere))
    with following.follow(told):
        assert not await told_within(told, 0.1)
        assert following.count == 1
    await nowhere.close()
