"""The page server: Panel's own Tornado server in front, the API hung into it, on one port.

1. Every file the browser asks for comes from this server.
2. A session's token is signed, and a socket is opened only for our own pages: the origin is checked against
   `dashboard.origins`.
3. A closed tab's session is forgotten within `SESSION_LIFETIME_MS` and one check.
4. What is no page goes to the API's app, which also answers for addresses that lead nowhere; so the page server and
   `serve --api-only` say the same.
5. Asked to stop, it takes no new requests and lets the running ones end, for a while.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from bokeh.settings import settings as bokeh_settings
from panel.io.resources import COMPONENT_PATH
from panel.io.server import ComponentResourceHandler, Server, get_server
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import HTTPError

from dashboard.api.app import bound_at, create_app, listener_of
from dashboard.api.guard import is_strange
from dashboard.asgi import AsgiHandler, AsgiMount
from dashboard.connections import PATIENCE, Patience, connections_of
from dashboard.identity import COOKIE, SECURE_COOKIE, check_single_user
from dashboard.origins import address
from dashboard.page_answers import tell_browsers
from dashboard.page_log import PageLog
from dashboard.page_socket import PageDoor, Pages
from data.alongside import alongside
from data.listening import Listener
from data.settings import Settings
from workers.errors import PortTaken

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from workers.composition import Services

Routes = Mapping[str, Callable[[], Any]]

SESSION_LIFETIME_MS = 15_000
SESSION_CHECK_MS = 5_000
SESSION_TOKEN_S = 300
PAGE_BODY_BYTES = 64 * 1024  # a page is asked for without a body; what the API takes, the API bounds
GRACE_S = 4

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PageServer:
    """A server that is built and bound, and serves once `running` has entered it."""

    panel: Server
    mount: AsgiMount
    app: FastAPI
    pages: Pages

    @property
    def port(self) -> int:
        """The port it is bound to."""
        return int(self.panel.port or 0)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[PageServer]:
        """Serve while the context lasts, then stop with grace."""
        async with self.app.router.lifespan_context(self.app):
            self.panel.start()
            try:
                async with alongside(self.pages.watch()):
                    yield self
            finally:
                await self._stop()

    async def _stop(self) -> None:
        self.panel.stop(wait=False)
        await self.mount.drain(GRACE_S)
        await self.panel._http.close_all_connections()


def build(
    services: Services, routes: Routes, *, listener: Listener | None = None, patience: Patience = PATIENCE
) -> PageServer:
    """Bind the page server of `services` with the pages `routes`, by path; call it inside the running event loop.

    `listener` is the one that the pages follow, if they do.
    """
    settings = services.settings
    bokeh_settings.resources.set_value("server")
    app = create_app(services, listener=listener, pages=routes.keys())
    mount, pages = AsgiMount(app), Pages(app.state.identities)
    panel = get_server(
        dict(routes),
        port=settings.port,
        address=settings.host,
        loop=IOLoop.current(),
        extra_patterns=[(rf"/{COMPONENT_PATH}(.*)", KnownComponents, {})],
        default_handler_class=AsgiHandler,
        default_handler_args={"mount": mount},
        use_index=False,
        auth_provider=PageDoor(pages.identities, partial(is_strange, state=app.state)),
        exclude_cookies=[COOKIE, SECURE_COOKIE],
        exclude_headers=["Cookie", "Authorization"],
        sign_sessions=True,
        secret_key=signing_key(settings),
        session_token_expiration=SESSION_TOKEN_S,
        unused_session_lifetime_milliseconds=SESSION_LIFETIME_MS,
        check_unused_sessions_milliseconds=SESSION_CHECK_MS,
        http_server_kwargs={
            "max_body_size": PAGE_BODY_BYTES,
            "max_header_size": patience.head_bytes,
            "idle_connection_timeout": patience.idle_s,
            "body_timeout": patience.page_body_s,
        },
    )
    pages.guard(panel._tornado)
    panel._tornado.settings["log_function"] = PageLog(services.counting, routes.keys())
    tell_browsers(panel._tornado, behind_tls=settings.behind_tls)
    panel._tornado.websocket_origins.clear()
    panel._tornado.websocket_origins.update(bound_at(app, panel.port or 0))
    return PageServer(panel, mount, app, pages)


def signing_key(settings: Settings) -> bytes:
    """Return the key that signs sessions: the one that several servers share, or that of the state folder."""
    shared = settings.session_key
    return session_key(settings.home) if shared is None else shared.get_secret_value().encode()


def session_key(home: Path) -> bytes:
    """Return the key that signs sessions; made once, readable by us alone, the same for every server of `home`."""
    path = home / "secrets" / "session.key"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    if not path.exists():
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            log.debug("another server made the session key first")
        fresh.unlink()
    return path.read_bytes().strip()


class KnownComponents(ComponentResourceHandler):
    """Panel's handler for the files of its components, which would import any module that an address names."""

    def parse_url_path(self, path: str) -> str:
        """Return the file that `path` (module/class/attribute/file) names, of a module in use."""
        if path.split("/", maxsplit=1)[0] not in sys.modules:
            raise HTTPError(404)
        return str(super().parse_url_path(path))


def serve(settings: Settings, *, api_only: bool = False, say: Callable[[str], None] = log.info) -> None:
    """Serve until TERM or INT; `say` is told the address once it answers.

    Raises:
        PortTaken: somebody else listens on the port.
        NotForOthers: everybody would be let in, and others than this machine reach it.
    """
    panels = logging.getLogger("panel")  # what it tells is told with all the rest
    panels.handlers, panels.propagate = [], True
    asyncio.run(_serve(settings, api_only=api_only, say=say))


async def _serve(settings: Settings, *, api_only: bool, say: Callable[[str], None]) -> None:
    from workers import upkeep  # noqa: PLC0415  # heavy
    from workers.composition import compose  # noqa: PLC0415
    from workers.runs import remove_strays  # noqa: PLC0415

    check_single_user(settings)
    services = compose(settings)
    try:
        async with alongside(upkeep.for_ever(services, remove_strays)):  # the relay may have another state folder
            await (_serve_api if api_only else _serve_pages)(services, say)
    finally:
        await services.close()


async def _serve_pages(services: Services, say: Callable[[str], None]) -> None:
    from dashboard.pages.routes import routes  # noqa: PLC0415  # heavy

    listener = listener_of(services)
    with _port_is_ours(services.settings):
        server = build(services, routes(services, listener), listener=listener)
    async with server.running():
        stopped = asyncio.Event()
        _when_asked_to_stop(stopped.set, server.app.state.feed.end, server.app.state.run_feed.end)
        say(address(services.settings.host, server.port))
        await stopped.wait()


async def _serve_api(services: Services, say: Callable[[str], None]) -> None:
    """The API alone under uvicorn."""
    settings = services.settings
    with _port_is_ours(settings):
        listeners = bind_sockets(settings.port, settings.host)
    port = listeners[0].getsockname()[1]
    app = create_app(services)
    bound_at(app, port)
    config = api_config(app)
    say(address(settings.host, port))
    server = _Uvicorn(config)
    _when_asked_to_stop(lambda: setattr(server, "should_exit", True), app.state.feed.end, app.state.run_feed.end)
    await server.serve(sockets=listeners)


def api_config(app: ASGIApp, patience: Patience = PATIENCE) -> uvicorn.Config:
    """Return how uvicorn serves the API alone; who is believed where a request comes from is the app's word."""
    return uvicorn.Config(
        app,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        ws="none",
        http=connections_of(patience),
        h11_max_incomplete_event_size=patience.head_bytes,
        timeout_keep_alive=int(patience.idle_s),
        timeout_graceful_shutdown=int(GRACE_S),
    )


class _Uvicorn(uvicorn.Server):
    """Leaves the signals to us: by itself it would end by the signal that it was stopped with, as if it had failed."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


def _when_asked_to_stop(*steps: Callable[[], object]) -> None:
    def stop() -> None:
        for step in steps:
            step()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


@contextmanager
def _port_is_ours(settings: Settings) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTaken(
            f"somebody listens on {settings.host}:{settings.port} already; stop it, or set MARKSIGHT_PORT"
        ) from error
