"""Every answer of both servers tells browsers what it may do: pages, API, files, refusals, what leads nowhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from starlette.routing import Mount, Route

from core.rights import Role
from dashboard.api.app import create_app
from dashboard.api.permits import OPEN, PERMITS
from dashboard.browser_policy import BEHIND_TLS, EVERYWHERE, NOT_KEPT, POLICY, headers, plain_page, workbench
from dashboard.page_answers import PageHandler
from dashboard.page_rights import PAGE_RIGHTS
from dashboard.page_socket import PageSocket
from dashboard.server import PageServer
from data.settings import Settings
from tests.dashboard.bare_services import BareServices
from tests.dashboard.probe import SERVERS
from tests.dashboard.signing import Door, opened
from tests.dashboard.test_rights_walk import address
from tests.dashboard.test_server import handshake, token_of

KEPT = ("/assets/", "/static/", "/components/", "/samples/", "/favicon.ico")
"""What browsers may keep: files. (Pictures that lie under their digest are a matter of `pictures`.)"""


def policy_of(answer: httpx.Response) -> dict[str, set[str]]:
    words = [each.split() for each in answer.headers[POLICY].split(";")]
    return {name: set(values) for name, *values in words}


def assert_told(answer: httpx.Response, what: object) -> None:
    """See that an answer says what each says, once, and no more than one policy."""
    for name, value in EVERYWHERE.items():
        assert answer.headers.get_list(name) == [value], (what, name)
    assert len(answer.headers.get_list(POLICY)) == 1, what
    policy = policy_of(answer)
    for name in ("base-uri", "frame-ancestors", "object-src", "default-src"):
        assert policy[name] == {"'none'"}, (what, name)
    assert "'unsafe-eval'" not in answer.headers[POLICY]
    assert "'unsafe-inline'" not in policy.get("script-src", set())
    assert "server" not in answer.headers
    kept = str(answer.url.path).startswith(KEPT)
    assert kept or NOT_KEPT in answer.headers["cache-control"], what


@pytest.fixture(scope="module")
async def door(postgres: Settings, eraser: Callable[[], Awaitable[None]]) -> AsyncIterator[Door]:
    await eraser()
    async with opened(postgres) as opened_door:
        yield opened_door


async def ways(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    """Ask as an admin, and as nobody."""
    async for client in door.as_role(Role.ADMIN):
        yield client
    async with door.client() as client:
        yield client


async def test_every_route_tells_browsers_whoever_asks(door: Door) -> None:
    routes = {*PERMITS, *OPEN} - {("POST", "/sign-out")}  # which would end it for the other tests
    async for client in ways(door):
        for method, path in sorted(routes):
            assert_told(await client.request(method, address(path)), (method, path))
    async with door.client() as nobody:
        assert_told(await nobody.post("/sign-out"), "signing out")


PLACES = [
    *(f"/{page}" for page in PAGE_RIGHTS),
    "/nothing",
    "/v1/nothing",
    "/assets/css/plain.css",
    "/assets/nothing",
    "/static/js/bokeh.min.js",
    "/static/nothing.js",
    "/components/nothing/a/__css__/b",
    "/inspect/autoload.js",
    "/inspect/metadata",
    "/inspect/ws",
]


async def test_every_page_file_and_refusal_tells_browsers(door: Door) -> None:
    async for client in ways(door):
        for path in PLACES:
            for accept in ("text/html", "*/*"):
                assert_told(await client.get(path, headers={"accept": accept}), path)
        for method in ("BREW", "DELETE", "OPTIONS", "HEAD"):
            for path in ("/inspect", "/v1/inspections", "/assets/css/plain.css"):
                assert_told(await client.request(method, path), (method, path))


async def test_refusals_of_each_kind_tell_browsers(door: Door) -> None:
    async for client in door.as_role(Role.ADMIN):
        strange = {"host": f"evil.example:{door.server.port}"}
        for path in ("/inspect", "/v1/me", "/inspect/ws"):
            answer = await client.get(path, headers=strange)
            assert answer.status_code == 421
            assert_told(answer, path)
        changed = await client.post("/v1/sites", headers={"origin": "http://evil.example"})
        assert changed.status_code == 403
        assert_told(changed, "another page")


async def test_a_page_runs_its_own_scripts_alone_by_a_number_of_its_own(door: Door) -> None:
    numbers = set()
    async for client in door.as_role(Role.ADMIN):
        for page in (*PAGE_RIGHTS, *PAGE_RIGHTS):
            answer = await client.get(f"/{page}")
            (number,) = re.findall(r"'nonce-([\w-]{22,})'", answer.headers[POLICY])
            scripts = re.findall(r"<script[^>]*>", answer.text)
            assert scripts
            assert [each for each in scripts if f'nonce="{number}"' not in each] == []
            numbers.add(number)
    assert len(numbers) == 2 * len(PAGE_RIGHTS)


async def test_a_page_that_the_api_draws_has_the_sheet_that_its_policy_names(door: Door) -> None:
    async for client in ways(door):
        for path in ("/sign-in", "/problems", "/problems/not-found", "/welcome/x"):
            answer = await client.get(path, follow_redirects=False)
            if answer.status_code == 303:
                continue
            policy = policy_of(answer)
            assert policy["script-src"] == {"'self'"}, path
            assert "<script>" not in answer.text
            assert " style=" not in answer.text
            assert "'unsafe-inline'" not in policy["style-src"]


async def test_the_sockets_of_pages_and_the_pages_are_ours(door: Door) -> None:
    rules = door.server.panel._tornado.wildcard_router.rules
    found = {rule.target for rule in rules}
    assert {PageHandler, PageSocket} <= found
    assert [each for each in found if each is not PageHandler and each in PageHandler.__mro__] == []


async def test_a_socket_opens_still(door: Door) -> None:
    async for client in door.as_role(Role.ADMIN):
        assert token_of((await client.get("/inspect")).text)
    server: PageServer = door.server
    async with handshake(server, origin="http://evil.example", token="x") as (head, _):
        assert b" 403 " in head.splitlines()[0]
        assert b"frame-ancestors 'none'" in head


def test_no_route_is_left_out(door: Door) -> None:
    routes = door.server.app.routes
    walked = {path for _, path in (*PERMITS, *OPEN)}
    assert {route.path for route in routes if isinstance(route, Route)} <= walked
    assert [route.path for route in routes if isinstance(route, Mount)] == ["/assets"]


@pytest.mark.parametrize("server", list(SERVERS))
@pytest.mark.parametrize("behind_tls", [False, True])
async def test_browsers_are_told_to_come_by_tls_where_they_do(tmp_path: Path, server: str, behind_tls: bool) -> None:
    app = create_app(BareServices(Settings(home=tmp_path, behind_tls=behind_tls)))  # type: ignore[arg-type]
    async with SERVERS[server](app) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for path in ("/health", "/nothing", "/problems", "/assets/css/plain.css"):
            answer = await client.get(path)
            assert_told(answer, path)
            said = answer.headers.get("strict-transport-security")
            assert said == (BEHIND_TLS["Strict-Transport-Security"] if behind_tls else None)


def test_the_policies_say_what_they_allow() -> None:
    assert set(headers(behind_tls=True)) == {*EVERYWHERE, *BEHIND_TLS}
    assert "script-src 'self';" in plain_page("sha256-x")
    assert "style-src 'self' 'sha256-x'" in plain_page("sha256-x")
    assert "'nonce-abc'" in workbench("abc")
    age = re.search(r"max-age=(\d+)", BEHIND_TLS["Strict-Transport-Security"])
    assert age
    assert int(age[1]) >= 365 * 86_400
