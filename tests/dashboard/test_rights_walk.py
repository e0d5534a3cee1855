"""Every route, page and socket with every role, with none, and with what only looks like a sign-in."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from core.rights import PERSONS, Action, Role, may
from dashboard.api.permits import OPEN, PERMITS
from dashboard.identity import COOKIE
from dashboard.page_rights import PAGE_RIGHTS
from data.settings import Settings
from tests.dashboard.signing import Door, opened, sign_in
from tests.dashboard.test_server import token_of
from workers import accounts, signing_in, tokens

NIL = UUID(int=0)
FORBIDDEN = "Your role does not allow this page"


@pytest.fixture
async def door(emptied: None, postgres: Settings) -> AsyncIterator[Door]:
    async with opened(postgres) as opened_door:
        yield opened_door


def address(path: str) -> str:
    """Return a route's path with something in each of its places."""
    return re.sub(r"{[^}]+}", lambda place: "lots" if place[0] == "{table}" else str(NIL), path)


async def statuses(client: httpx.AsyncClient) -> dict[tuple[str, str], int]:
    """Return what every route answers."""
    found = {}
    for method, path in sorted(PERMITS):
        found[method, path] = (await client.request(method, address(path))).status_code
    return found


@pytest.mark.parametrize("role", Role)
async def test_each_role_may_ask_for_what_the_table_says_and_nothing_else(door: Door, role: Role) -> None:
    async for client in door.as_role(role):
        found = await statuses(client)
        assert {route: status == 403 for route, status in found.items()} == {
            route: not may(role, action) for route, action in PERMITS.items()
        }
        assert 401 not in found.values()
        assert [route for route, status in found.items() if status >= 500] == []


async def forged(door: Door) -> dict[str, dict[str, str]]:
    """Return credentials that are good for nothing, by what is wrong with them."""
    good = door.sessions[Role.ADMIN]
    ended, old, disabled = [], [], []
    for name, kept in (("ended", ended), ("old", old), ("gone", disabled)):
        await accounts.add(door.services, accounts.NewUser(name, "admin", password="nine green parrots"))
        async with door.client() as client:
            kept.append((await sign_in(client, name)).cookies[COOKIE])
    await signing_in.sign_out_everywhere(door.services, (await signing_in.resolve(door.services, ended[0])).user_id)  # type: ignore[union-attr,arg-type]
    await accounts.disable(door.services, "gone")
    revoked = await tokens.add(door.services, tokens.NewToken("line 2", role="machine"))
    await tokens.revoke(door.services, "line 2")
    now = door.services.clock
    door.services.clock = lambda: now() - timedelta(days=400)
    long_ago = await signing_in.sign_in(door.services, "old", "nine green parrots", signing_in.Whence("127.0.0.1"))
    door.services.clock = now
    return {
        "nothing": {},
        "a session nobody has": {"session": "mss_" + "A" * 43},
        "a session cut short": {"session": good[:-1]},
        "a session with a letter changed": {"session": good[:-1] + ("A" if good[-1] != "A" else "B")},
        "a session as a token": {"token": good},
        "a token as a session": {"session": door.token},
        "one that was signed out": {"session": ended[0]},
        "one that is over": {"session": long_ago.secret},
        "of somebody who is disabled": {"session": disabled[0]},
        "a token nobody has": {"token": "ms_" + "A" * 43},
        "a token that was revoked": {"token": revoked.secret},
        "rubbish": {"session": "x", "token": "y"},
    }


async def test_nobody_gets_in_whatever_they_show(door: Door) -> None:
    for what, shown in (await forged(door)).items():
        async with door.client(**shown) as client:
            found = await statuses(client)
            assert set(found.values()) == {401}, what
            for page in PAGE_RIGHTS:
                answer = await client.get(f"/{page}?find=a")
                assert answer.status_code == 302, what
                assert answer.headers["location"].endswith(f"/sign-in?next=%2F{page}%3Ffind%3Da"), what
                assert await socket_refused(door, f"/{page}", client), what


async def test_what_is_open_is_open_to_nobody_in_particular(door: Door) -> None:
    async with door.client() as client:
        for method, path in sorted(OPEN):
            status = (await client.request(method, address(path))).status_code
            assert status not in {401, 403, 500}, path
        for file in ("/assets/css/plain.css", "/assets/favicon.svg"):
            assert (await client.get(file)).status_code == 200


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MACHINE])
async def test_a_page_that_a_role_may_not_see_says_so(door: Door, role: Role) -> None:
    async for client in door.as_role(role):
        for page, action in PAGE_RIGHTS.items():
            assert (FORBIDDEN in await drawn(door, client, f"/{page}")) is not may(role, action)


OFFERED: dict[str, dict[str, Action]] = {
    "/inspect": {"Judge by": "inspection.submit", "Make a recipe": "recipe.publish"},
    "/inspection": {"Make recipe from this reading": "recipe.publish"},
    "/runs": {"Tray (carrier)": "run.submit"},
    "/plant": {"Add site": "plant.edit", "Start a lot": "lot.start"},
}
"""What the documents of pages hold only for whoever may do an action."""


async def test_pages_offer_each_role_what_it_may_do_and_nothing_else(door: Door) -> None:
    for role in PERSONS:
        async for client in door.as_role(role):
            for page, controls in OFFERED.items():
                document = await drawn(door, client, page)
                assert {words: words in document for words in controls} == {
                    words: may(role, action) for words, action in controls.items()
                }, (role, page)


async def drawn(door: Door, client: httpx.AsyncClient, page: str) -> str:
    """Return everything that the document of a page holds when it is opened."""
    before = set(door.server.panel.get_sessions(page))
    assert (await client.get(page)).status_code == 200
    (session,) = set(door.server.panel.get_sessions(page)) - before
    return json.dumps(session.document.to_json(), default=str)


async def socket_refused(door: Door, page: str, client: httpx.AsyncClient, origin: str | None = None) -> bool:
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    headers = {"Origin": origin or door.url, "Cookie": cookie, **client.headers}
    async with door.client(door.sessions[Role.ADMIN]) as admin:
        token = token_of((await admin.get(page)).text)
    try:
        socket = await connect(door, page, token, {key: value for key, value in headers.items() if key in WANTED})
    except HTTPClientError as error:
        return error.code == 403
    socket.close()
    while await socket.read_message() is not None:
        pass
    return False


WANTED = {"Origin", "Cookie", "authorization"}


async def connect(door: Door, page: str, token: str, headers: dict[str, str]) -> WebSocketClientConnection:
    asked = HTTPRequest(f"ws://127.0.0.1:{door.server.port}{page}/ws", headers=headers)
    return await websocket_connect(asked, subprotocols=["bokeh", token])


async def test_a_socket_from_another_page_is_refused_even_to_an_admin(door: Door) -> None:
    async with door.client(door.sessions[Role.ADMIN]) as admin:
        assert not await socket_refused(door, "/inspect", admin)
        assert await socket_refused(door, "/inspect", admin, origin="http://evil.example")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_change_asked_for_by_another_page_is_refused_even_to_an_admin(door: Door, method: str) -> None:
    async with door.client(door.sessions[Role.ADMIN]) as admin:
        answer = await admin.request(method, f"/v1/sites/{NIL}", headers={"Origin": "http://evil.example"})
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/origin-refused")


async def test_a_page_is_closed_within_seconds_when_its_user_may_no_more(door: Door) -> None:
    async with door.client(door.sessions[Role.ENGINEER]) as engineer:
        token = token_of((await engineer.get("/system")).text)
        headers = {"Origin": door.url, "Cookie": f"{COOKIE}={door.sessions[Role.ENGINEER]}"}
        with closing(await connect(door, "/system", token, headers)) as socket:
            await accounts.change_role(door.services, "engineer", "viewer")
            while await socket.read_message() is not None:
                pass
            assert socket.close_code == 4401
        assert FORBIDDEN in await drawn(door, engineer, "/system")
        assert (await engineer.get("/v1/system")).status_code == 403


@pytest.mark.parametrize("role", PERSONS)
async def test_each_role_opens_on_a_page_it_may_see(door: Door, role: Role) -> None:
    async for client in door.as_role(role):
        leads_to = (await client.get("/")).headers["location"]
        assert may(role, PAGE_RIGHTS[leads_to.removeprefix("/")])
