"""Two page servers and an intake server behind one address with TLS: whoever asks notices nothing of there being three.

Each has a state folder and a port of its own; database, queue and image store are the same, the proxy is nginx with
`ops/nginx.conf`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, async_playwright
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.netutil import DefaultExecutorResolver, OverrideResolver
from tornado.websocket import WebSocketClientConnection, websocket_connect

from data import embedded_urls
from data.settings import Settings
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.conftest import ROOT
from tests.dashboard.signing import PASSWORD, sign_in
from tests.dashboard.test_page_socket import heard
from tests.dashboard.test_server import token_of
from tests.outside import commands
from tests.outside.authority import Authority
from tests.outside.commands import PageServer
from tests.outside.proxy import NAME, Proxy, proxied
from workers import accounts, tokens
from workers.accounts import NewUser
from workers.composition import compose
from workers.tokens import NewToken

SAMPLE = (ROOT / "data" / "assets" / "samples" / "mc74hc32an-clean-1.jpg").read_bytes()
SESSION = "__Host-marksight_session"
PATIENCE_S = 60
TUS = {"Tus-Resumable": "1.0.0"}


class ByName(httpx.AsyncHTTPTransport):
    """Asks this machine, and takes it for the one that the certificate is made out to."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "sni_hostname": NAME}
        return await super().handle_async_request(request)


@dataclass
class Cluster:
    """The servers by their shipped names, the proxy before them, and what lets one in."""

    servers: dict[str, PageServer]
    proxy: Proxy
    trust: ssl.SSLContext
    variables: dict[str, str]
    token: str = ""

    @asynccontextmanager
    async def client(
        self, *, session: str = "", token: str = "", at: PageServer | None = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Ask through the proxy, or one server past it, as whoever has that session or token."""
        headers = {"Host": f"{NAME}:{self.proxy.port}"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Cookie": f"{SESSION}={session}"} if session else {}
        address = at.url if at else f"https://127.0.0.1:{self.proxy.port}"
        through = None if at else ByName(verify=self.trust)
        async with httpx.AsyncClient(
            base_url=address, headers=headers, transport=through, timeout=PATIENCE_S
        ) as asking:
            yield asking

    async def ids(self) -> dict[str, str]:
        """Return which server calls itself what, of those that run."""
        found = {}
        for name, server in self.servers.items():
            with suppress(httpx.TransportError):
                found[await server.id()] = name
        return found

    async def server_of(self, **who: str) -> str:
        """Return the server that the proxy has for somebody."""
        async with self.client(**who) as client:  # type: ignore[arg-type]
            return (await self.ids())[(await client.get("/health")).json()["server_id"]]

    async def serves(self, name: str, **who: str) -> bool:
        """Tell whether a server is the one that the proxy has for somebody."""
        return await self.server_of(**who) == name


async def _is_nobody(client: httpx.AsyncClient) -> bool:
    return (await client.get("/v1/me")).status_code == 401


@pytest.fixture(scope="module")
async def cluster(
    folder: Path, postgres: Settings, valkey: str, eraser: Callable[[], Awaitable[None]]
) -> AsyncIterator[Cluster]:
    await eraser()
    authority = Authority(folder)
    trust = ssl.create_default_context(cafile=authority.certificate)
    shared = {
        "MARKSIGHT_DATABASE_URL": embedded_urls.database_url(postgres.home),
        "MARKSIGHT_OWNER_URL": embedded_urls.owner_url(postgres.home),
        "MARKSIGHT_REDIS_URL": valkey,
        "MARKSIGHT_STORE_URL": (folder / "store").as_uri(),
        "MARKSIGHT_SINGLE_USER": "false",
        "MARKSIGHT_BEHIND_TLS": "true",
        "MARKSIGHT_SESSION_KEY": "the same for every one of the servers",
    }
    names = {"page-1.plant.example": (), "page-2.plant.example": (), "intake-1.plant.example": ("--api-only",)}
    async with AsyncExitStack() as stack:
        servers = {name: PageServer({}, options) for name, options in names.items()}
        ports = {name: server.port for name, server in servers.items()}
        proxy = await stack.enter_async_context(proxied(folder / "nginx", authority.signs(NAME), ports))
        shared["MARKSIGHT_ALLOWED_HOSTS"] = json.dumps([f"{NAME}:{proxy.port}"])
        for number, server in enumerate(servers.values()):
            server.variables = {**shared, "MARKSIGHT_HOME": str(folder / f"home-{number}")}
        own = {**shared, "MARKSIGHT_HOME": str(folder / "home")}
        for command in ("relay", "worker"):
            await stack.enter_async_context(commands.running(own, command))
        services = compose(postgres)
        stack.push_async_callback(services.close)
        await accounts.add(services, NewUser("ada", "engineer", password=PASSWORD))
        token = await tokens.add(services, NewToken("line 1", role="machine"))
        await asyncio.gather(*(server.start() for server in servers.values()))
        try:
            yield Cluster(servers, proxy, trust, own, token.secret)
        finally:
            await asyncio.gather(*(server.stop() for server in servers.values()))


def here() -> OverrideResolver:
    """Finds the proxy by its name."""
    return OverrideResolver(DefaultExecutorResolver(), {NAME: "127.0.0.1"})


async def signed_in(cluster: Cluster) -> str:
    """Sign in through the proxy; return the secret in the cookie."""
    async with cluster.client() as client:
        answer = await sign_in(client, "ada")
    assert answer.status_code == 303, answer.text
    return str(answer.cookies[SESSION])


@asynccontextmanager
async def socket(
    cluster: Cluster, session: str, token: str, origin: str = ""
) -> AsyncIterator[WebSocketClientConnection]:
    """Open the socket of a page, through the proxy, as a browser does."""
    proxy = cluster.proxy
    headers = {"Origin": origin or proxy.origin, "Cookie": f"{SESSION}={session}"}
    asked = HTTPRequest(
        f"wss://{NAME}:{proxy.port}/inspect/ws", headers=headers, ssl_options=cluster.trust, request_timeout=PATIENCE_S
    )
    connection = await websocket_connect(asked, subprotocols=["bokeh", token], resolver=here())
    try:
        yield connection
    finally:
        connection.close()


async def opened(cluster: Cluster, session: str) -> str:
    """Ask for a page; return the token by which its socket is opened."""
    async with cluster.client(session=session) as client:
        page = await client.get("/inspect")
    assert page.status_code == 200, page.text[:500]
    return token_of(page.text)


async def test_who_signs_in_at_one_is_signed_in_at_all(cluster: Cluster) -> None:
    session = await signed_in(cluster)
    for server in cluster.servers.values():
        async with cluster.client(session=session, at=server) as client:
            assert (await client.get("/v1/me")).json()["name"] == "ada"
    async with cluster.client(session=session) as client:
        assert (await client.post("/sign-out", headers={"Origin": cluster.proxy.origin})).status_code == 303
    for server in cluster.servers.values():
        async with cluster.client(session=session, at=server) as client:
            await commands.until(partial(_is_nobody, client))


async def test_whoever_asks_again_is_served_by_the_same_and_not_all_by_one(cluster: Cluster) -> None:
    names, callers = await cluster.ids(), [f"{number:048d}" for number in range(12)]

    async def served_by(kind: str, caller: str) -> str:
        async with cluster.client(**{kind: caller}) as client:  # type: ignore[arg-type]
            return names[(await client.get("/health")).json()["server_id"]]

    people = [await served_by("session", caller) for caller in callers]
    assert [await served_by("session", caller) for caller in callers] == people
    assert set(people) == {"page-1.plant.example", "page-2.plant.example"}, "pages are not asked of who has none"
    assert {await served_by("token", caller) for caller in callers} == set(cluster.servers)


async def test_a_page_opens_its_socket_through_the_proxy(cluster: Cluster) -> None:
    session = await signed_in(cluster)
    async with socket(cluster, session, await opened(cluster, session)) as connection:
        await heard(connection, "ACK")
        assert connection.close_code is None


@pytest.mark.parametrize("origin", ["https://evil.example", f"http://{NAME}"])
async def test_pages_of_others_open_none(cluster: Cluster, origin: str) -> None:
    session = await signed_in(cluster)
    with pytest.raises(HTTPClientError, match="403"):
        async with socket(cluster, session, await opened(cluster, session), origin):
            pass


async def test_a_machine_waits_for_its_verdict_through_the_proxy(cluster: Cluster) -> None:
    async with cluster.client(token=cluster.token) as client:
        answer = await client.post("/v1/inspections?wait_ms=30000", files={"image": SAMPLE})
        assert answer.json()["state"] == "done", answer.text
        for server in cluster.servers.values():
            async with cluster.client(token=cluster.token, at=server) as direct:
                assert (await direct.get(answer.headers["location"])).json()["state"] == "done"


async def test_an_upload_goes_on_piece_by_piece_at_the_server_that_has_it(cluster: Cluster) -> None:
    named = {"Upload-Metadata": f"filename {base64.b64encode(b'part.jpg').decode()}", "Upload-Length": str(len(SAMPLE))}
    async with cluster.client(token=cluster.token) as client:
        begun = await client.post("/v1/uploads", headers={**TUS, **named})
        assert begun.status_code == 201, begun.text
        address, middle = begun.headers["location"], len(SAMPLE) // 2
        for offset, piece in ((0, SAMPLE[:middle]), (middle, SAMPLE[middle:])):
            come = (await client.head(address, headers=TUS)).headers["upload-offset"]
            assert come == str(offset)
            piece_of = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            async with cluster.client(token=cluster.token) as again:  # another connection
                assert (await again.patch(address, headers={**TUS, **piece_of}, content=piece)).status_code == 204
        run = (await client.get(address)).json()["run_url"]
        events = [event async for event in events_of(client, run)]
    assert events[-1]["state"] == "done"


async def events_of(client: httpx.AsyncClient, run: str) -> AsyncIterator[dict[str, str]]:
    """Yield what is told of a run until it has ended."""
    async with client.stream("GET", f"{run}/events") as stream, asyncio.timeout(PATIENCE_S):
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                yield json.loads(line.removeprefix("data:"))


async def test_an_event_passes_when_it_happens(cluster: Cluster) -> None:
    """A run that nothing comes for is told at once, though nothing follows it for a long time."""
    async with cluster.client(token=cluster.token) as client:
        run = await client.post("/v1/runs", json={"label": "slow"})
        assert run.is_success, run.text
        async with asyncio.timeout(10):
            async for event in events_of(client, run.headers["location"]):
                assert event["state"] == "pending"
                break


async def test_other_names_and_plain_http_lead_nowhere(cluster: Cluster) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{cluster.proxy.plain_port}") as client:
        answer = await client.get("/inspect?a=1", headers={"Host": NAME})
    assert (answer.status_code, answer.headers["location"]) == (308, f"https://{NAME}/inspect?a=1")
    async with httpx.AsyncClient(verify=cluster.trust) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"https://127.0.0.1:{cluster.proxy.port}/")


async def test_no_one_time_link_stands_in_the_log_of_the_proxy(cluster: Cluster, folder: Path) -> None:
    async with cluster.client() as client:
        await client.get("/welcome/msl_" + "a" * 43)
        await client.get("/health?secret=hunter2")
    text = (folder / "nginx" / "access.log").read_text("utf-8")
    assert "GET /health 200" in text
    assert "msl_" not in text
    assert "hunter2" not in text


@asynccontextmanager
async def browsing(cluster: Cluster) -> AsyncIterator[tuple[Page, str]]:
    """A browser that has signed in and shows a page; and the secret that its cookie holds."""
    async with async_playwright() as play:
        flags = [*FLAGS, f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=flags)
        context = await browser.new_context(base_url=cluster.proxy.origin, ignore_https_errors=True)
        page = await context.new_page()
        await page.goto("/plant")
        await page.fill("[name=name]", "ada")
        await page.fill("[name=password]", PASSWORD)
        await page.press("[name=password]", "Enter")
        await page.wait_for_url("**/plant")
        await page.wait_for_selector("#ms-loading", state="detached")
        (session,) = [cookie["value"] for cookie in await context.cookies() if cookie["name"] == SESSION]
        try:
            yield page, session
        finally:
            await browser.close()


async def test_pages_whose_server_is_killed_come_back_at_another(cluster: Cluster) -> None:
    """In a browser by themselves; and what one server has signed, another takes, for the key is the same."""
    async with browsing(cluster) as (page, session):
        token, before = await opened(cluster, session), await cluster.server_of(session=session)
        async with socket(cluster, session, token) as connection:
            await heard(connection, "ACK")
            async with page.expect_event("load"):
                await cluster.servers[before].kill()
            async with asyncio.timeout(PATIENCE_S):
                while await connection.read_message() is not None:
                    pass
        try:
            await page.wait_for_selector("#ms-loading", state="detached")
            assert await page.is_hidden("#ms-stale")
            assert await cluster.server_of(session=session) in {"page-1.plant.example", "page-2.plant.example"} - {
                before
            }
            async with socket(cluster, session, token) as connection:
                await heard(connection, "ACK")
        finally:
            await cluster.servers[before].start()
        await commands.until(partial(cluster.serves, before, session=session))


async def test_a_server_that_is_replaced_ends_what_it_has_begun_and_an_upload_begins_anew(cluster: Cluster) -> None:
    """As in an upgrade. What was acknowledged piece by piece lies on one machine; the next one says so."""
    named = {"Upload-Metadata": f"filename {base64.b64encode(b'late.jpg').decode()}", "Upload-Length": str(len(SAMPLE))}
    whole = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    token = cluster.token
    async with cluster.client(token=token) as client:
        address = (await client.post("/v1/uploads", headers={**TUS, **named})).headers["location"]
        await client.patch(address, headers={**TUS, **whole}, content=SAMPLE[:1000])
        name = await cluster.server_of(token=token)
        waiting = asyncio.create_task(client.post("/v1/inspections?wait_ms=30000", files={"image": SAMPLE}))
        while not (await client.get("/v1/inspections?limit=1")).json()["items"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await cluster.servers[name].stop()
        try:
            assert (await waiting).status_code == 200, (await waiting).text
            assert (await client.head(address, headers=TUS)).headers["upload-offset"] == "0"
            assert (await client.patch(address, headers={**TUS, **whole}, content=SAMPLE)).status_code == 204
        finally:
            await cluster.servers[name].start()
        await commands.until(partial(cluster.serves, name, token=token))
        assert (await client.head(address, headers=TUS)).headers["upload-offset"] == str(len(SAMPLE)), "it is stored"
