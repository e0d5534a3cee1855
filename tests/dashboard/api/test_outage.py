"""What the API says while the database or Redis is away, and that it goes on when they are back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from core.engines import Engines
from dashboard.api.app import create_app
from data import embedded_urls
from data.setting_up import setting_up
from data.settings import Settings
from data.urls import app_url
from tests.dashboard.api.conftest import working
from tests.dashboard.probe import SERVERS
from tests.gate import Gate
from workers.composition import Services, compose


@pytest.fixture
async def database(postgres: Settings, tmp_path: Path) -> AsyncIterator[Gate]:
    gate = Gate(
        tmp_path / embedded_urls.postgres_socket(postgres.home).name, embedded_urls.postgres_socket(postgres.home)
    )
    await gate.open()
    yield gate
    await gate.close()


@pytest.fixture
async def queue(valkey: str, home: Path, tmp_path: Path) -> AsyncIterator[Gate]:
    gate = Gate(tmp_path / "valkey.sock", embedded_urls.redis_socket(home))
    await gate.open()
    yield gate
    await gate.close()


@pytest.fixture
async def services(
    emptied: None, postgres: Settings, engines: Engines, database: Gate, queue: Gate, tmp_path: Path
) -> AsyncIterator[Services]:
    """Services of a state folder of their own, whose database and Redis lie behind gates."""
    (tmp_path / "home").mkdir()
    home = postgres.home
    run, here = quote(str(embedded_urls.run_folder(home)), safe=""), quote(str(tmp_path), safe="")
    through = {
        "home": tmp_path / "home",
        "database_url": SecretStr(embedded_urls.database_url(home).replace(run, here)),
        "redis_url": SecretStr(
            embedded_urls.redis_url(home).replace(str(embedded_urls.run_folder(home)), str(tmp_path))
        ),
    }
    composed = compose(postgres.model_copy(update=through), load_engines=lambda: engines)
    async with composed.database.unit_of_work() as unit:
        await unit.plant.station_id(None)
        await unit.commit()
    yield composed
    await composed.close()


@pytest.fixture(params=list(SERVERS))
async def api(request: pytest.FixtureRequest, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(services)
    async with (
        app.router.lifespan_context(app),
        SERVERS[request.param](app) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        yield client


async def parts(api: httpx.AsyncClient) -> tuple[int, dict[str, str]]:
    answer = await api.get("/ready")
    return answer.status_code, {part["name"]: part["state"] for part in answer.json()["parts"]}


async def test_all_is_there(api: httpx.AsyncClient) -> None:
    status, states = await parts(api)
    assert status == 200
    assert states == dict.fromkeys(
        ("database", "migrations", "recipes", "redis", "queue", "store", "spool", "models", "disk"), "ok"
    )


async def test_it_is_not_ready_while_an_installation_is_being_set_up(
    api: httpx.AsyncClient, services: Services
) -> None:
    async with setting_up(app_url(services.settings)):
        status, states = await parts(api)
        assert status == 503
        assert [name for name, state in states.items() if state == "away"] == ["recipes"]
    assert (await parts(api))[0] == 200


async def test_without_the_database_the_server_lives_and_says_what_is_missing(
    api: httpx.AsyncClient, database: Gate
) -> None:
    await database.close()
    assert (await api.get("/health")).json()["status"] == "alive"
    status, states = await parts(api)
    assert status == 503
    assert [name for name, state in states.items() if state == "away"] == ["database", "migrations", "recipes", "queue"]
    answer = await api.get("/ready")
    assert answer.json()["type"] == "/problems/not-ready"
    assert "database: " in answer.json()["detail"]
    await database.open()
    assert (await parts(api))[0] == 200


async def test_without_redis_intake_goes_on(api: httpx.AsyncClient, queue: Gate, sample: bytes) -> None:
    await queue.close()
    status, states = await parts(api)
    assert (status, states["redis"], states["queue"], states["database"]) == (503, "away", "away", "ok")
    assert (await api.post("/v1/inspections", files={"image": sample})).status_code == 202


@pytest.mark.parametrize("method", ["list", "recipes", "one"])
async def test_without_the_database_requests_are_put_off(api: httpx.AsyncClient, database: Gate, method: str) -> None:
    assert (await api.get("/v1/inspections")).status_code == 200
    await database.close()
    for _ in range(2):  # with a connection that was cut, then with none to be had
        answer = await _ask(api, method)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/database-away")
        assert int(answer.headers["retry-after"]) > 0
    await database.open()
    assert (await _ask(api, method)).status_code in {200, 404}


async def _ask(api: httpx.AsyncClient, method: str) -> httpx.Response:
    paths = {"list": "/v1/inspections", "recipes": "/v1/recipes", "one": "/v1/inspections/" + "0" * 32}
    return await api.get(paths[method])


async def until_caught_up(services: Services) -> None:
    """Wait until nothing is spooled any more."""
    while services.spool.usage().items:  # noqa: ASYNC110 - a task of the app does it
        await asyncio.sleep(0.05)


async def test_without_the_database_a_picture_is_taken_and_inspected_later(
    api: httpx.AsyncClient, services: Services, database: Gate, sample: bytes
) -> None:
    await database.close()
    sent = {"files": {"image": ("a.jpg", sample)}, "data": {"lot": "L1", "trigger_number": "7"}}
    key = {"Idempotency-Key": "k"}
    answer, again = [await api.post("/v1/inspections", **sent, headers=key) for _ in range(2)]
    assert (answer.status_code, again.headers["location"]) == (202, answer.headers["location"])
    view, location = answer.json(), answer.headers["location"]
    assert (view["state"], view["lot"], view["file_name"], view["image"]["id"]) == ("received", "L1", "a.jpg", None)
    assert view["url"] == location
    waited = await api.post("/v1/inspections?wait_ms=200", files={"image": sample})
    assert (waited.status_code, waited.json()["verdict"]) == (200, "not_judged")
    asked = await api.get(location)
    assert (asked.status_code, int(asked.headers["retry-after"]) > 0) == (503, True)
    spool = next(part for part in (await api.get("/ready")).json()["parts"] if part["name"] == "spool")
    assert (spool["state"], spool["detail"]) == ("ok", "2 pictures wait to be written")
    await database.open()
    await until_caught_up(services)
    found = (await api.get(location)).json()
    assert (found["state"], found["captured_at"], found["id"]) == ("received", view["captured_at"], view["id"])
    assert (await api.post("/v1/inspections", **sent, headers=key)).headers["location"] == location
    assert len((await api.get("/v1/inspections")).json()["items"]) == 2


async def test_a_database_that_does_not_answer_keeps_no_sender(
    api: httpx.AsyncClient, services: Services, database: Gate, sample: bytes
) -> None:
    sent = {"files": {"image": sample}}
    await asyncio.gather(*(api.post("/v1/inspections", **sent) for _ in range(3)))  # so that connections lie ready
    database.freeze()
    answers = await asyncio.gather(
        *(api.post("/v1/inspections", **sent) for _ in range(4)), api.post("/v1/inspections?wait_ms=200", **sent)
    )
    assert [answer.status_code for answer in answers] == [202] * 4 + [200]
    assert services.spool.usage().items == 5
    database.thaw()
    await until_caught_up(services)
    items = (await api.get("/v1/inspections")).json()["items"]
    assert {answer.json()["id"] for answer in answers} < {item["id"] for item in items}
    assert len(items) == 8


async def test_who_waits_for_what_is_spooled_gets_the_verdict_when_the_database_is_back_in_time(
    api: httpx.AsyncClient, services: Services, database: Gate, sample: bytes
) -> None:
    await database.close()
    waiting = asyncio.create_task(api.post("/v1/inspections?wait_ms=30000", files={"image": sample}))
    while not services.spool.usage().items:  # noqa: ASYNC110 - the server keeps it
        await asyncio.sleep(0.02)
    await database.open()
    async with working(services):
        answer = await waiting
    assert (answer.status_code, answer.json()["state"]) == (200, "done")


async def test_what_is_spooled_while_the_database_is_there_is_put_off(
    services: Services, database: Gate, sample: bytes
) -> None:
    app = create_app(services)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        await database.close()
        location = (await client.post("/v1/inspections", files={"image": sample})).headers["location"]
        await database.open()  # and nobody catches up: the app is not running
        for address in (location, f"{location}/overlay.svg"):
            answer = await client.get(address)
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/inspection-spooled")
            assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/v1/inspections/" + "0" * 32)).status_code == 404


async def test_beyond_the_bound_pictures_are_refused_and_told_when_to_come_back(
    services: Services, database: Gate, sample: bytes
) -> None:
    services.spool.max_items = 1
    app = create_app(services)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        await database.close()
        answers = [await client.post("/v1/inspections", files={"image": sample}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 503]
        assert answers[1].json()["type"] == "/problems/spool-full"
        assert int(answers[1].headers["retry-after"]) > 0
        parts = (await client.get("/ready")).json()["parts"]
    assert next(part["state"] for part in parts if part["name"] == "spool") == "away"


async def until_kept(services: Services) -> None:
    """Wait until the posted picture is safe."""
    kept = None
    while not kept:
        async with services.database.session() as session:
            kept = await session.scalar(text("SELECT count(*) FROM inspections"))


async def test_who_waits_through_an_outage_still_gets_the_verdict(
    api: httpx.AsyncClient, services: Services, database: Gate, sample: bytes
) -> None:
    waiting = asyncio.create_task(api.post("/v1/inspections?wait_ms=30000", files={"image": sample}))
    await until_kept(services)
    await database.close()
    await asyncio.sleep(0.2)
    await database.open()
    async with working(services):
        answer = await waiting
    assert (answer.status_code, answer.json()["state"]) == (200, "done")


async def test_who_waits_is_told_where_to_look_when_the_database_stays_away(
    api: httpx.AsyncClient, services: Services, database: Gate, sample: bytes
) -> None:
    waiting = asyncio.create_task(api.post("/v1/inspections?wait_ms=1500", files={"image": sample}))
    await until_kept(services)
    await asyncio.sleep(0.3)  # the row is seen a moment before its commit is acknowledged to whoever wrote it
    await database.close()
    answer = await waiting
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/answer-unavailable")
    await database.open()
    assert (await api.get(answer.headers["location"])).json()["state"] == "received"
