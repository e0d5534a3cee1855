"""What is done on an open page is done by its user, under an id of its own; and nothing else is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import panel as pn
import pytest
from bokeh.document.events import ModelChangedEvent
from bokeh.models import TextInput
from bokeh.protocol import Protocol
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from dashboard import server as page_server
from dashboard.server import PageServer
from data.acting import Actor, acting
from data.settings import Settings
from tests.dashboard.bare_services import BareServices
from tests.dashboard.test_server import token_of
from tests.workers.programs import until

AFTERWARDS = ("at once", "awaited", "begun", "next tick")
"""How something may come of what was done."""


class Doings:
    """A page with a field, and what acts as whom once something is written into it."""

    def __init__(self) -> None:
        self.by: dict[str, list[Actor]] = {how: [] for how in ("drawn", *AFTERWARDS)}

    def page(self) -> pn.widgets.TextInput:
        field = pn.widgets.TextInput()
        self.note("drawn")
        field.param.watch(lambda _: self.written(), "value")
        field.param.watch(self.awaited, "value")
        return field

    def written(self) -> None:
        self.note("at once")
        pn.state.execute(lambda: self.note("next tick"), schedule=True)
        asyncio.get_running_loop().create_task(self.begun())

    async def awaited(self, _: Any) -> None:
        await asyncio.sleep(0)
        self.note("awaited")

    async def begun(self) -> None:
        await asyncio.sleep(0)
        self.note("begun")

    def note(self, how: str) -> None:
        self.by[how].append(acting())


@pytest.fixture
def doings() -> Doings:
    return Doings()


@pytest.fixture
async def server(tmp_path: Path, doings: Doings) -> AsyncIterator[PageServer]:
    services = BareServices(Settings(home=tmp_path, port=0))
    built = page_server.build(services, {"/page": doings.page})  # type: ignore[arg-type]
    async with built.running():
        yield built


async def written(server: PageServer, doings: Doings, *words: str) -> None:
    """Open the page as a browser would, and write these words into its field, each when the one before was heard."""
    address = f"127.0.0.1:{server.port}/page"
    async with httpx.AsyncClient() as client:
        token = token_of((await client.get(f"http://{address}")).text)
    asked = HTTPRequest(f"ws://{address}/ws", headers={"Origin": f"http://127.0.0.1:{server.port}"})
    socket = await websocket_connect(asked, subprotocols=["bokeh", token])
    await heard(socket, "ACK")
    (session,) = server.panel.get_sessions()
    (field,) = session.document.select({"type": TextInput})
    for number, word in enumerate(words, 1):
        change = ModelChangedEvent(session.document, field, "value", word)
        message = Protocol().create("PATCH-DOC", [change])
        for fragment in (message.header_json, message.metadata_json, message.content_json):
            await socket.write_message(fragment)
        await until(lambda so_far=number: all(len(doings.by[how]) == so_far for how in AFTERWARDS))  # type: ignore[misc]
    socket.close()
    while await socket.read_message() is not None:
        pass


async def heard(socket: WebSocketClientConnection, kind: str) -> None:
    """Wait for a message of a kind."""
    while f'"msgtype": "{kind}"' not in str(await asyncio.wait_for(socket.read_message(), 20)):
        pass


async def test_whatever_comes_of_what_is_done_on_a_page_is_done_by_its_user(server: PageServer, doings: Doings) -> None:
    await written(server, doings, "a")
    actors = {doings.by[how][0] for how in AFTERWARDS}
    assert {actor.name for actor in actors} == {"user:local"}
    (id_,) = {actor.request_id for actor in actors}
    assert UUID(str(id_)).version == 7


async def test_each_thing_done_has_an_id_of_its_own(server: PageServer, doings: Doings) -> None:
    await written(server, doings, "a", "b")
    assert len({actor.request_id for actor in doings.by["awaited"]}) == 2


async def test_drawing_a_page_is_nothing_that_its_user_does(server: PageServer, doings: Doings) -> None:
    await written(server, doings)
    assert {actor.request_id for actor in doings.by["drawn"]} == {None}
