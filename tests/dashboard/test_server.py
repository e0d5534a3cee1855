"""The page server: pages, the API and files on one port; sockets for our own pages alone; sessions that end."""

from __future__ import annotations

import asyncio
import re
import stat
import sys
from asyncio import StreamReader
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import panel as pn
import pytest
from bokeh.util.token import generate_jwt_token, generate_session_id

from dashboard import server as page_server
from dashboard.api.permits import PERMITS
from dashboard.server import PageServer, session_key, signing_key
from data.settings import Settings
from tests.dashboard.bare_services import BareServices


def hello() -> pn.pane.HTML:
    return pn.pane.HTML("hello")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[PageServer]:
    services = BareServices(Settings(home=tmp_path, port=0, allowed_hosts=["bench.plant"]))
    built = page_server.build(services, {"/inspect": hello, "/system": hello})  # type: ignore[arg-type]
    async with built.running():
        yield built


@pytest.fixture
async def client(server: PageServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as client:
        yield client


async def test_the_root_leads_to_the_first_page(client: httpx.AsyncClient) -> None:
    response = await client.get("/")
    assert response.status_code in {302, 307}
    assert response.headers["location"] == "/inspect"


@pytest.mark.parametrize("path", ["/inspect", "/system"])
async def test_pages_are_served(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 200
    assert "bokeh" in response.text.lower()


async def test_every_file_a_page_asks_for_comes_from_this_server(client: httpx.AsyncClient) -> None:
    page = (await client.get("/inspect")).text
    asked = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert asked
    assert [url for url in asked if url.startswith(("http:", "https:", "//"))] == []
    for url in asked:
        assert (await client.get(str(httpx.URL("/inspect").join(url)))).status_code == 200, url


async def test_an_unknown_address_gives_a_page_to_browsers(client: httpx.AsyncClient) -> None:
    response = await client.get("/nothing/<b>here", headers={"accept": "text/html,*/*"})
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
    assert "<b>here" not in response.text
    assert 'href="/"' in response.text


@pytest.mark.parametrize("path", ["/nothing", "/v1/nothing", "/problems/nothing", "/assets/nothing"])
async def test_an_unknown_address_gives_a_problem_to_programs(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "/problems/not-found"


async def test_own_files_are_served_and_asked_for_again(client: httpx.AsyncClient) -> None:
    font = "/assets/fonts/ibm-plex-sans-latin-400-normal.woff2"
    response = await client.get(font)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-cache"
    again = await client.get(font, headers={"if-none-match": response.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/assets/../theme.py", "/assets/%2e%2e/theme.py", "/assets/..%2ftheme.py"])
async def test_nothing_outside_of_the_own_files_is_served(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(f"http://127.0.0.1:{client.base_url.port}{path}")
    assert response.status_code == 404, response.url


async def test_an_address_never_imports_a_module(client: httpx.AsyncClient) -> None:
    assert "antigravity" not in sys.modules
    assert (await client.get("/components/antigravity/a/__css__/b")).status_code == 404
    assert "antigravity" not in sys.modules


async def test_a_large_body_for_a_page_is_not_taken(client: httpx.AsyncClient) -> None:
    status = 0
    with suppress(httpx.TransportError):  # Tornado closes before everything was sent, or has answered by then
        status = (await client.post("/inspect", content=b"x" * page_server.PAGE_BODY_BYTES * 4)).status_code
    assert status in {0, 400, 413}
    assert (await client.get("/inspect")).status_code == 200


async def test_a_small_body_for_a_page_is_taken_and_refused_by_method(client: httpx.AsyncClient) -> None:
    assert (await client.post("/inspect", content=b"x" * 1000)).status_code == 405


def token_of(page: str) -> str:
    found = re.search(r'"token":"([^"]+)"', page)
    assert found
    return found[1]


@asynccontextmanager
async def handshake(server: PageServer, *, origin: str, token: str) -> AsyncIterator[tuple[bytes, StreamReader]]:
    """Ask for the page's socket as a browser would; gives the answer's head, and what comes after."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    lines = [
        "GET /inspect/ws HTTP/1.1", f"Host: 127.0.0.1:{server.port}", f"Origin: {origin}",
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"Sec-WebSocket-Protocol: bokeh, {token}", "", "",
    ]  # fmt: skip
    writer.write("\r\n".join(lines).encode())
    try:
        yield await reader.readuntil(b"\r\n\r\n"), reader
    finally:
        writer.close()


@pytest.mark.parametrize("name", ["http://127.0.0.1:{}", "http://localhost:{}", "http://bench.plant"])
async def test_our_own_pages_may_open_sockets(server: PageServer, client: httpx.AsyncClient, name: str) -> None:
    token = token_of((await client.get("/inspect")).text)
    async with handshake(server, origin=name.format(server.port), token=token) as (head, reader):
        assert b" 101 " in head.splitlines()[0]
        assert b"ACK" in await asyncio.wait_for(reader.readuntil(b"ACK"), 20)


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "http://bench.plant:81", "null"])
async def test_other_pages_may_not_open_sockets(server: PageServer, client: httpx.AsyncClient, origin: str) -> None:
    token = token_of((await client.get("/inspect")).text)
    async with handshake(server, origin=origin, token=token) as (head, _):
        assert b" 403 " in head.splitlines()[0]


@pytest.mark.parametrize("signing", [{"signed": False}, {"signed": True, "secret_key": b"another key" * 4}])
async def test_a_token_we_did_not_sign_opens_no_session(server: PageServer, signing: dict[str, Any]) -> None:
    token = generate_jwt_token(generate_session_id(), **signing)
    async with handshake(server, origin=f"http://127.0.0.1:{server.port}", token=token) as (_, reader):
        assert b"ACK" not in await asyncio.wait_for(reader.read(), 20)
    assert server.panel.get_sessions() == []


async def test_a_page_whose_tab_never_came_back_leaves_no_session(
    server: PageServer, client: httpx.AsyncClient
) -> None:
    await client.get("/inspect")
    assert len(server.panel.get_sessions()) == 1
    for session in server.panel.get_sessions():
        session._last_unsubscribe_time -= page_server.SESSION_LIFETIME_MS  # as if that much time had passed
    await server.panel._tornado._cleanup_sessions()
    assert server.panel.get_sessions() == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_other_pages_may_look(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/problems", headers={"origin": "http://evil.example"})
    assert response.status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_other_pages_may_change_nothing(client: httpx.AsyncClient, origin: str) -> None:
    response = await client.post("/v1/inspections", headers={"origin": origin}, content=b"x")
    assert response.status_code == 403
    assert response.json()["type"] == "/problems/origin-refused"


@pytest.mark.parametrize("path", ["/v1/inspections", "/openapi.json", "/nothing"])
async def test_a_page_whose_name_was_made_to_point_here_sees_nothing(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"host": f"evil.example:{client.base_url.port}"})
    assert (answer.status_code, answer.json()["type"]) == (421, "/problems/host-refused")


async def test_a_name_of_the_setting_is_ours(client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi.json", headers={"host": "bench.plant"})).status_code == 200


def test_the_session_key_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    key = session_key(tmp_path)
    assert len(key) >= 32
    assert session_key(tmp_path) == key
    folder = tmp_path / "secrets"
    assert [path.name for path in folder.iterdir()] == ["session.key"]
    assert stat.S_IMODE((folder / "session.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_servers_that_are_told_a_key_share_it_and_make_none(tmp_path: Path) -> None:
    keys = {signing_key(Settings(home=tmp_path / name, session_key="k" * 32)) for name in "ab"}  # type: ignore[arg-type]
    assert keys == {b"k" * 32}
    assert list(tmp_path.iterdir()) == []
    own = {signing_key(Settings(home=tmp_path / name)) for name in "ab"}
    assert len(own) == 2


BEHIND_TLS = {
    "https://bench.plant": b" 101 ",
    "https://bench.plant:443": b" 101 ",
    "http://bench.plant": b" 403 ",
    "https://bench.plant:8443": b" 403 ",
}


async def test_behind_tls_pages_of_the_proxys_name_open_sockets(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, port=0, behind_tls=True, allowed_hosts=["bench.plant"])
    built = page_server.build(BareServices(settings), {"/inspect": hello})  # type: ignore[arg-type]
    answers = {}
    async with built.running(), httpx.AsyncClient(headers={"host": "bench.plant"}, timeout=60) as client:
        page = await client.get(f"http://127.0.0.1:{built.port}/inspect")
        for origin in BEHIND_TLS:
            async with handshake(built, origin=origin, token=token_of(page.text)) as (head, _):
                answers[origin] = head.splitlines()[0]
    assert {origin: status in answers[origin] for origin, status in BEHIND_TLS.items()} == dict.fromkeys(
        BEHIND_TLS, True
    )


async def test_stopping_lets_a_running_request_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = BareServices(Settings(home=tmp_path, port=0))
    server = page_server.build(services, {"/inspect": hello})  # type: ignore[arg-type]
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> str:
        inside.set()
        await go_on.wait()
        return "whole"

    server.app.add_api_route("/slow", slow)
    monkeypatch.setitem(PERMITS, ("GET", "/slow"), "own.read")  # type: ignore[arg-type]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as client:
        async with server.running():
            asking = asyncio.create_task(client.get("/slow"))
            await inside.wait()
            asyncio.get_running_loop().call_later(0.2, go_on.set)
        assert (await asking).json() == "whole"
        with pytest.raises(httpx.ConnectError):
            await client.get("/problems", headers={"connection": "close"})
