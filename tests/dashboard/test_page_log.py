"""A page that is drawn is one line in the log and one count, its socket two lines; the rest of Panel's is not told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from dashboard import server as page_server
from dashboard.server import PageServer
from data.settings import Settings
from tests.dashboard.api.test_access_log import Told, lines
from tests.dashboard.api.test_access_log import told as told  # noqa: PLC0414  a fixture
from tests.dashboard.bare_services import BareServices
from tests.dashboard.test_server import hello, token_of
from workers import metrics
from workers.counting import one


@pytest.fixture
def bare(tmp_path: Path) -> BareServices:
    return BareServices(Settings(home=tmp_path, port=0))


@pytest.fixture
async def server(bare: BareServices) -> AsyncIterator[PageServer]:
    built = page_server.build(bare, {"/page": hello})  # type: ignore[arg-type]
    async with built.running():
        yield built


@pytest.fixture
async def client(server: PageServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as client:
        yield client


async def test_a_page_is_told_by_its_path_with_who_asked_and_counted(
    client: httpx.AsyncClient, bare: BareServices, told: Told
) -> None:
    answer = await client.get("/page?token=hunter2-Zq9")
    (line,) = await lines(told)
    assert (line["method"], line["route"], line["status"], line["level"]) == ("GET", "/page", 200, "INFO")
    assert (line["actor"], line["message"]) == ("user:local", "GET /page 200")
    assert 0 < line["seconds"] < 60
    assert line["bytes"] == len(answer.content)
    assert "hunter2" not in json.dumps(line)
    assert bare.counting.samples()[one(metrics.REQUESTS, route="/page", method="GET", status="2xx")] == 1


async def test_the_files_of_a_page_are_not_told(client: httpx.AsyncClient, told: Told) -> None:
    assert (await client.get("/static/js/bokeh.min.js")).status_code == 200
    await client.get("/page")
    assert [line["route"] for line in await lines(told)] == ["/page"]


async def test_a_file_that_could_not_be_had_is_told_as_other(client: httpx.AsyncClient, told: Told) -> None:
    assert (await client.get("/static/js/nothing-of-hunter2.js")).status_code == 404
    (line,) = await lines(told)
    assert (line["route"], line["status"]) == ("other", 404)
    assert "hunter2" not in json.dumps(line)


async def test_what_the_api_answers_is_told_once(client: httpx.AsyncClient, told: Told) -> None:
    for path in ("/problems", "/nothing", "/page"):
        await client.get(path)
    assert [line["route"] for line in await lines(told, 3)] == ["/problems", "other", "/page"]


async def test_a_socket_is_told_when_it_is_opened_and_when_it_is_closed(
    client: httpx.AsyncClient, server: PageServer, bare: BareServices, told: Told
) -> None:
    token = token_of((await client.get("/page")).text)
    origin = {"Origin": f"http://127.0.0.1:{server.port}"}
    asked = HTTPRequest(f"ws://127.0.0.1:{server.port}/page/ws", headers=origin)
    socket = await websocket_connect(asked, subprotocols=["bokeh", token])
    assert "ACK" in str(await asyncio.wait_for(socket.read_message(), 20))
    opened = (await lines(told, 2))[1]
    assert (opened["method"], opened["route"], opened["status"]) == ("GET", "/page/ws", 101)
    socket.close()
    closed = (await lines(told, 3))[2]
    assert (closed["method"], closed["route"], closed["actor"]) == ("CLOSE", "/page/ws", "user:local")
    assert closed["seconds"] >= opened["seconds"]
    routes = {labels for name, labels in bare.counting.samples() if name == metrics.REQUESTS.name}
    assert len(routes) == 1, "a socket is no request that was answered"
