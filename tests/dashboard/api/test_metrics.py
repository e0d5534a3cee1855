"""`/metrics` is what Prometheus reads, the same from every server, and right through kills and a wiped Redis."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from redis import asyncio as redis

from dashboard.api.app import create_app
from data.settings import Settings
from tests.conftest import ROOT
from tests.dashboard.conftest import SAMPLES
from tests.dashboard.probe import SERVERS
from workers.composition import Services, compose
from workers.metrics import METRICS

Samples = dict[str, dict[tuple[str, ...], float]]


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    app.router.dependencies.clear()  # who may ask is told elsewhere
    return app


async def shown(client: httpx.AsyncClient) -> Samples:
    """Return what is shown, by names and the values of labels in the order of the labels' names."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: Samples = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(value for _, value in sorted(sample.labels.items()))] = sample.value
    return found


def verdicts(samples: Samples) -> float:
    return sum(samples.get("marksight_verdicts_total", {}).values())


async def test_the_text_is_read_by_prometheus_own_parser(api: httpx.AsyncClient) -> None:
    text = (await api.get("/metrics")).text
    assert text.endswith("\n")
    families = {family.name: family.type for family in text_string_to_metric_families(text)}
    assert families == {each.name.removesuffix("_total"): each.kind for each in METRICS}


async def test_what_was_asked_and_judged_is_shown(api: httpx.AsyncClient, worker: None, sample: bytes) -> None:
    await api.post("/v1/inspections?wait_ms=30000", files={"image": sample})
    await api.get("/v1/inspections?limit=1")
    found = await shown(api)
    assert found["marksight_requests_total"]["POST", "/v1/inspections", "2xx"] == 1
    assert found["marksight_requests_total"]["GET", "/v1/inspections", "2xx"] == 1
    assert found["marksight_request_seconds_count"]["POST", "/v1/inspections"] == 1
    assert verdicts(found) == 1
    ((_, _, station, verdict),) = found["marksight_verdicts_total"]
    assert (bool(station), verdict) == (True, "not_judged")
    assert found["marksight_stage_seconds_count"][("read",)] == 1
    assert found["marksight_store_seconds_count"][("write",)] >= 1
    assert found["marksight_store_bytes_total"][("write",)] >= len(sample)
    assert found["marksight_process_starts_total"] == {("server",): 1}


async def test_what_is_asked_is_in_it_from_the_next_time_on(one_api: httpx.AsyncClient) -> None:
    key = ("GET", "/metrics", "2xx")
    assert key not in (await shown(one_api)).get("marksight_requests_total", {})
    for count in (1, 2):
        assert (await shown(one_api))["marksight_requests_total"][key] == count


async def test_asked_by_many_at_once_it_counts_nothing_twice(one_api: httpx.AsyncClient) -> None:
    await one_api.get("/v1/inspections")
    found = await asyncio.gather(*(shown(one_api) for _ in range(8)))
    assert {each["marksight_requests_total"]["GET", "/v1/inspections", "2xx"] for each in found} == {1}


# Two servers, and workers that are processes of their own.


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A server with services of its own, as another process or machine has them."""
    services = compose(settings)
    app = create_app(services)
    app.router.dependencies.clear()
    try:
        async with (
            app.router.lifespan_context(app),
            SERVERS["tornado"](app) as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
        ):
            yield client
    finally:
        await services.close()


async def start(settings: Settings, *arguments: str) -> asyncio.subprocess.Process:
    urls = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    given = {f"MARKSIGHT_{name}": url.get_secret_value() for name, url in urls.items() if url is not None}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", *arguments), cwd=ROOT, start_new_session=True,
        env={**os.environ, **given, "MARKSIGHT_HOME": str(settings.home), "MARKSIGHT_LEASE_S": "2"},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def ended(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(number)
    await process.wait()
    process._transport.close()  # type: ignore[attr-defined]  # or it warns when it is collected


async def until(client: httpx.AsyncClient, is_so: Callable[[Samples], bool]) -> Samples:
    async with asyncio.timeout(120):
        while not is_so(found := await shown(client)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return found


def results(samples: Samples) -> float:
    return sum(samples["marksight_queue_inspections"].values())


def counters(samples: Samples) -> Samples:
    kinds = {each.name: each.kind for each in METRICS}
    return {name: told for name, told in samples.items() if kinds.get(name) != "gauge"}


def went_down(before: Samples, after: Samples) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (name, labels)
        for name, told in counters(before).items()
        for labels, value in told.items()
        if after.get(name, {}).get(labels, 0.0) < value
    ]


async def test_two_servers_and_killed_workers_and_a_wiped_redis_leave_the_counts_right(
    services: Services, valkey: str
) -> None:
    settings, pictures = services.settings, sorted(SAMPLES.glob("*.jpg"))
    parts = 12
    worker = ("-m", "workers.bench.free_reader", "--rest-ms", "150", "--name")
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(serving(settings)) for _ in range(2)]
        running = [await start(settings, *worker, f"worker-{number}") for number in (1, 2)]
        running.append(await start(settings, "-m", "dashboard.cli", "relay"))
        stack.push_async_callback(lambda: asyncio.gather(*(ended(each, signal.SIGKILL) for each in running)))
        for number in range(parts):
            answer = await (first, second)[number % 2].post(
                "/v1/inspections", files={"image": pictures[number % len(pictures)].read_bytes()}
            )
            assert answer.status_code == 202
        seen = await until(first, lambda found: verdicts(found) >= 2)
        for number in (0, 1):
            await ended(running[number], signal.SIGKILL)
            running[number] = await start(settings, *worker, f"worker-{number + 1}")
            after = await shown((second, first)[number])
            assert went_down(seen, after) == []
            seen = after
        async with redis.Redis.from_url(valkey) as client:
            await client.flushall()
        await until(second, lambda found: results(found) == 0)
        done = await shown(second)  # the counts are read before the queue is
        assert went_down(seen, done) == []
        assert verdicts(done) == parts, "each part is counted once, whatever was killed"
        assert done["marksight_requests_total"]["POST", "/v1/inspections", "2xx"] == parts
        assert verdicts(await shown(first)) == parts
        again = await until(first, lambda found: found["marksight_process_starts_total"].get(("worker",), 0) == 4)
        assert again["marksight_process_starts_total"][("server",)] == 2
    async with serving(settings) as third:
        found = await shown(third)
        assert went_down(again, found) == []
        assert (verdicts(found), found["marksight_process_starts_total"][("server",)]) == (parts, 3)
