"""People, tokens and one's own account at the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from core.rights import Role
from dashboard.identity import COOKIE
from data.settings import Settings
from tests.dashboard.signing import PASSWORD, Door, opened, sign_in

OTHER = "eight yellow barges"


@pytest.fixture
async def door(emptied: None, postgres: Settings) -> AsyncIterator[Door]:
    async with opened(postgres) as opened_door:
        yield opened_door


@pytest.fixture
async def admin(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    async with door.client(door.sessions[Role.ADMIN]) as client:
        yield client


async def test_somebody_is_let_in_by_a_link_changed_and_let_go(door: Door, admin: httpx.AsyncClient) -> None:
    added = await admin.post("/v1/people", json={"name": "Ada", "role": "viewer", "display_name": "Ada L."})
    assert (added.status_code, added.json()["name"], added.json()["has_password"]) == (201, "ada", False)
    link = (await admin.post("/v1/people/ada/link")).json()
    async with door.client() as ada:
        await ada.post(link["path"], data={"password": PASSWORD, "again": PASSWORD})
        assert (await ada.get("/v1/me")).json()["role"] == "viewer"
        changed = (await admin.patch("/v1/people/ada", json={"role": "engineer", "display_name": "Ada"})).json()
        assert (changed["role"], changed["display_name"], changed["sign_ins"]) == ("engineer", "Ada", 1)
        assert (await admin.post("/v1/people/ada/sign-out")).status_code == 204
        assert (await ada.get("/v1/me")).status_code == 401
    assert (await admin.patch("/v1/people/ada", json={"active": False})).json()["active"] is False
    async with door.client() as ada:
        assert (await sign_in(ada, "ada")).status_code == 401
    listed = (await admin.get("/v1/people?limit=2")).json()
    assert (listed["items"][0]["name"], bool(listed["next_cursor"])) == ("ada", True)
    assert (await admin.get("/v1/people/ADA")).json() == listed["items"][0]


NONE = "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"
REFUSED: list[tuple[str, str, dict[str, Any] | None, int, str]] = [
    ("POST", "/v1/people", {"name": "a b", "role": "viewer"}, 422, "account-invalid"),
    ("POST", "/v1/people", {"name": "VIEWER", "role": "viewer"}, 409, "account-taken"),
    ("POST", "/v1/people", {"name": "eve", "role": "viewer", "password": "x"}, 422, "request-invalid"),
    ("PATCH", "/v1/people/admin", {"role": "viewer"}, 409, "last-admin"),
    ("PATCH", "/v1/people/admin", {"active": False}, 409, "last-admin"),
    ("PATCH", "/v1/people/nobody", {"role": "viewer"}, 404, "person-not-found"),
    ("GET", "/v1/people/%00", None, 404, "person-not-found"),
    ("POST", "/v1/people/nobody/link", None, 404, "person-not-found"),
    ("POST", "/v1/people/nobody/sign-out", None, 404, "person-not-found"),
    ("POST", "/v1/tokens", {"name": "x", "role": "admin"}, 422, "account-invalid"),
    ("POST", "/v1/tokens", {"name": "LINE 1", "role": "machine"}, 409, "account-taken"),
    ("POST", "/v1/tokens", {"name": "x", "role": "machine", "expires_at": "2020-01-01T00:00:00Z"}, 422,
     "account-invalid"),
    ("DELETE", f"/v1/tokens/{NONE}", None, 404, "token-not-found"),
    ("DELETE", f"/v1/me/sign-ins/{NONE}", None, 404, "sign-in-not-found"),
    ("DELETE", f"/v1/me/tokens/{NONE}", None, 404, "token-not-found"),
    ("POST", "/v1/me/tokens", {"name": "x", "scopes": ["own.token"]}, 422, "account-invalid"),
    ("POST", "/v1/me/password", {"current": "wrong wrong", "password": OTHER}, 401, "sign-in-refused"),
    ("POST", "/v1/me/password", {"current": PASSWORD, "password": "short"}, 422, "password-unfit"),
]  # fmt: skip


async def test_what_cannot_be_done_is_a_problem(admin: httpx.AsyncClient) -> None:
    for method, path, sent, status, kind in REFUSED:
        answer = await admin.request(method, path, json=sent)
        assert (answer.status_code, answer.json().get("type")) == (status, f"/problems/{kind}"), (method, path, sent)


async def test_tokens_are_made_told_once_listed_and_revoked(door: Door, admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/v1/tokens", json={"name": "AOI-3", "role": "machine", "scopes": ["lot.start"]})).json()
    async with door.client(token=made["secret"]) as machine:
        assert (await machine.post("/v1/lots", json={"code": "L9"})).status_code == 201
        assert (await machine.get("/v1/lots")).status_code == 403
        assert (await admin.delete(f"/v1/tokens/{made['id']}")).status_code == 204
        assert (await machine.post("/v1/lots", json={"code": "L10"})).status_code == 401
    everyone = (await admin.get("/v1/tokens")).json()["items"]
    kept = (await admin.get("/v1/tokens?revoked=false")).json()["items"]
    assert [each["name"] for each in everyone] == ["AOI-3", "line 1"]
    assert [each["name"] for each in kept] == ["line 1"]
    assert made["secret"] not in str(everyone)


async def test_ones_own_sign_ins_tokens_and_password(door: Door) -> None:
    async with door.client(door.sessions[Role.VIEWER]) as here, door.client() as there, door.client() as third:
        for client in (there, third):
            await sign_in(client, "viewer")
        listed = (await here.get("/v1/me/sign-ins")).json()["items"]
        assert sorted(each["current"] for each in listed) == [False, False, True]
        mine = (await there.get("/v1/me/sign-ins")).json()["items"]
        (there_id,) = [each["id"] for each in mine if each["current"]]
        assert (await here.delete(f"/v1/me/sign-ins/{there_id}")).status_code == 204
        assert (await there.get("/v1/me")).status_code == 401
        assert (await here.delete("/v1/me/sign-ins")).status_code == 204
        assert (await third.get("/v1/me")).status_code == 401

        made = (await here.post("/v1/me/tokens", json={"name": "nightly", "scopes": ["own.read"]})).json()
        assert (made["user"], made["role"]) == ("viewer", "viewer")
        async with door.client(token=made["secret"]) as program:
            assert (await program.get("/v1/me")).json()["may"] == ["own.read"]
        async with door.client(door.sessions[Role.ADMIN]) as other:
            assert (await other.delete(f"/v1/me/tokens/{made['id']}")).status_code == 404
        assert (await here.delete(f"/v1/me/tokens/{made['id']}")).status_code == 204
        assert [bool(each["revoked_at"]) for each in (await here.get("/v1/me/tokens")).json()["items"]] == [True]

        await sign_in(there, "viewer")
        changed = await here.post("/v1/me/password", json={"current": PASSWORD, "password": OTHER})
        assert changed.status_code == 204
        assert (await here.get("/v1/me")).status_code == 200
        assert (await there.get("/v1/me")).status_code == 401
        assert COOKIE not in changed.headers.get("set-cookie", "")


async def test_no_token_does_what_is_for_those_who_have_signed_in(door: Door, admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/v1/me/tokens", json={"name": "mine"})).json()
    async with door.client(token=made["secret"]) as program:
        for method, path in (("GET", "/v1/people"), ("POST", "/v1/tokens"), ("GET", "/v1/me/sign-ins")):
            assert (await program.request(method, path)).status_code == 403


async def test_without_a_sign_in_nothing_is_anybodys_own(one_api: httpx.AsyncClient) -> None:
    for method, path in (("GET", "/v1/me/sign-ins"), ("DELETE", "/v1/me/sign-ins"), ("GET", "/v1/me/tokens")):
        answer = await one_api.request(method, path)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-of-anybody")
    assert (await one_api.get("/v1/people")).json()["items"] == []
