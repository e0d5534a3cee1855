from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from dashboard.models.system import Part
from dashboard.pages.system_parts import SLOW_QUEUE_S, queue_part, reader
from data.queries.system import QueueFigures, SystemFigures
from data.settings import Settings
from tests.dashboard.conftest import SAMPLES
from workers import heartbeat, status
from workers.composition import Services, compose
from workers.intake import accept
from workers.watching import TROUBLE


async def parts_of(services: Services) -> dict[str, Part]:
    parts, read_at = await reader(services)()
    assert datetime.fromisoformat(read_at).tzinfo is not None
    return {part.name: part for part in parts}


async def test_every_part_that_answers_is_working(services: Services, judged: list[str]) -> None:
    parts = await parts_of(services)
    for name in ("PostgreSQL", "Redis", "Page server", "Queue", "Pictures", "Inspected in 24 h"):
        assert (name, parts[name].state) == (name, "ok")
    assert parts["Pictures"].figure.startswith("3 in ")
    assert parts["Inspected in 24 h"].figure.startswith("3: ")
    assert parts["Queue"].figure == "empty"


async def test_what_waits_is_counted_with_its_age(services: Services) -> None:
    await accept(services, (SAMPLES / "ds18b20.jpg").read_bytes())
    queue = (await parts_of(services))["Queue"]
    assert queue.figure.startswith("1 waiting, 0 of them being inspected; oldest ")
    assert queue.state == "ok"


@pytest.mark.parametrize(
    ("oldest_s", "state"), [(SLOW_QUEUE_S, "ok"), (SLOW_QUEUE_S + 1, "degraded")], ids=["at the limit", "over it"]
)
def test_a_queue_that_stands_is_said_to_be_slow(oldest_s: float, state: str) -> None:
    queue = QueueFigures(waiting=12, batched=0, running=2, resting=0, oldest_s=oldest_s)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    part = queue_part(SystemFigures(queue, (), {}, {}, 24, 0, 0, 0, "18.4", None), now)
    assert part.state == state
    assert part.figure == f"14 waiting, 2 of them being inspected; oldest {oldest_s:.0f} s"
    assert datetime.fromisoformat(part.since) == now - timedelta(seconds=oldest_s)


async def test_versions_and_models_are_told_and_not_judged(services: Services) -> None:
    parts = await parts_of(services)
    assert parts["Marksight"].state == "none"
    assert parts["ppocr-rec"].group == "Models"


async def test_who_watches_folders_is_told_in_one_row(services: Services) -> None:
    own = replace(heartbeat.first("watcher", "watch"), doing=f"{TROUBLE}aoi-3: there is no folder /x", done=3)
    heartbeat.beat(services.queue.connection, own)
    parts = await parts_of(services)
    heartbeat.leave(services.queue.connection, own)
    (name,) = [name for name in parts if "watch" in name.lower()]
    assert name == f"Watched folders on {socket.gethostname()}"
    assert (parts[name].state, parts[name].reason) == ("degraded", "aoi-3: there is no folder /x")


@pytest.mark.parametrize(("max_items", "state"), [(2, "degraded"), (1, "down")], ids=["within its bound", "full"])
async def test_what_is_spooled_is_told(services: Services, tmp_path: Path, max_items: int, state: str) -> None:
    assert "Spool" not in await parts_of(services)
    away = services.settings.model_copy(
        update={
            "home": tmp_path,
            "database_url": SecretStr("postgresql://u@127.0.0.1:1/x"),
            "spool_max_items": max_items,
        }
    )
    spooling = compose(away)
    await accept(spooling, (SAMPLES / "ds18b20.jpg").read_bytes())
    part = (await parts_of(spooling))["Spool"]
    await spooling.close()
    assert (part.state, part.figure.split(",")[0]) == (state, "1 pictures wait to be written")


async def test_supervised_parts_are_told_as_the_supervisor_sees_them(services: Services) -> None:
    since = datetime.now(tz=UTC)
    crashed = status.PartStatus("worker-1", "crashed", since, restarts=2, reason="ended by SIGKILL")
    home = services.settings.home
    status.write(home, status.SupervisorStatus(os.getpid(), "http://127.0.0.1:1", (crashed,)))
    try:
        parts = await parts_of(services)
    finally:
        status.status_file(home).unlink()
    assert (parts["Worker 1"].state, parts["Worker 1"].reason) == ("down", "ended by SIGKILL")


async def test_who_shows_that_he_lives_is_told_without_a_supervisor(services: Services) -> None:
    assert (await parts_of(services))["Workers"].state == "down"
    heartbeat.beat(services.queue.connection, heartbeat.first("worker", "worker-9"))
    parts = await parts_of(services)
    assert parts[f"Worker 9 on {socket.gethostname()}"].state == "ok"
    assert "Workers" not in parts


async def test_the_embedded_server_goes_by_its_true_name(services: Services) -> None:
    info = services.queue.connection.info("server")
    assert (await parts_of(services))["Redis"].figure.startswith(f"Valkey {info['valkey_version']}, ")


@pytest.fixture
async def nowhere(tmp_path: Path) -> AsyncIterator[Services]:
    """Services that are not there."""
    settings = Settings(
        home=tmp_path,
        database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none"),
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
    )
    services = compose(settings)
    yield services
    await services.close()


async def test_what_does_not_answer_is_down_and_says_why(nowhere: Services) -> None:
    parts = await parts_of(nowhere)
    assert parts["PostgreSQL"].state == "down"
    assert parts["PostgreSQL"].reason
    assert parts["Redis"].state == "down"
    assert parts["Workers"].state == "unknown"
    assert (parts["Queue"].state, parts["Queue"].reason) == ("unknown", "The database does not answer.")
    assert parts["Page server"].state == "ok"
