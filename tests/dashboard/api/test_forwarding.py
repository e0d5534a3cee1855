"""Where a request comes from is what a trusted proxy says, and nobody else: under both servers, for all that look."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import ValidationError

from dashboard.api.app import create_app
from dashboard.api.permits import PERMITS
from dashboard.api.sign_in import whence
from dashboard.server import api_config
from data.settings import Settings
from tests.dashboard.bare_services import BareServices
from tests.dashboard.probe import SERVERS

HERE = "127.0.0.1"


async def seen(request: Request) -> dict[str, str]:
    return {"address": whence(request).address, "origin": str(request.base_url)}


@pytest.fixture(params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def asked(
    app: FastAPI, server: str, headers: list[tuple[str, str]], path: str = "/seen"
) -> AsyncIterator[httpx.Response]:
    async with SERVERS[server](app) as port, httpx.AsyncClient(base_url=f"http://{HERE}:{port}") as client:
        yield await client.get(path, headers=headers)


def app_behind(tmp_path: Path, *proxies: str, **more: object) -> FastAPI:
    settings = Settings(home=tmp_path, trusted_proxies=list(proxies), **more)  # type: ignore[arg-type]
    app = create_app(BareServices(settings))  # type: ignore[arg-type]
    app.add_api_route("/seen", seen)
    return app


def says(*addresses: str) -> list[tuple[str, str]]:
    return [("X-Forwarded-For", each) for each in addresses]


@pytest.mark.parametrize(
    ("proxies", "headers", "address"),
    [
        pytest.param([], says("203.0.113.7"), HERE, id="nobody is trusted by default"),
        pytest.param(["10.0.0.1"], says("203.0.113.7"), HERE, id="who asks is no proxy"),
        pytest.param([HERE], says("203.0.113.7"), "203.0.113.7", id="a trusted proxy"),
        pytest.param(["127.0.0.0/8"], says("203.0.113.7"), "203.0.113.7", id="a trusted network"),
        pytest.param([HERE], says("198.51.100.1, 203.0.113.7"), "203.0.113.7", id="what its sender made up"),
        pytest.param([HERE], says("198.51.100.1", "203.0.113.7"), "203.0.113.7", id="nor in a field of its own"),
        pytest.param([HERE, "10.0.0.1"], says("203.0.113.7, 10.0.0.1"), "203.0.113.7", id="through two proxies"),
        pytest.param([HERE], says("2001:db8::1"), "2001:db8::1", id="an IPv6 address"),
        pytest.param([HERE], [("X-Real-Ip", "203.0.113.7")], HERE, id="another word for it"),
        pytest.param([HERE], [("Forwarded", "for=203.0.113.7")], HERE, id="the standard's word for it"),
        pytest.param([HERE], [], HERE, id="a proxy that says nothing"),
    ],
)
async def test_where_a_request_comes_from_is_what_a_trusted_proxy_says(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    server: str,
    proxies: list[str],
    headers: list[tuple[str, str]],
    address: str,
) -> None:
    monkeypatch.setitem(PERMITS, ("GET", "/seen"), "own.read")  # type: ignore[arg-type]
    async for answer in asked(app_behind(tmp_path, *proxies), server, headers):
        assert answer.json()["address"] == address


@pytest.mark.parametrize(("proxies", "scheme"), [([], "http:"), ([HERE], "https:")])
async def test_by_what_browsers_come_is_what_a_trusted_proxy_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, proxies: list[str], scheme: str
) -> None:
    monkeypatch.setitem(PERMITS, ("GET", "/seen"), "own.read")  # type: ignore[arg-type]
    async for answer in asked(app_behind(tmp_path, *proxies), server, [("X-Forwarded-Proto", "https")]):
        assert answer.json()["origin"].startswith(scheme)


async def test_who_floods_through_a_proxy_holds_up_their_own_address_alone(tmp_path: Path) -> None:
    app = app_behind(tmp_path, HERE, single_user=False, address_requests_per_min=2)
    async with SERVERS["tornado"](app) as port, httpx.AsyncClient(base_url=f"http://{HERE}:{port}") as client:
        flood = [(await client.get("/v1/me", headers=says("203.0.113.7"))).status_code for _ in range(3)]
        assert flood == [401, 401, 429]
        assert (await client.get("/v1/me", headers=says("203.0.113.8"))).status_code == 401


@pytest.mark.parametrize("named", ["proxy.plant", "*", "", "10.0.0.1/8", "10.0.0.300"])
def test_a_proxy_is_named_by_its_address(named: str) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        Settings(trusted_proxies=[named])


def test_uvicorn_believes_nobody_by_itself(tmp_path: Path) -> None:
    assert api_config(app_behind(tmp_path)).proxy_headers is False
