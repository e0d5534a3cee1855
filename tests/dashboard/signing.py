"""A page server that lets nobody in unasked, and people and machines of every role to ask of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from core.rights import PERSONS, Role
from dashboard import server as page_server
from dashboard.api.app import listener_of
from dashboard.identity import COOKIE
from dashboard.server import PageServer
from data.settings import Settings
from tests.workers.people import with_cheap_hashes
from workers import accounts, tokens
from workers.accounts import NewUser
from workers.composition import Services, compose
from workers.tokens import NewToken

PASSWORD = "nine green parrots"


@dataclass
class Door:
    """The server, its services, and the secrets by which one comes in, by role."""

    server: PageServer
    services: Services
    sessions: dict[Role, str] = field(default_factory=dict)
    token: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @asynccontextmanager
    async def client(self, session: str | None = None, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """Ask as whoever has that session or token, or as nobody."""
        cookies = {COOKIE: session} if session else {}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(base_url=self.url, cookies=cookies, headers=headers, timeout=60) as client:
            yield client

    async def as_role(self, role: Role) -> AsyncIterator[httpx.AsyncClient]:
        shown = {"token": self.token} if role is Role.MACHINE else {"session": self.sessions[role]}
        async with self.client(**shown) as client:
            yield client


async def sign_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return await client.post("/sign-in", data={"name": name, "password": password, **more})


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Door]:
    """Serve pages and API with somebody of every role."""
    from dashboard.pages.routes import routes  # noqa: PLC0415 - heavy

    services = with_cheap_hashes(compose(settings.model_copy(update={"single_user": False, "port": 0})))
    listener = listener_of(services)
    built = page_server.build(services, routes(services, listener), listener=listener)
    try:
        async with built.running():
            door = Door(built, services)
            for role in PERSONS:
                await accounts.add(services, NewUser(str(role), str(role), password=PASSWORD))
                async with door.client() as client:
                    (door.sessions[role],) = (await sign_in(client, str(role))).cookies.values()
            door.token = (await tokens.add(services, NewToken("line 1", role="machine"))).secret
            yield door
    finally:
        await services.close()
