"""Progress of runs as server-sent events, through both servers, and what many listeners cost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from dashboard.api.run_events import RunFeed, event_id, events
from dashboard.api.run_schemas import RUN_EXAMPLE, RunView
from data.channels import RUNS
from tests.dashboard.api.forms import PICTURE, file, send
from workers.composition import Services
from workers.runs import cancel

VIEW = RunView.model_validate(RUN_EXAMPLE)
RUN_ID = VIEW.id


@dataclass
class Event:
    id: str
    run: dict[str, Any]


async def received(api: httpx.AsyncClient, url: str, last_id: str | None = None) -> AsyncIterator[Event]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with api.stream("GET", f"{url}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        told: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name:
                told[name] = value
            elif "data" in told:
                yield Event(told["id"], json.loads(told["data"]))
                told = {}


async def begun(api: httpx.AsyncClient) -> dict[str, Any]:
    run: dict[str, Any] = (await api.post("/v1/runs", json={})).json()
    return run


async def tell(services: Services, run: dict[str, Any], label: str) -> None:
    """Let a run move, and tell so."""
    async with services.database.unit_of_work() as work:
        await work.session.execute(
            text("UPDATE runs SET state = :state WHERE id = :id"), {"state": label, "id": run["id"]}
        )
        await work.notify(RUNS, {"run_id": run["id"]})
        await work.commit()


async def test_a_run_is_told_now_and_when_it_moves_until_it_has_ended(
    api: httpx.AsyncClient, services: Services
) -> None:
    run = await begun(api)
    states = []
    async with asyncio.timeout(30):
        async for event in received(api, run["url"]):
            states.append(event.run["state"])
            if states[-1] == "pending":
                await tell(services, run, "queued")
            elif states[-1] == "queued":
                await cancel(services, UUID(run["id"]))
    assert states == ["pending", "queued", "cancelled"]


async def test_an_event_holds_what_the_run_itself_says(api: httpx.AsyncClient) -> None:
    run = (await send(api, file("a.png", PICTURE))).json()
    async with aclosing(received(api, run["url"])) as told:
        assert (await anext(told)).run == (await api.get(run["url"])).json()


async def test_who_comes_again_is_told_what_is_new_alone(api: httpx.AsyncClient, services: Services) -> None:
    run = await begun(api)
    async with aclosing(received(api, run["url"])) as told:
        first = await anext(told)
    async with asyncio.timeout(30), aclosing(received(api, run["url"], first.id)) as told:
        waiting = asyncio.ensure_future(anext(told))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await tell(services, run, "queued")
        assert (await waiting).run["state"] == "queued"


async def test_who_knows_how_a_run_has_ended_need_not_come_again(api: httpx.AsyncClient, services: Services) -> None:
    run = await begun(api)
    await cancel(services, UUID(run["id"]))
    (last,) = [event async for event in received(api, run["url"])]
    answer = await api.get(f"{run['url']}/events", headers={"Last-Event-ID": last.id})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await api.get(f"{run['url']}/events", headers={"Last-Event-ID": "another"})).status_code == 200


async def test_head_does_not_wait_for_the_end(api: httpx.AsyncClient) -> None:
    answer = await api.head(f"{(await begun(api))['url']}/events")
    assert (answer.status_code, answer.content) == (200, b"")


async def connections(services: Services) -> int:
    async with services.database.session() as session:
        found = await session.scalar(
            text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()")
        )
    return int(found or 0)


async def test_many_listeners_cost_one_connection_and_leave_nothing(
    api: httpx.AsyncClient, app: FastAPI, services: Services
) -> None:
    feed: RunFeed = app.state.run_feed
    run = await begun(api)
    await asyncio.wait_for(app.state.listener.connected.wait(), 10)
    before = await connections(services)

    async def follow() -> list[str]:
        return [event.run["state"] async for event in received(api, run["url"])]

    following = [asyncio.create_task(follow()) for _ in range(40)]
    while feed.followers < 40:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert await connections(services) == before
    await cancel(services, UUID(run["id"]))
    assert {states[-1] for states in await asyncio.gather(*following)} == {"cancelled"}
    assert feed.followers == 0


async def test_who_goes_is_forgotten(api: httpx.AsyncClient, app: FastAPI) -> None:
    run = await begun(api)
    async with aclosing(received(api, run["url"])) as told:
        await anext(told)
        assert app.state.run_feed.followers == 1
    async with asyncio.timeout(10):
        while app.state.run_feed.followers:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


class Looks:
    """What looks at a run find, one after another, and how many there were."""

    def __init__(self, *views: RunView | Exception) -> None:
        self.views = list(views)
        self.count = 0

    async def __call__(self, run_id: UUID) -> RunView:
        assert run_id == RUN_ID
        self.count += 1
        found = self.views.pop(0) if len(self.views) > 1 else self.views[0]
        if isinstance(found, Exception):
            raise found
        return found


def moved(state: str) -> RunView:
    return VIEW.model_copy(update={"state": state})


async def test_a_run_is_looked_at_without_being_told() -> None:
    feed = RunFeed(lambda: "", Looks(moved("queued"), moved("running"), moved("done")), look_s=0.01)
    seen = [view.state async for view in feed.follow(RUN_ID) if view]
    assert seen[-1] == "done"
    assert feed.followers == 0


async def test_a_run_is_looked_at_once_for_all_who_follow() -> None:
    looks = Looks(moved("running"), moved("done"))
    feed = RunFeed(lambda: "", looks, look_s=0.05)

    async def follow() -> int:
        return len([view async for view in feed.follow(RUN_ID) if view])

    assert min(await asyncio.gather(*(follow() for _ in range(20)))) >= 1
    assert looks.count == 2


async def test_a_database_that_is_away_ends_nothing() -> None:
    looks = Looks(moved("running"), ConnectionRefusedError(111, "refused"), moved("done"))
    feed = RunFeed(lambda: "", looks, look_s=0.01)
    assert [view.state async for view in feed.follow(RUN_ID) if view] == ["running", "done"]


async def test_a_run_that_rests_has_heartbeats() -> None:
    feed = RunFeed(lambda: "", Looks(moved("running")), look_s=0.01)
    async with aclosing(feed.follow(RUN_ID, heartbeat_s=0.02)) as told:
        assert (await anext(told)) is not None
        assert await anext(told) is None
        assert await anext(told) is None


async def test_a_server_that_stops_lets_its_listeners_go() -> None:
    feed = RunFeed(lambda: "", Looks(moved("running")))
    async with asyncio.timeout(5):
        async for _ in feed.follow(RUN_ID):
            feed.end()
        assert [view async for view in feed.follow(RUN_ID)] == []


async def views(*found: RunView | None) -> AsyncIterator[RunView | None]:
    for view in found:
        yield view


async def test_events_are_written_as_the_standard_says() -> None:
    lines = b"".join([each async for each in events(views(VIEW, None, VIEW, moved("done")), None)]).decode()
    first, second, beat, last, end = lines.split("\n\n")
    assert first == "retry: 2000"
    assert second.split("\n") == [f"id: {event_id(VIEW)}", "event: run", f"data: {VIEW.model_dump_json()}"]
    assert beat == ": nothing moved"
    assert last.startswith(f"id: {event_id(moved('done'))}\n")
    assert end == ""


@pytest.mark.parametrize("field", ["state", "counts"])
def test_an_events_id_changes_with_what_it_says(field: str) -> None:
    other = {"state": "done", "counts": VIEW.counts.model_copy(update={"passed": 69})}
    assert event_id(VIEW.model_copy(update={field: other[field]})) != event_id(VIEW)
