"""Each request is one line in the log and one count, by the template of its route, without what its sender made up."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from starlette.types import Message

from dashboard.api.access_log import GONE, AccessLog
from dashboard.api.app import create_app
from data.concerning import learn
from data.settings import Settings
from tests.dashboard.bare_services import BareServices
from tests.dashboard.probe import SERVERS
from workers import metrics
from workers.counting import Counting, one
from workers.log_lines import ACCESS, JsonLines
from workers.redaction import Redaction

RUN = UUID("0199aaaa-0000-7000-8000-000000000001")


class Kept(logging.Handler):
    """Keeps each line as it would be written, at the moment at which it is."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[dict[str, Any]] = []
        self.setFormatter(JsonLines("server", Redaction()))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    handler, log = Kept(), logging.getLogger(ACCESS)
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield handler.lines
    log.removeHandler(handler)
    log.setLevel(before)


async def of_a_run(run_id: str) -> dict[str, str]:
    return {"run": run_id}


async def boom() -> None:
    raise RuntimeError("nobody foresaw this")


async def stream() -> StreamingResponse:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x" * 1000

    return StreamingResponse(pieces(), media_type="text/plain")


async def make() -> None:
    learn(inspection_id=RUN)


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    app = create_app(BareServices(Settings(home=tmp_path)))  # type: ignore[arg-type]
    app.router.dependencies.clear()  # who may ask is no matter here
    for path, endpoint in {"/t/boom": boom, "/t/stream": stream, "/t/make": make, "/t/{run_id}": of_a_run}.items():
        app.add_api_route(path, endpoint)
    return app


@pytest.fixture
def counting(app: FastAPI) -> Counting:
    found: Counting = app.state.services.counting
    return found


@pytest.fixture(params=list(SERVERS))
async def client(request: pytest.FixtureRequest, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        SERVERS[request.param](app) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        yield client


Told = list[dict[str, Any]]


async def lines(told: Told, count: int = 1) -> Told:
    """Return the lines, when there are so many: the last of an answer may reach its reader first."""
    async with asyncio.timeout(30):
        while len(told) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    return told


async def test_a_request_is_told_by_its_template_with_who_asked(client: httpx.AsyncClient, told: Told) -> None:
    answer = await client.get(f"/t/{RUN}?token=hunter2-Zq9", headers={"X-Request-Id": "req-7"})
    (line,) = await lines(told)
    assert (line["method"], line["route"], line["status"]) == ("GET", "/t/{run_id}", 200)
    assert line["bytes"] == len(answer.content)
    assert 0 < line["seconds"] < 60
    assert (line["request_id"], line["run_id"], line["level"]) == ("req-7", str(RUN), "INFO")
    assert line["actor"]
    assert line["message"] == "GET /t/{run_id} 200"
    assert "hunter2" not in json.dumps(line)


async def test_what_was_made_is_named(client: httpx.AsyncClient, told: Told) -> None:
    await client.get("/t/make")
    assert (await lines(told))[0]["inspection_id"] == str(RUN)


async def test_an_id_that_is_none_is_not_named(client: httpx.AsyncClient, told: Told) -> None:
    await client.get("/t/no-id")
    assert "run_id" not in (await lines(told))[0]


async def test_a_streamed_answer_is_told_at_its_end_with_all_its_bytes(client: httpx.AsyncClient, told: Told) -> None:
    await client.get("/t/stream")
    assert ((await lines(told))[0]["bytes"], (await lines(told))[0]["status"]) == (4000, 200)


async def test_head_is_told_by_the_route_it_looks_at(client: httpx.AsyncClient, told: Told) -> None:
    await client.head("/t/stream")
    assert ((await lines(told))[0]["method"], (await lines(told))[0]["route"]) == ("HEAD", "/t/stream")


NOWHERE = ["/nothing/here", "/" + "x" * 5000, "/%00%0a", "/problems/../../etc/passwd", "/v1/%F0%9F%A7%AA"]


@pytest.mark.parametrize("path", NOWHERE)
async def test_what_leads_nowhere_is_other(client: httpx.AsyncClient, told: Told, path: str) -> None:
    assert (await client.get(path)).status_code == 404
    assert {line["route"] for line in await lines(told)} == {"other"}
    assert "xxxx" not in json.dumps(told)


async def test_files_are_told_by_what_they_lie_below(client: httpx.AsyncClient, told: Told) -> None:
    await client.get("/assets/favicon.svg")
    assert (await lines(told))[0]["route"] == "/assets"


async def test_a_method_that_nobody_knows_is_other(client: httpx.AsyncClient, told: Told) -> None:
    await client.request("BREW", "/t/stream")
    assert (await lines(told))[0]["method"] == "other"


async def test_an_app_that_fails_is_told_as_500(client: httpx.AsyncClient, told: Told, counting: Counting) -> None:
    assert (await client.get("/t/boom")).status_code == 500
    assert (await lines(told))[0]["status"] == 500
    assert counting.samples()[one(metrics.REQUESTS, route="/t/boom", method="GET", status="5xx")] == 1


async def test_what_pages_ask_all_the_time_is_told_quietly(client: httpx.AsyncClient, told: Told) -> None:
    await client.get("/health")
    assert (await lines(told))[0]["level"] == "DEBUG"


async def test_requests_are_counted_with_their_seconds(
    client: httpx.AsyncClient, counting: Counting, told: Told
) -> None:
    for _ in range(3):
        await client.get(f"/t/{RUN}")
    await client.get("/nothing")
    await lines(told, 4)
    samples = counting.samples()
    assert samples[one(metrics.REQUESTS, route="/t/{run_id}", method="GET", status="2xx")] == 3
    assert samples[one(metrics.REQUESTS, route="other", method="GET", status="4xx")] == 1
    count = ("marksight_request_seconds_count", one(metrics.REQUESTS, route="/t/{run_id}", method="GET")[1])
    assert samples[count] == 3


async def test_who_is_gone_before_an_answer_began_is_told(told: Told) -> None:
    async def silent(*_: object) -> None:
        return

    async def nobody(*_: Message) -> Message:
        raise AssertionError

    counting = Counting(RUN)
    await AccessLog(silent, counting)({"type": "http", "method": "GET"}, nobody, nobody)
    assert told[0]["status"] == GONE
    assert counting.samples()[one(metrics.REQUESTS, route="other", method="GET", status="gone")] == 1


async def test_what_is_no_request_passes(told: Told) -> None:
    passed: list[str] = []

    async def app(scope: Any, *_: object) -> None:
        passed.append(scope["type"])

    await AccessLog(app, Counting(RUN))({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert (passed, told) == (["lifespan"], [])
