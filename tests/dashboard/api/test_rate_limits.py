"""Who sends too much is told so, by both servers alike, and holds up nobody but themselves."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from core.rights import Role
from dashboard.api import failures
from dashboard.api.app import create_app
from dashboard.api.limits import BoundedBody
from dashboard.api.rate_limits import FREE, RateLimits, quotas
from dashboard.identity import COOKIE, LOCAL
from dashboard.shared_counts import SharedCounts
from data.settings import Settings
from tests.dashboard.bare_services import BareServices
from tests.dashboard.probe import SERVERS
from tests.dashboard.test_shared_counts import Clock, counts
from workers import accounts, signing_in, tokens
from workers.composition import compose
from workers.who import Who

MOST = {"token": 5, "session": 4, "address": 3}
PEOPLE = {
    "token 1": Who("line 1", "line 1", Role.MACHINE, token_id=UUID(int=1)),
    "token 2": Who("line 2", "line 2", Role.MACHINE, token_id=UUID(int=2)),
    "session 1": Who("ada", "Ada", Role.ENGINEER, user_id=UUID(int=9), sign_in_id=UUID(int=3)),
    "session 2": Who("ada", "Ada", Role.ENGINEER, user_id=UUID(int=9), sign_in_id=UUID(int=4)),
    "local": LOCAL,
}


class Named:
    """Says who asks, by what the request itself says: what the door does, without a database."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = dict(scope["headers"]).get(b"x-as", b"").decode()
        scope.setdefault("state", {})["who"] = PEOPLE.get(said)
        await self.app(scope, receive, send)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(clock: Clock) -> FastAPI:
    settings = Settings(**{f"{name}_requests_per_min": most for name, most in MOST.items()})
    app = FastAPI()
    app.add_middleware(RateLimits, quotas(settings), counts(clock))
    app.add_middleware(Named)
    app.add_middleware(BoundedBody, max_bytes=2**26)
    app.add_api_route("/{name:path}", ok, methods=["GET", "POST"])
    failures.install(app)
    return app


async def ok() -> str:
    return "ok"


@pytest.fixture(params=list(SERVERS))
async def client(request: pytest.FixtureRequest, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        SERVERS[request.param](app) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        yield client


async def statuses(client: httpx.AsyncClient, number: int, *, as_: str = "", path: str = "/x") -> list[int]:
    return [(await client.get(path, headers={"x-as": as_})).status_code for _ in range(number)]


@pytest.mark.parametrize(("as_", "name"), [("token 1", "token"), ("session 1", "session"), ("", "address")])
async def test_what_is_too_many_is_refused_and_told_how(client: httpx.AsyncClient, as_: str, name: str) -> None:
    most = MOST[name]
    assert await statuses(client, most, as_=as_) == [200] * most
    answer = await client.get("/x", headers={"x-as": as_})
    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["type"], told["status"], told["violated-policies"]) == ("/problems/rate-limited", 429, [name])
    assert answer.headers["retry-after"] == {"token": "72", "session": "75", "address": "80"}[name]
    assert answer.headers["ratelimit-policy"] == f'"{name}";q={most};w=60'
    assert answer.headers["ratelimit"] == f'"{name}";r=0;t=60'


async def test_who_waits_as_told_gets_on_and_who_does_not_gets_no_less(client: httpx.AsyncClient, clock: Clock) -> None:
    await statuses(client, 3)
    later_s = int((await client.get("/x")).headers["retry-after"])
    clock.now += later_s - 1
    assert await statuses(client, 4) == [429] * 4
    clock.now += 1
    assert await statuses(client, 2) == [200, 429]


async def test_every_answer_tells_what_is_left(client: httpx.AsyncClient, clock: Clock) -> None:
    clock.now += 12.5
    left = [(await client.get("/x", headers={"x-as": "token 1"})).headers["ratelimit"] for _ in range(3)]
    assert left == [f'"token";r={number};t=48' for number in (4, 3, 2)]


async def test_nobody_is_held_up_by_what_others_send_from_the_same_address(client: httpx.AsyncClient) -> None:
    for as_ in ("token 1", "session 1", ""):
        assert (await statuses(client, 10, as_=as_))[-1] == 429
    for as_ in ("token 2", "session 2", "local"):
        assert await statuses(client, 3, as_=as_) == [200] * 3


async def test_the_one_user_of_a_bench_is_not_counted(client: httpx.AsyncClient) -> None:
    assert await statuses(client, 20, as_="local") == [200] * 20
    assert "ratelimit" not in (await client.get("/x", headers={"x-as": "local"})).headers


@pytest.mark.parametrize("path", [*sorted(FREE), "/assets/css/plain.css", "/favicon.ico"])
async def test_what_watches_the_server_and_files_are_free(client: httpx.AsyncClient, path: str) -> None:
    await statuses(client, 4)
    for as_ in ("", "token 1"):
        assert await statuses(client, 7, as_=as_, path=path) == [200] * 7


async def test_a_refusal_reaches_who_is_still_sending(client: httpx.AsyncClient) -> None:
    await statuses(client, 5, as_="token 1")
    answer = await client.post("/x", content=b"z" * 20 * 2**20, headers={"x-as": "token 1"})
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/rate-limited")


async def test_a_quota_of_none_lets_as_many_in_as_come(clock: Clock) -> None:
    settings = Settings(token_requests_per_min=0, session_requests_per_min=0, address_requests_per_min=0)
    limits = RateLimits(Named(ok_app), quotas(settings), counts(clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limits), base_url="http://x") as client:  # type: ignore[arg-type]
        assert await statuses(client, 50) == [200] * 50


async def ok_app(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_a_line_of_machines_does_not_meet_the_quota_of_its_token() -> None:
    most = quotas(Settings())["token"].most
    assert most >= 60 * 50 * 8, "eight stations of one line, each with 50 pictures a second, by one token"


@pytest.mark.parametrize("path", sorted(FREE))
def test_the_description_tells_of_quotas_where_there_are_some(tmp_path: Path, path: str) -> None:
    told = create_app(BareServices(Settings(home=tmp_path))).openapi()  # type: ignore[arg-type]
    assert "RateLimit" in told["components"]["headers"]
    for each, methods in told["paths"].items():
        for operation in methods.values():
            for answer in operation["responses"].values():
                assert ("RateLimit" in answer["headers"]) is (each not in FREE), each
    counted: dict[str, Any] = told["paths"]["/v1/inspections"]["post"]["responses"]
    assert "`rate-limited`" in counted["429"]["description"]
    assert "get" in told["paths"][path]


async def test_a_token_a_sign_in_and_nobody_count_apart_through_the_whole_door(
    emptied: None, postgres: Settings
) -> None:
    limits = {f"{name}_requests_per_min": most for name, most in MOST.items()}
    services = compose(postgres.model_copy(update={"single_user": False, **limits}))
    try:
        token = (await tokens.add(services, tokens.NewToken("line 1", role="machine"))).secret
        await accounts.add(services, accounts.NewUser("ada", "viewer", password="nine green parrots"))
        whence = signing_in.Whence("127.0.0.1")
        session = (await signing_in.sign_in(services, "ada", "nine green parrots", whence)).secret
        shown = {
            "address": {},
            "token": {"authorization": f"Bearer {token}"},
            "session": {"cookie": f"{COOKIE}={session}"},
        }
        transport = httpx.ASGITransport(create_app(services))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            for name, headers in shown.items():
                answers = [await client.get("/v1/me", headers=headers) for _ in range(MOST[name] + 1)]
                assert {answer.status_code for answer in answers[:-1]} == {401 if name == "address" else 200}
                assert (answers[-1].status_code, answers[-1].json()["violated-policies"]) == (429, [name])
                assert re.fullmatch(r"[0-9]+", answers[-1].headers["retry-after"])
    finally:
        await services.close()


async def test_a_count_asks_nobody(tmp_path: Path) -> None:
    def nowhere() -> str:
        raise AssertionError("a request waits for nobody")

    counted = SharedCounts(nowhere)
    limits = RateLimits(Named(ok_app), quotas(Settings()), counted)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limits), base_url="http://x") as client:  # type: ignore[arg-type]
        assert await statuses(client, 3) == [200] * 3
    assert counted.tally("address:127.0.0.1").now == 3
