"""Each outage, made with the real thing, is named by `/ready` with its reason and what to do; `/health` goes on."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from redis import Redis

from core.engines import Engines
from dashboard.api.app import create_app
from dashboard.api.readiness import CHECKS, LEAST_FREE_BYTES, REMEDIES, UNTAKEN_S
from data import embedded_urls, migrate
from data.models import model
from data.settings import Settings
from data.store import open_store
from tests.dashboard.probe import SERVERS
from tests.disks import disk_of
from workers import heartbeat
from workers.child import Child
from workers.composition import Services, compose
from workers.embedded import home as state_folder
from workers.embedded import postgres, valkey
from workers.embedded.service_user import service_user
from workers.outbox import next_batch

Parts = dict[str, tuple[str, str, str]]
FUTURE = "9999"
VERSION = "UPDATE alembic_version SET version_num = $1"
NOBODY = "postgresql://app:hunter2-Zq9@127.0.0.1:9/marksight"


class House:
    """A PostgreSQL and a Valkey of their own, each to be stopped and started."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._programs = {"postgres": postgres.program, "valkey": valkey.program}
        self._running: dict[str, Child] = {}

    async def start(self, name: str) -> None:
        child = self._running[name] = Child(self._programs[name](self.home, service_user()))
        await child.start()
        await child.until_ready()

    async def stop(self, name: str) -> None:
        await self._running.pop(name).stop()

    async def end(self) -> None:
        for name in list(self._running):
            await self.stop(name)

    @property
    def settings(self) -> Settings:
        return Settings(
            home=self.home,
            port=0,
            database_url=SecretStr(embedded_urls.database_url(self.home)),
            owner_url=SecretStr(embedded_urls.owner_url(self.home)),
            redis_url=SecretStr(embedded_urls.redis_url(self.home)),
        )

    async def execute(self, statement: str, *values: object) -> None:
        connection = await asyncpg.connect(embedded_urls.postgres_url(self.home, embedded_urls.SUPERUSER))
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()

    def lives(self, role: heartbeat.Role) -> None:
        with Redis.from_url(embedded_urls.redis_url(self.home)) as client:
            heartbeat.beat(client, heartbeat.first(role, role))


@pytest.fixture(scope="module")
async def house() -> AsyncIterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="ms-", dir="/tmp"))
    state_folder.prepare(folder, service_user())
    await postgres.prepare(folder, service_user())
    valkey.prepare(folder, service_user())
    found = House(folder)
    try:
        await found.start("postgres")
        await asyncio.to_thread(migrate.upgrade, embedded_urls.owner_url(folder))
        await found.start("valkey")
        yield found
    finally:
        await found.end()
        shutil.rmtree(folder)


@asynccontextmanager
async def asking(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, Services]]:
    services = compose(settings, load_engines=lambda: Engines({}, lambda: 0.0))
    app = create_app(services)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(services.close)
        await stack.enter_async_context(app.router.lifespan_context(app))
        port = await stack.enter_async_context(SERVERS["tornado"](app))
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60)
        yield await stack.enter_async_context(client), services


@pytest.fixture(scope="module")
async def asked(house: House) -> AsyncIterator[tuple[httpx.AsyncClient, Services]]:
    """One server for all outages, as a plant has it."""
    async with asking(house.settings) as found:
        yield found


@pytest.fixture
def client(asked: tuple[httpx.AsyncClient, Services]) -> httpx.AsyncClient:
    return asked[0]


async def ready(client: httpx.AsyncClient) -> Parts:
    """Return what `/ready` says, having seen that it is told by its status, and that the server lives."""
    answer = await client.get("/ready")
    parts = {part["name"]: (part["state"], part["detail"], part["remedy"]) for part in answer.json()["parts"]}
    away = {name: told for name, told in parts.items() if told[0] == "away"}
    assert list(parts) == list(CHECKS)
    assert answer.status_code == (503 if away else 200)
    assert all(name in answer.json()["detail"] and remedy for name, (_, _, remedy) in away.items())
    assert {remedy for state, _, remedy in parts.values() if state == "ok"} == {""}
    alive = await client.get("/health")
    assert (alive.status_code, alive.json()["status"]) == (200, "alive")
    return parts


def away(parts: Parts) -> dict[str, str]:
    return {name: f"{detail} | {remedy}" for name, (state, detail, remedy) in parts.items() if state == "away"}


async def test_every_part_has_its_remedy_and_all_is_well_to_begin_with(client: httpx.AsyncClient) -> None:
    assert list(REMEDIES) == list(CHECKS)
    assert away(await ready(client)) == {}


async def test_a_postgres_that_is_stopped_is_named_and_found_again(house: House, client: httpx.AsyncClient) -> None:
    await house.stop("postgres")
    try:
        found = away(await ready(client))
    finally:
        await house.start("postgres")
    assert list(found) == ["database", "migrations", "recipes", "queue"]
    assert "MARKSIGHT_DATABASE_URL" in found["database"]
    assert "Error" in found["database"]
    assert away(await ready(client)) == {}


async def test_a_redis_that_is_stopped_is_named_and_found_again(house: House, client: httpx.AsyncClient) -> None:
    await house.stop("valkey")
    try:
        found = away(await ready(client))
    finally:
        await house.start("valkey")
    assert list(found) == ["redis", "queue"]
    assert "MARKSIGHT_REDIS_URL" in found["redis"]
    assert "while Redis is away" in found["queue"]
    assert away(await ready(client)) == {}


async def test_a_password_is_not_told_with_the_reason(house: House) -> None:
    async with asking(house.settings.model_copy(update={"database_url": SecretStr(NOBODY)})) as (client, _):
        assert "hunter2" not in (await client.get("/ready")).text
        assert "database" in away(await ready(client))


@pytest.mark.parametrize(
    ("revision", "reason", "remedy"),
    [
        ("0003", "is at 0003, this program needs", "marksight migrate"),
        (FUTURE, f"is at {FUTURE}, which is newer than this program", "install the newer program"),
    ],
    ids=["not applied", "newer than the program"],
)
async def test_a_schema_of_another_program_is_named(
    house: House, client: httpx.AsyncClient, revision: str, reason: str, remedy: str
) -> None:
    try:
        await house.execute(VERSION, revision)
        found = away(await ready(client))
    finally:
        await house.execute(VERSION, migrate.head())
    assert list(found) == ["migrations"]
    assert reason in found["migrations"]
    assert remedy in found["migrations"]


async def test_a_queue_that_does_not_get_on_is_named(
    house: House, asked: tuple[httpx.AsyncClient, Services], sample: bytes
) -> None:
    client, services = asked
    assert "workers: 0" in (await ready(client))["queue"][1], "nothing waits, so nobody is needed"
    assert (await client.post("/v1/inspections", files={"image": sample})).status_code == 202
    assert "1 inspection waits, and no worker lives | start one: marksight worker" in away(await ready(client))["queue"]
    house.lives("worker")
    assert "1 inspection waits, and no relay lives | start one: marksight relay" in away(await ready(client))["queue"]
    house.lives("relay")
    assert away(await ready(client)) == {}
    assert await next_batch(services) is not None
    assert away(await ready(client)) == {}, "it was handed out a moment ago"
    await house.execute("UPDATE outbox SET batched_at = batched_at - $1::interval", timedelta(seconds=UNTAKEN_S + 60))
    assert "no worker takes what was handed out 18" in away(await ready(client))["queue"]
    await house.execute("UPDATE outbox SET lease_token = gen_random_uuid(), lease_until = now() + interval '60 s'")
    assert away(await ready(client)) == {}, "somebody works on it"
    await house.execute("DELETE FROM outbox")


@pytest.fixture
def models_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the models, in a copy of their package that is found first."""
    package = tmp_path / "rapidocr"
    detection, recognition = model("ppocr-det"), model("ppocr-rec")
    for each in (detection, recognition):
        (package / each.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(each.file(), package / each.path)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "rapidocr", raising=False)  # a peer of the benchmarks
    assert detection.file() == package / detection.path
    return (package / detection.path).parent


@pytest.mark.parametrize("damage", ["missing", "damaged"])
async def test_a_model_that_is_missing_or_damaged_is_named(
    client: httpx.AsyncClient, models_apart: Path, damage: str
) -> None:
    assert away(await ready(client)) == {}
    file = models_apart / Path(model("ppocr-rec").path).name
    if damage == "missing":
        file.unlink()
    else:
        with file.open("r+b") as opened:
            opened.seek(1000)
            opened.write(b"?")
    found = away(await ready(client))
    assert list(found) == ["models"]
    assert "ppocr-rec" in found["models"]
    assert {"missing": "is not installed", "damaged": "is not the one its manifest names"}[damage] in found["models"]
    assert "install the program again" in found["models"]


async def test_a_state_folder_on_a_disk_that_is_nearly_full_is_named(house: House, tmp_path: Path) -> None:
    with disk_of(LEAST_FREE_BYTES // 4, tmp_path / "full") as folder:
        async with asking(house.settings.model_copy(update={"home": folder})) as (client, _):
            found = away(await ready(client))
    assert list(found) == ["disk"]
    assert f"64 MiB are free in {folder}" in found["disk"]
    assert "MARKSIGHT_HOME" in found["disk"]


async def test_an_image_store_on_a_disk_that_is_nearly_full_is_named(house: House, tmp_path: Path) -> None:
    with disk_of(LEAST_FREE_BYTES // 4, tmp_path / "full") as folder:
        url = (folder / "store").as_uri()
        await open_store(url).check()
        async with asking(house.settings.model_copy(update={"store_url": url})) as (client, _):
            found = away(await ready(client))
    assert list(found) == ["disk"]
    assert str(folder / "store") in found["disk"]
