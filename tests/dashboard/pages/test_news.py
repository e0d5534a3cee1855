"""Pages are told when a part comes in and when it is judged, over the process's one connection."""

from __future__ import annotations

import asyncio

from dashboard.api.app import listener_of
from dashboard.pages.following import told_within
from dashboard.pages.news import News
from tests.dashboard.conftest import SAMPLES
from workers.composition import Services
from workers.inspecting import inspect_batch
from workers.intake import accept
from workers.outbox import next_batch

SOON_S = 30.0


async def test_pages_are_told_when_a_part_comes_in_and_when_it_is_judged(services: Services) -> None:
    told, listener = asyncio.Event(), listener_of(services)
    async with listener.listening():
        with News(listener).follow(told):
            assert await told_within(told, SOON_S)  # connected: whatever happened before is looked at
            await accept(services, (SAMPLES / "ds18b20.jpg").read_bytes())
            assert await told_within(told, SOON_S)
            batch = await next_batch(services)
            assert batch is not None
            told.clear()
            await inspect_batch(services, batch)
            assert await told_within(told, SOON_S)


async def test_who_follows_is_counted_and_who_has_left_is_not(services: Services) -> None:
    news = News(listener_of(services))
    with news.follow(asyncio.Event()), news.follow(asyncio.Event()):
        assert news.count == 2
    assert news.count == 0
