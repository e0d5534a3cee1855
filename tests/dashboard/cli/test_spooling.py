"""Postgres and the server are killed while pictures come in: each is there once, under its id, and in order."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from data import embedded_urls, migrate
from data.settings import Settings
from data.tables import Inspection, OutboxItem
from tests.dashboard.cli.test_serve import Serving, serving
from tests.workers.queue_probe import picture
from workers.child import Child
from workers.composition import Services, compose
from workers.embedded import home as state_folder
from workers.embedded import postgres as embedded_postgres
from workers.embedded.service_user import service_user
from workers.intake import Particulars, accept


class Postgres:
    """An embedded PostgreSQL of these tests' own, to be killed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.child: Child | None = None

    async def start(self) -> None:
        await embedded_postgres.prepare(self.home, service_user())
        self.child = Child(embedded_postgres.program(self.home, service_user()))
        await self.child.start()
        await self.child.until_ready()

    async def kill(self) -> None:
        assert self.child is not None
        assert self.child.pid is not None
        os.killpg(self.child.pid, signal.SIGKILL)
        await self.child.wait()

    async def stop(self) -> None:
        if self.child is not None and self.child.returncode is None:
            await self.child.stop()


@pytest.fixture
async def own(valkey: str) -> AsyncIterator[tuple[Postgres, Settings]]:
    """A state folder with a PostgreSQL that runs, and the settings that name both."""
    home = Path(tempfile.mkdtemp(prefix="ms-", dir="/tmp"))
    state_folder.prepare(home, service_user())
    postgres = Postgres(home)
    await postgres.start()
    await asyncio.to_thread(migrate.upgrade, embedded_urls.owner_url(home))
    url = SecretStr(embedded_urls.database_url(home))
    yield postgres, Settings(home=home, port=0, database_url=url, redis_url=SecretStr(valkey), store_url=None)
    await postgres.stop()
    shutil.rmtree(home)


@pytest.fixture
async def services(own: tuple[Postgres, Settings]) -> AsyncIterator[Services]:
    composed = compose(own[1])
    yield composed
    await composed.close()


async def attempts(services: Services) -> dict[UUID, int]:
    """Every inspection that waits, with its attempt: all are of one unit, so attempts say in which order they came."""
    async with services.database.session() as session:
        statement = select(Inspection.id, Inspection.attempt).join(
            OutboxItem, OutboxItem.inspection_id == Inspection.id
        )
        return dict(map(tuple, await session.execute(statement)))


async def post(client: httpx.AsyncClient, key: str, data: bytes) -> dict[str, Any]:
    """Send a picture, once more if the database went away between its commit and the answer, as the problem says."""
    sent = {"files": {"image": data}, "data": {"lot": "L1", "unit_serial": "S"}, "headers": {"Idempotency-Key": key}}
    answer = await client.post("/v1/inspections", **sent)
    if answer.status_code == 503 and answer.json()["type"].endswith("/answer-unavailable"):
        kept, answer = answer.headers["location"], await client.post("/v1/inspections", **sent)
        assert answer.headers["location"] == kept
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"].endswith(answer.json()["id"])
    found: dict[str, Any] = answer.json()
    return found


async def caught_up(services: Services) -> None:
    while services.spool.usage().items:  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(0.05)


def is_spooled(view: dict[str, Any]) -> bool:
    return view["image"]["id"] is None


@pytest.mark.parametrize("options", [(), ("--api-only",)], ids=["pages", "api only"])
async def test_postgres_is_killed_while_pictures_come_in(
    own: tuple[Postgres, Settings], services: Services, options: tuple[str, ...]
) -> None:
    postgres, settings = own
    views: list[dict[str, Any]] = []
    async with serving(settings, *options) as server:

        async def post_all() -> None:
            for number in range(60):
                views.append(await post(server.client, str(number), picture()))

        posting = asyncio.create_task(post_all())
        while len(views) < 15:  # noqa: ASYNC110 - counted by the task
            await asyncio.sleep(0.01)
        await postgres.kill()
        while len(views) < 45 and not posting.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await postgres.start()
        await posting
        await caught_up(services)
        found = await attempts(services)
        assert set(found) == {UUID(view["id"]) for view in views}
        assert len(found) == 60
        spooled = [UUID(view["id"]) for view in views if is_spooled(view)]
        assert 30 <= len(spooled) < 60
        assert sorted(spooled, key=found.__getitem__) == spooled
        assert (await server.client.get(f"/v1/inspections/{spooled[0]}")).json()["state"] == "received"


async def test_the_server_is_killed_while_it_spools(own: tuple[Postgres, Settings], services: Services) -> None:
    postgres, settings = own
    pictures = [picture() for _ in range(30)]
    told: dict[int, str] = {}
    await postgres.kill()
    for last in (8, 17, 30):
        async with serving(settings, "--api-only") as server:
            await _post_until_killed(server, pictures[:last], told, kill_at=last - 3 if last < 30 else None)
    assert sorted(told) == list(range(30))
    await postgres.start()
    async with serving(settings, "--api-only"):
        await caught_up(services)
    found = await attempts(services)
    assert set(found) == {UUID(id_) for id_ in told.values()}
    assert len(found) == 30


async def _post_until_killed(
    server: Serving, pictures: list[bytes], told: dict[int, str], *, kill_at: int | None
) -> None:
    """Post every picture anew, those that were answered too; in the middle of one, kill the server."""
    for number, data in enumerate(pictures):
        posting = asyncio.create_task(post(server.client, str(number), data))
        if number == kill_at:
            await asyncio.sleep(0.004)
            server.process.kill()
        try:
            id_ = (await posting)["id"]
        except httpx.HTTPError:
            return
        assert told.setdefault(number, id_) == id_


async def test_the_server_is_killed_while_it_catches_up(own: tuple[Postgres, Settings], services: Services) -> None:
    postgres, settings = own
    await postgres.kill()
    told = Particulars(lot="L1", unit_serial="S")
    ids = [await accept(services, picture(), told) for _ in range(300)]
    await postgres.start()
    kills = 0
    for written in (1, 60, 140):
        async with serving(settings, "--api-only") as server:
            while len(await attempts(services)) < written and services.spool.usage().items:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            server.process.kill()
            await server.process.wait()
            kills += services.spool.usage().items > 0
    assert kills == 3
    async with serving(settings, "--api-only"):
        await caught_up(services)
    found = await attempts(services)
    assert len(found) == 300
    assert sorted(found, key=found.__getitem__) == ids


async def test_pictures_go_on_coming_while_one_of_two_servers_is_killed_as_it_catches_up(
    own: tuple[Postgres, Settings], services: Services
) -> None:
    postgres, settings = own
    await postgres.kill()
    async with serving(settings, "--api-only") as one, serving(settings, "--api-only") as other:
        told = Particulars(lot="L1", unit_serial="S")
        ids = [await accept(services, picture(), told) for _ in range(1000)]
        await postgres.start()
        await _until_some_are_written(services)
        for number in range(40):
            server = (one, other)[number % 2] if number < 2 else other
            if number == 2:
                assert services.spool.usage().items
                one.process.kill()
            ids.append(UUID((await post(server.client, f"live {number}", picture()))["id"]))
        await caught_up(services)
        found = await attempts(services)
    assert sorted(found, key=found.__getitem__) == ids
    assert sorted(found.values()) == list(range(1, len(ids) + 1))


async def _until_some_are_written(services: Services) -> None:
    while not await attempts(services):  # noqa: ASYNC110 - another process writes them
        await asyncio.sleep(0.01)
