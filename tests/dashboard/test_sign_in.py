"""Signing in, out, and by a one-time link, as a browser does it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from http.cookies import SimpleCookie

import httpx
import pytest

from core.rights import Role
from dashboard.identity import COOKIE, SECURE_COOKIE, Credentials, Identities
from data.queries import audit
from data.settings import Settings
from tests.dashboard.signing import PASSWORD, Door, opened, sign_in
from workers import accounts, first_admin, invitations
from workers.invitations import Link


@pytest.fixture
async def door(emptied: None, postgres: Settings) -> AsyncIterator[Door]:
    async with opened(postgres) as opened_door:
        yield opened_door


@pytest.fixture
async def browser(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    async with door.client() as client:
        yield client


async def test_one_is_led_to_the_sign_in_and_back(browser: httpx.AsyncClient) -> None:
    led = await browser.get("/v1/me")
    assert (led.status_code, led.headers["www-authenticate"]) == (401, 'Bearer realm="Marksight"')
    led = await browser.get("/problems/../inspections/x?y=1", headers={"accept": "text/html"})
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in?next=%2Finspections%2Fx%3Fy%3D1")
    answer = await sign_in(browser, "engineer", next="/inspections/x?y=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/inspections/x?y=1")
    assert (await browser.get("/v1/me")).json()["role"] == "engineer"
    assert (await browser.get("/sign-in?next=/runs")).headers["location"] == "/runs"


@pytest.mark.parametrize("behind_tls", [False, True])
async def test_the_cookie_is_for_this_server_alone(emptied: None, postgres: Settings, behind_tls: bool) -> None:
    async with opened(postgres.model_copy(update={"behind_tls": behind_tls})) as door, door.client() as client:
        answer = await sign_in(client, "viewer")
        (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
        assert morsel.key == (SECURE_COOKIE if behind_tls else COOKIE)
        assert (morsel["httponly"], morsel["samesite"].lower(), morsel["path"]) == (True, "lax", "/")
        assert (bool(morsel["secure"]), morsel["domain"]) == (behind_tls, "")
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("asked", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
async def test_one_goes_on_to_a_page_of_ours_alone(browser: httpx.AsyncClient, asked: str) -> None:
    assert (await sign_in(browser, "viewer", next=asked)).headers["location"] == "/"


async def test_a_wrong_password_and_an_unknown_name_look_the_same(browser: httpx.AsyncClient) -> None:
    known, unknown = await sign_in(browser, "viewer", "not this one"), await sign_in(browser, "nobody", "not this one")
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("viewer", "nobody") == unknown.text
    assert "do not go together" in known.text
    assert "not this one" not in known.text
    assert not browser.cookies


async def test_who_guesses_is_put_off_and_others_are_not(door: Door, browser: httpx.AsyncClient) -> None:
    answers = [await sign_in(browser, "viewer", f"guess number {number}") for number in range(8)]
    assert [answer.status_code for answer in answers][-1] == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await sign_in(browser, "engineer")).status_code == 303


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param({}, 422, id="nothing"),
        pytest.param({"name": "viewer"}, 422, id="no password"),
        pytest.param({"name": "v\0", "password": "x\0"}, 401, id="characters that no name has"),
        pytest.param({"name": "v" * 5000, "password": PASSWORD}, 422, id="a name without end"),
        pytest.param({"name": "' OR 1=1 --", "password": PASSWORD}, 401, id="a statement"),
    ],
)
async def test_what_cannot_be_typed_lets_nobody_in(
    browser: httpx.AsyncClient, sent: dict[str, str], status: int
) -> None:
    assert (await browser.post("/sign-in", data=sent)).status_code == status
    assert not browser.cookies


async def test_another_page_cannot_sign_somebody_in(browser: httpx.AsyncClient) -> None:
    sent = {"name": "viewer", "password": PASSWORD}
    answer = await browser.post("/sign-in", data=sent, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert not browser.cookies


async def test_signing_out_ends_it_for_whoever_kept_the_cookie(door: Door, browser: httpx.AsyncClient) -> None:
    kept = (await sign_in(browser, "viewer")).cookies[COOKIE]
    assert (await browser.post("/sign-out")).headers["location"] == "/sign-in?why=out"
    assert not browser.cookies
    async with door.client(kept) as thief:
        assert (await thief.get("/v1/me")).status_code == 401
    assert "You are signed out" in (await browser.get("/sign-in?why=out")).text


async def test_every_sign_in_has_a_secret_of_its_own(door: Door) -> None:
    secrets = set()
    for _ in range(3):
        async with door.client(door.sessions[Role.VIEWER]) as client:
            await client.post("/sign-out")
        async with door.client() as client:
            door.sessions[Role.VIEWER] = (await sign_in(client, "viewer")).cookies[COOKIE]
            secrets.add(door.sessions[Role.VIEWER])
    assert len(secrets) == 3


async def test_a_link_sets_a_password_once(door: Door, browser: httpx.AsyncClient) -> None:
    await accounts.add(door.services, accounts.NewUser("new", "reviewer"))
    link = await invitations.invite(door.services, "new")
    path = f"/welcome/{link.secret}"
    assert "Choose a password for new" in (await browser.get(path)).text
    for password, again, says in (("short", "short", "at least"), (PASSWORD, f"{PASSWORD}!", "not the same")):
        refused = await browser.post(path, data={"password": password, "again": again})
        assert refused.status_code == 422
        assert says in refused.text.lower()
    taken = await browser.post(path, data={"password": PASSWORD, "again": PASSWORD})
    assert (taken.status_code, (await browser.get("/v1/me")).json()["name"]) == (303, "new")
    for request in (browser.get(path), browser.post(path, data={"password": PASSWORD, "again": PASSWORD})):
        assert (await request).status_code == 410


async def test_no_link_makes_a_second_first_admin(door: Door, browser: httpx.AsyncClient) -> None:
    assert not isinstance(await first_admin.ensure_first_admin(door.services), Link)
    for secret in ("msl_" + "A" * 43, "x", "%00"):
        assert (await browser.get(f"/welcome/{secret}")).status_code in {404, 410}


async def test_what_somebody_does_is_done_in_their_name(door: Door) -> None:
    async with door.client(door.sessions[Role.ENGINEER]) as engineer:
        made = await engineer.post("/v1/sites", json={"name": "Jena"}, headers={"X-Request-Id": "mine"})
        assert made.status_code == 201
    async with door.client(token=door.token) as machine:
        assert (await machine.post("/v1/lots", json={"code": "L1"})).status_code == 201
    async with door.services.database.session() as session:
        entries = (await audit.page(session, audit.Sought(operation="insert"), limit=500)).items
    by = {each.relation: (each.actor, each.request_id) for each in entries if each.relation in {"sites", "lots"}}
    assert by["sites"] == ("user:engineer", "mine")
    assert by["lots"][0] == "machine:line 1"


async def test_a_page_that_is_only_open_does_not_put_off_the_end_of_a_sign_in(door: Door) -> None:
    services, session = door.services, door.sessions[Role.VIEWER]
    now, idle_s = services.clock, services.settings.session_idle_s
    identities = Identities(services, clock=iter(range(0, 1000, 10)).__next__)  # each look is a new one
    shown = Credentials(session=session)
    services.clock = lambda: now() + timedelta(seconds=idle_s - 60)
    assert await identities.who(shown, used=False) is not None
    async with door.client(session) as client:
        assert (await client.get("/health")).status_code == 200  # as an open page asks
    services.clock = lambda: now() + timedelta(seconds=idle_s + 60)
    assert await identities.who(shown, used=False) is None
    services.clock = lambda: now() + timedelta(seconds=idle_s - 60)
    assert await identities.who(shown) is not None
    services.clock = lambda: now() + timedelta(seconds=idle_s + 60)
    assert await identities.who(shown) is not None


async def test_preferences_are_ones_own(door: Door) -> None:
    async with door.client(door.sessions[Role.VIEWER]) as viewer:
        changed = await viewer.patch("/v1/me", json={"preferences": {"theme": "dark"}})
        assert changed.json()["preferences"] == {"theme": "dark"}
        assert (await viewer.get("/v1/me")).json()["preferences"] == {"theme": "dark"}
        refused = await viewer.patch("/v1/me", json={"preferences": {"theme": "pink"}})
        assert (refused.status_code, refused.json()["where"]) == (422, "theme")
    async with door.client(door.sessions[Role.ADMIN]) as admin:
        assert (await admin.get("/v1/me")).json()["preferences"] == {}
