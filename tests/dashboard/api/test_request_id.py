"""Every answer says the id of its request, whoever answers; and what is done meanwhile is done under it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from dashboard.api.app import BODY_BYTES, create_app
from dashboard.api.permits import PERMITS
from dashboard.api.request_id import HEADER, RequestIds
from data.acting import Actor, acting
from data.settings import Settings
from tests.dashboard.bare_services import BareServices
from tests.dashboard.probe import SERVERS

done_behind: list[Actor] = []


def now() -> dict[str, str | None]:
    actor = acting()
    return {"actor": actor.name, "request_id": actor.request_id}


async def in_the_loop() -> dict[str, str | None]:
    await asyncio.sleep(0)
    return now()


def in_a_thread() -> dict[str, str | None]:
    return now()


async def in_a_task() -> dict[str, str | None]:
    return await asyncio.create_task(in_the_loop())


async def in_the_answer() -> StreamingResponse:
    async def events() -> AsyncIterator[str]:
        for _ in range(3):
            await asyncio.sleep(0)
            yield f"data: {acting().request_id}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


async def afterwards(tasks: BackgroundTasks) -> None:
    tasks.add_task(lambda: done_behind.append(acting()))


async def boom() -> None:
    raise RuntimeError("nobody foresaw this")


async def endless() -> StreamingResponse:
    async def events() -> AsyncIterator[str]:
        while True:
            yield f"data: {acting().request_id}\n\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(events(), media_type="text/event-stream")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    app = create_app(BareServices(Settings(home=tmp_path)))  # type: ignore[arg-type]
    for act in (in_the_loop, in_a_thread, in_a_task, in_the_answer, afterwards, boom, endless):
        app.add_api_route(f"/v1/{act.__name__}", act)
        monkeypatch.setitem(PERMITS, ("GET", f"/v1/{act.__name__}"), "own.read")  # type: ignore[arg-type]
    app.state.hosts, app.state.bound_to_loopback = frozenset({"127.0.0.1:80"}), False
    return app


@pytest.fixture(params=list(SERVERS))
async def api(request: pytest.FixtureRequest, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        SERVERS[request.param](app) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        yield client


@pytest.mark.parametrize("said", ["a", "r-1", "Batch_7.part:2", "7" * 100, "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"])
async def test_an_id_that_fits_is_kept(api: httpx.AsyncClient, said: str) -> None:
    answer = await api.get("/v1/in_the_loop", headers={HEADER: said})
    assert answer.headers.get_list(HEADER) == [said]
    assert answer.json() == {"actor": "user:local", "request_id": said}


@pytest.mark.parametrize(
    "said",
    [None, b"", b"7" * 101, b"two words", b"a,b", b"a/b", b"<b>", b"\xe9", b"user=\xc3\xa9", b"{}"],
    ids=["none", "empty", "too long", "a space", "a comma", "a slash", "markup", "latin", "UTF-8", "braces"],
)
async def test_any_other_request_gets_one(api: httpx.AsyncClient, said: bytes | None) -> None:
    answer = await api.get("/v1/in_the_loop", headers=[] if said is None else [(HEADER.encode(), said)])
    (given,) = answer.headers.get_list(HEADER)
    assert UUID(given).version == 7
    assert answer.json()["request_id"] == given


async def test_of_two_the_first_counts(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/in_the_loop", headers=[(HEADER, "first"), (HEADER, "second")])
    assert answer.headers.get_list(HEADER) == ["first"]


async def test_requests_of_one_connection_have_ids_of_their_own(api: httpx.AsyncClient) -> None:
    given = [(await api.get("/v1/in_the_loop")).headers[HEADER] for _ in range(3)]
    assert given == sorted(set(given))


async def test_requests_at_the_same_time_do_not_mix(api: httpx.AsyncClient) -> None:
    said = [f"r-{number}" for number in range(8)]
    answers = await asyncio.gather(*(api.get("/v1/in_a_thread", headers={HEADER: one}) for one in said))
    assert [answer.json()["request_id"] for answer in answers] == said


@pytest.mark.parametrize("place", ["in_the_loop", "in_a_thread", "in_a_task"])
async def test_whatever_is_done_meanwhile_is_done_by_the_user_under_it(api: httpx.AsyncClient, place: str) -> None:
    answer = await api.get(f"/v1/{place}", headers={HEADER: "r-1"})
    assert answer.json() == {"actor": "user:local", "request_id": "r-1"}


async def test_so_is_what_is_done_while_the_answer_is_on_its_way(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/in_the_answer", headers={HEADER: "r-1"})
    assert (answer.headers[HEADER], answer.text) == ("r-1", "data: r-1\n\n" * 3)


async def test_so_is_what_is_done_behind_it(api: httpx.AsyncClient) -> None:
    done_behind.clear()
    await api.get("/v1/afterwards", headers={HEADER: "r-1"})
    await api.get("/v1/in_the_loop")  # the next on the connection comes after what was left to do
    assert done_behind == [Actor("user:local", "r-1")]


async def test_events_have_it_before_the_first_of_them(api: httpx.AsyncClient) -> None:
    async with api.stream("GET", "/v1/endless", headers={HEADER: "r-1"}) as answer:
        assert answer.headers[HEADER] == "r-1"
        assert await anext(answer.aiter_lines()) == "data: r-1"
    assert (await api.get("/v1/in_the_loop", headers={HEADER: "r-2"})).headers[HEADER] == "r-2"


ANSWERS: list[Any] = [
    pytest.param("GET", "/health", {}, 200, id="success"),
    pytest.param("GET", "/", {}, 302, id="a way on"),
    pytest.param("GET", "/assets/favicon.svg", {}, 200, id="a file"),
    pytest.param("HEAD", "/health", {}, 200, id="HEAD"),
    pytest.param("OPTIONS", "/v1/uploads", {}, 204, id="OPTIONS"),
    pytest.param("GET", "/nothing", {"headers": {"accept": "text/html"}}, 404, id="a page for browsers"),
]
REFUSALS: list[Any] = [
    pytest.param("GET", "/v1/nothing", {}, 404, id="nothing there"),
    pytest.param("DELETE", "/v1/recipes", {}, 405, id="another method"),
    pytest.param("PROPFIND", "/v1/recipes", {}, 405, id="a method of others"),
    pytest.param("GET", "/v1/inspections?limit=x", {}, 422, id="a bad value"),
    pytest.param("POST", "/v1/lots", {"headers": {"origin": "http://evil.example"}}, 403, id="another page"),
    pytest.param("POST", "/v1/recipes", {"content": b"x" * (BODY_BYTES + 1)}, 413, id="too much"),
    pytest.param("GET", "/v1/boom", {}, 500, id="what nobody foresaw"),
]


@pytest.mark.parametrize(("method", "path", "sent", "status"), [*ANSWERS, *REFUSALS])
async def test_every_answer_says_it(
    api: httpx.AsyncClient, method: str, path: str, sent: dict[str, Any], status: int
) -> None:
    headers = {**sent.get("headers", {}), HEADER: "r-1"}
    answer = await api.request(method, path, **{**sent, "headers": headers})
    assert (answer.status_code, answer.headers.get_list(HEADER)) == (status, ["r-1"])


@pytest.mark.parametrize(("method", "path", "sent", "status"), REFUSALS)
async def test_every_problem_says_it_too(
    api: httpx.AsyncClient, method: str, path: str, sent: dict[str, Any], status: int
) -> None:
    answer = await api.request(method, path, **sent)
    assert (answer.status_code, answer.json()["request_id"]) == (status, answer.headers[HEADER])


async def test_what_is_no_request_passes_as_it_is() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])
        await send({"type": "lifespan.startup.complete"})

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        seen.append(message["type"])

    await RequestIds(app)({"type": "lifespan"}, receive, send)
    assert seen == ["lifespan", "lifespan.startup.complete"]


def test_the_description_says_so_of_every_answer(app: FastAPI) -> None:
    described = app.openapi()
    answers = [
        told
        for methods in described["paths"].values()
        for operation in methods.values()
        for told in operation["responses"].values()
    ]
    assert len(answers) > 100
    assert all(told["headers"][HEADER] == {"$ref": "#/components/headers/RequestId"} for told in answers)
    assert described["components"]["headers"]["RequestId"]["required"]
    assert "request_id" in described["components"]["schemas"]["ProblemView"]["required"]


async def test_the_page_about_the_api_says_it_once(api: httpx.AsyncClient) -> None:
    page = (await api.get("/docs")).text
    assert page.count(f"<code>{HEADER}</code>") == 1
    assert "X-Request-Id:" not in page
