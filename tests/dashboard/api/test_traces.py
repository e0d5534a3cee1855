"""One picture that is sent is one trace, from its request to its verdict, whichever processes it goes through."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import pairwise
from uuid import UUID

import httpx
import pytest

from data.settings import Settings
from tests.dashboard.api.conftest import sample_named
from tests.dashboard.api.test_metrics import ended, serving, start
from tests.hook_server import Hook
from tests.spans import Seen, spans_of
from tests.workers.programs import until
from workers.composition import Services, compose
from workers.inspecting import inspect_batch
from workers.outbox import next_batch

THEIRS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def named(spans: Sequence[Seen], name: str) -> list[Seen]:
    return [span for span in spans if span.name == name]


def only(spans: Sequence[Seen], name: str) -> Seen:
    (found,) = named(spans, name)
    return found


async def test_one_picture_is_one_trace_across_server_relay_and_worker(
    services: Services, valkey: str, hook: Hook, sample: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKSIGHT_OTLP_ENDPOINT", hook.url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    settings = services.settings.model_copy(update={"otlp_endpoint": hook.url})
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(serving(settings))
        running = [await start(settings, "-m", "workers.bench.free_reader", "--name", "worker-1", "--rest-ms", "5")]
        running.append(await start(settings, "-m", "dashboard.cli", "relay"))
        stack.push_async_callback(lambda: asyncio.gather(*(ended(each, signal.SIGKILL) for each in running)))
        sent = {"image": ("the-secret-file.jpg", sample)}
        told = {"traceparent": THEIRS, "X-Request-Id": "req-of-the-line", "Authorization": "Bearer ms_hunter2"}
        answer = await client.post("/v1/inspections", files=sent, data={"lot": "LOT-OF-ADA"}, headers=told)
        assert answer.status_code == 202, answer.text
        await until(lambda: named(spans_of(hook.heard), "verdict write"), 60)
        await until(lambda: named(spans_of(hook.heard), "POST /v1/inspections"))
        await until(lambda: named(spans_of(hook.heard), "batch"))
        spans = spans_of(hook.heard)
    see_that_it_is_one_trace(spans, answer.json()["id"])
    said = b"".join(hook.heard)
    for kept in (b"secret-file", b"LOT-OF-ADA", b"hunter2", b"MC74HC32AN", b"AWLYYWWG"):
        assert kept not in said


def see_that_it_is_one_trace(spans: Sequence[Seen], inspection_id: str) -> None:
    own = [span for span in spans if span.trace == THEIRS.split("-")[1]]
    request, intake = only(own, "POST /v1/inspections"), only(own, "intake")
    waited, batch = only(own, "queue wait"), only(own, "batch")
    inspection, written = only(own, "inspection"), only(own, "verdict write")
    stored = [span for span in named(own, "store write") if span.parent == intake.id]
    stages = [span for span in own if span.name.startswith("stage ")]
    assert request.parent == THEIRS.split("-")[2]
    assert (request.part, inspection.part, request.process != inspection.process) == ("server", "worker", True)
    assert intake.parent == request.id
    assert len(stored) == 1
    assert {waited.parent, batch.parent, inspection.parent} == {intake.id}
    assert (inspection.links, written.parent) == ((batch.id,), inspection.id)
    assert only(own, "store read").parent == inspection.id
    assert {span.parent for span in stages} == {inspection.id}
    assert {"stage decode", "stage read"} <= {span.name for span in stages}
    assert request.began_ns <= intake.began_ns <= stored[0].ended_ns <= waited.began_ns <= waited.ended_ns
    assert waited.ended_ns <= inspection.began_ns <= stages[0].began_ns <= written.began_ns
    assert all(one.ended_ns <= next_.began_ns for one, next_ in pairwise(stages))
    for span in (request, intake, waited, inspection, written):
        assert span.told["marksight.inspection_id"] == inspection_id
    assert request.told["marksight.request_id"] == "req-of-the-line"
    assert (request.told["http.response.status_code"], inspection.told["marksight.verdict"]) == (202, "not_judged")
    assert UUID(inspection.told["marksight.batch_id"])
    assert {span.failed for span in own} == {None}


async def inspected(services: Services, settings: Settings) -> None:
    """Let a worker that traces inspect what waits."""
    worker = compose(settings, load_engines=lambda: services.engines)
    worker.tracing.begin("worker")
    batch_id = await next_batch(worker)
    assert batch_id is not None
    await inspect_batch(worker, batch_id)
    await worker.close()


async def test_a_batch_of_many_requests_is_linked_to_each_and_lies_in_none(services: Services, hook: Hook) -> None:
    settings = services.settings.model_copy(update={"otlp_endpoint": hook.url})
    picture = sample_named("mc74hc32an-clean-1.jpg").read_bytes()
    async with serving(settings) as client:
        answers = [await client.post("/v1/inspections", files={"image": picture}) for _ in range(2)]
        assert {answer.status_code for answer in answers} == {202}
    await inspected(services, settings)
    spans = spans_of(hook.heard)
    requests, batch = named(spans, "intake"), only(spans, "batch")
    assert len({request.trace for request in requests}) == 2
    assert set(batch.links) == {request.id for request in requests}
    assert (batch.parent, batch.trace in {request.trace for request in requests}) == ("", False)
    inspections = named(spans, "inspection")
    assert {span.trace for span in inspections} == {request.trace for request in requests}
    assert {span.links for span in inspections} == {(batch.id,)}
    assert {span.told["marksight.together"] for span in named(spans, "verdict write")} <= {1, 2}


async def test_what_was_not_traced_lies_beneath_its_batch(services: Services, hook: Hook, sample: bytes) -> None:
    async with serving(services.settings) as client:
        assert (await client.post("/v1/inspections", files={"image": sample})).status_code == 202
    settings = services.settings.model_copy(update={"otlp_endpoint": hook.url})
    await inspected(services, settings)
    spans = spans_of(hook.heard)
    batch, inspection = only(spans, "batch"), only(spans, "inspection")
    assert (batch.parent, inspection.parent, inspection.trace) == ("", batch.id, batch.trace)
    assert named(spans, "queue wait") == []


async def test_what_failed_says_so_by_its_kind(services: Services, hook: Hook, sample: bytes) -> None:
    settings = services.settings.model_copy(update={"otlp_endpoint": hook.url})
    async with serving(settings) as client:
        answer = await client.post("/v1/inspections", files={"image": sample})
        assert (await client.get("/v1/inspections/not-an-id-hunter2")).status_code == 422
        assert (await client.get("/health")).status_code == 200
    (file,) = (services.settings.home / "store").rglob(f"{hashlib.sha256(sample).hexdigest()}*")
    file.unlink()
    await inspected(services, settings)
    spans = spans_of(hook.heard)
    assert only(spans, "inspection").failed == "BlobMissing"
    assert only(spans, "inspection").told["marksight.inspection_id"] == answer.json()["id"]
    assert named(spans, "verdict write") == []
    assert only(spans, "GET /v1/inspections/{inspection_id}").failed is None
    assert {span.name for span in spans if "health" in json.dumps(span.told)} == set()
    assert b"hunter2" not in b"".join(hook.heard)


@pytest.mark.parametrize("said", ["", "00-nonsense", "hunter2"])
async def test_a_traceparent_that_is_none_begins_a_trace_anew(services: Services, hook: Hook, said: str) -> None:
    settings = services.settings.model_copy(update={"otlp_endpoint": hook.url})
    async with serving(settings) as client:
        answer: httpx.Response = await client.get("/v1/inspections", headers={"traceparent": said})
        assert answer.status_code == 200
    request = only(spans_of(hook.heard), "GET /v1/inspections")
    assert request.parent == ""
    assert b"hunter2" not in b"".join(hook.heard)
