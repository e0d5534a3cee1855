"""The watching process follows what the database names, shows its life, and ends when it is asked to."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from data.repositories.watched import Drop
from data.settings import Settings
from data.tables import Inspection
from tests.conftest import ROOT
from tests.workers.queue_probe import picture
from workers import heartbeat
from workers.composition import Services
from workers.watched_folders import forget_folder, name_folder, rest_folder
from workers.watching import TROUBLE, Watching, doing


@pytest.fixture
async def station(services: Services) -> str:
    async with services.database.unit_of_work() as work:
        for name in ("aoi-3", "aoi-4"):
            await work.plant.add_station(name, line="l", site="s")
        await work.commit()
    return "aoi-3"


@pytest.fixture
async def watching(services: Services) -> AsyncIterator[Watching]:
    made = Watching(services)
    yield made
    await made.end()


def folder(tmp_path: Path, name: str = "a") -> Drop:
    path = tmp_path / name
    path.mkdir(exist_ok=True)
    return Drop(str(path), settle_s=0.05)


def taken(drop: Drop) -> list[str]:
    return [path.name for path in Path(drop.path).glob("done/*/*")]


def left(drop: Drop) -> list[str]:
    return [path.name for path in Path(drop.path).glob("*.png")]


def paths(watching: Watching) -> list[str]:
    return [Path(each.watch.drop.path).name for each in watching.folders]


async def test_it_follows_what_is_named_paused_changed_and_removed(
    services: Services, station: str, watching: Watching, tmp_path: Path
) -> None:
    await watching.follow()
    assert (paths(watching), doing(watching.folders)) == ([], "no folder is watched")
    await name_folder(services, station, folder(tmp_path))
    await name_folder(services, "aoi-4", folder(tmp_path, "b"))
    await watching.follow()
    assert paths(watching) == ["a", "b"]
    kept = watching.folders[1]
    await rest_folder(services, station, active=False)
    await watching.follow()
    assert paths(watching) == ["b"]
    await rest_folder(services, station, active=True)
    await name_folder(services, station, folder(tmp_path, "c"))
    await watching.follow()
    assert paths(watching) == ["c", "b"]
    assert watching.folders[1] is kept
    await forget_folder(services, station)
    await watching.follow()
    assert watching.folders == (kept,)


async def test_it_says_what_is_wrong_before_all_else(
    services: Services, station: str, watching: Watching, tmp_path: Path
) -> None:
    await name_folder(services, station, folder(tmp_path))
    await name_folder(services, "aoi-4", Drop("/nowhere/at/all"), elsewhere=True)
    await watching.follow()
    while not watching.folders[1].state.trouble:  # noqa: ASYNC110 - seen by a task
        await asyncio.sleep(0.02)
    assert doing(watching.folders) == f"{TROUBLE}aoi-4: there is no folder /nowhere/at/all"
    await forget_folder(services, "aoi-4")
    await watching.follow()
    assert doing(watching.folders) == "1 watched, 0 files wait"


@asynccontextmanager
async def process(postgres: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """`marksight watch` on the test's services, while the context lasts."""
    urls = {"DATABASE_URL": postgres.database_url, "REDIS_URL": postgres.redis_url}
    told = {f"MARKSIGHT_{name}": url.get_secret_value() for name, url in urls.items() if url}
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "dashboard.cli", "watch",
        cwd=ROOT, env={**os.environ, **told, "MARKSIGHT_HOME": str(postgres.home)}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def test_killed_again_and_again_it_takes_each_file_once(
    services: Services, station: str, postgres: Settings, tmp_path: Path
) -> None:
    drop, count = folder(tmp_path), 60
    for number in range(count):
        (Path(drop.path) / f"{number:02}.png").write_bytes(picture())
    await name_folder(services, station, drop)
    for _ in range(3):
        before = len(taken(drop))
        async with process(postgres) as running, asyncio.timeout(60):
            while len(taken(drop)) <= before < count:  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.001)
            running.kill()
    async with process(postgres), asyncio.timeout(60):
        while len(taken(drop)) < count or left(drop):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    async with services.database.session() as session:
        names = (await session.scalars(select(Inspection.file_name).order_by(Inspection.file_name))).all()
    assert names == [f"{number:02}.png" for number in range(count)]


async def test_as_a_process_it_takes_what_is_dropped_and_ends_when_asked(
    services: Services, station: str, postgres: Settings, tmp_path: Path
) -> None:
    async with process(postgres) as running:
        drop = folder(tmp_path)
        await name_folder(services, station, drop)
        (Path(drop.path) / "a.png").write_bytes(picture())
        async with asyncio.timeout(60):
            while not taken(drop):  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.05)
            beats: list[heartbeat.Heartbeat] = []
            while not any(beat.done for beat in beats):
                beats = list(heartbeat.living(services.queue.connection))
                await asyncio.sleep(0.05)
        assert [(beat.role, beat.name, beat.doing) for beat in beats] == [
            ("watcher", "watch", "1 watched, 0 files wait")
        ]
        async with services.database.session() as session:
            assert (await session.scalars(select(Inspection.file_name))).all() == ["a.png"]
        running.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.wait(), 30) == 0
