"""Spans reach a collector, joined by their parents; off, nothing is there; a collector that hangs is no matter."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from data.trace_parent import is_trace_parent, trace_parent, traced_under
from tests.conftest import ROOT
from tests.data.test_trace_parent import ONE
from tests.hook_server import Hook
from tests.spans import Seen, spans_of
from tests.workers.programs import until
from workers.exporting_spans import SDK, Seldom
from workers.tracing import UNTRACED, Tracing

MORE_THAN_THE_QUEUE_HOLDS = 3000


@pytest.fixture(autouse=True)
def sdk_says_what_it_said() -> Iterator[None]:
    """Leave the SDK's logger as it was, so that each test hears the first line."""
    logger = logging.getLogger(SDK)
    handlers, propagates = list(logger.handlers), logger.propagate
    logger.handlers[:] = []
    yield
    logger.handlers[:], logger.propagate = handlers, propagates


@pytest.fixture
def tracing(hook: Hook) -> Tracing:
    found = Tracing(hook.url)
    found.begin("server")
    return found


async def told(tracing: Tracing, hook: Hook) -> list[Seen]:
    """Return what the collector was told, at the end."""
    await asyncio.to_thread(tracing.end)
    return spans_of(hook.heard)


async def test_a_span_lies_beneath_the_one_around_it(tracing: Tracing, hook: Hook) -> None:
    with tracing.span("request", root=True, kind="server") as outer:
        assert trace_parent() == outer.parent
        with tracing.span("intake", {"marksight.pictures": 2}):
            await asyncio.to_thread(lambda: tracing.span("in a thread").__enter__().__exit__(None, None, None))
    assert trace_parent() is None
    first, second, third = await told(tracing, hook)
    assert [first.name, second.name, third.name] == ["request", "intake", "in a thread"]
    assert {first.trace, second.trace, third.trace} == {first.trace}
    assert (first.parent, second.parent, third.parent) == ("", first.id, second.id)
    assert (second.told, first.part) == ({"marksight.pictures": 2}, "server")
    assert first.began_ns <= second.began_ns <= third.ended_ns <= second.ended_ns <= first.ended_ns
    assert hook.heads[0].startswith("POST /v1/traces ")


async def test_what_is_taken_up_elsewhere_goes_on_with_its_trace(tracing: Tracing, hook: Hook) -> None:
    with tracing.span("request", root=True) as span:
        kept = span.parent
    assert kept is not None
    assert is_trace_parent(kept)
    worker = Tracing(hook.url)
    worker.begin("worker")
    with traced_under(None), worker.span("inspection", parent=kept, links=[ONE], began_ns=1_000):
        pass
    await asyncio.to_thread(worker.end)
    inspection, request = await told(tracing, hook)
    assert (inspection.trace, inspection.parent, inspection.part) == (request.trace, request.id, "worker")
    assert (inspection.began_ns, inspection.links) == (1_000, ("b7ad6b7169203331",))


async def test_what_is_over_has_the_times_it_is_told(tracing: Tracing, hook: Hook) -> None:
    tracing.over("queue wait", {"marksight.attempt": 1}, parent=ONE, began_ns=5_000, ended_ns=9_000)
    tracing.over("set back", {}, parent=ONE, began_ns=5_000, ended_ns=4_000)
    tracing.over("of no trace", {}, parent=None, began_ns=5_000, ended_ns=9_000)
    back, waited = await told(tracing, hook)
    assert (waited.name, waited.began_ns, waited.ended_ns, waited.parent) == (
        "queue wait", 5_000, 9_000, "b7ad6b7169203331",
    )  # fmt: skip
    assert (back.name, back.began_ns, back.ended_ns) == ("set back", 5_000, 5_000)


async def test_what_fails_says_what_kind_of_error_and_no_more(tracing: Tracing, hook: Hook) -> None:
    with pytest.raises(ValueError, match="hunter2"), tracing.span("request", root=True):
        raise ValueError("the mark says hunter2")
    (span,) = await told(tracing, hook)
    assert (span.failed, span.told) == ("ValueError", {"error.type": "ValueError"})
    assert b"hunter2" not in hook.heard[0]


async def test_beneath_none_only_roots_are_told(tracing: Tracing, hook: Hook) -> None:
    assert tracing.span("store read") is UNTRACED
    with tracing.span("batch", root=True):
        pass
    assert [span.name for span in await told(tracing, hook)] == ["batch"]


async def test_what_a_caller_does_not_sample_is_not_told(tracing: Tracing, hook: Hook) -> None:
    with tracing.span("request", parent=ONE[:-2] + "00", root=True) as span:
        assert str(span.parent).endswith("-00")
    with tracing.span("request", parent=ONE, root=True):
        pass
    assert len(await told(tracing, hook)) == 1


async def test_ended_it_tells_nothing_more(tracing: Tracing, hook: Hook) -> None:
    assert await told(tracing, hook) == []
    assert (tracing.on, tracing.span("request", root=True)) == (False, UNTRACED)


@pytest.mark.parametrize("endpoint", [None, ""])
def test_without_an_endpoint_there_is_nothing_of_it(endpoint: str | None) -> None:
    off = Tracing(endpoint)
    off.begin("server")
    with off.span("request", root=True, parent=ONE) as span:
        assert (off.on, span, trace_parent(), off.now_ns()) == (False, UNTRACED, None, 0)
    off.over("queue wait", {}, parent=ONE, began_ns=1, ended_ns=2)
    off.end()


SENDERS = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "opentelemetry.proto", "sentry_sdk")
"""What makes and sends spans and reports; the metrics of the SDK are imported by redis, where they are installed."""

OFF = f"""
import sys
from data.settings import Settings
from workers import logs
from workers.composition import Services
from dashboard.api.app import create_app
import workers.inspecting, workers.relay, workers.watching, workers.worker
logs.set_up(Settings(), "server")
print([name for name in sys.modules if name.startswith({SENDERS!r})])
"""


def test_off_nothing_that_makes_or_sends_is_imported() -> None:
    program = (sys.executable, "-P", "-c", OFF)
    found = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "traces do not reach" in record.getMessage()]


async def test_a_collector_that_hangs_delays_nothing_and_is_told_once(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    hook.answer = None
    tracing = Tracing(hook.url)
    tracing.begin("server")
    with tracing.span("request", root=True):
        pass
    await until(lambda: hook.heard)  # it was sent, and will never be answered
    for _ in range(MORE_THAN_THE_QUEUE_HOLDS):
        with tracing.span("request", root=True):
            pass
    assert len(hook.heard) == 1, "all of them were opened and closed while the first was not answered"
    await asyncio.to_thread(tracing.end)
    assert len(hook.heard) == 1, "nor was the end held up by it"
    assert len(lines(caplog)) <= 1


async def test_a_collector_that_is_down_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        tracing = Tracing(f"http://127.0.0.1:{taken.getsockname()[1]}")
        tracing.begin("server")
        with tracing.span("request", root=True):
            pass
        await until(lambda: lines(caplog))
        for _ in range(100):
            with tracing.span("request", root=True):
                pass
        await asyncio.to_thread(tracing.end)
    assert len(lines(caplog)) == 1


def test_after_a_while_it_is_told_again_with_how_many_were_not(caplog: pytest.LogCaptureFixture) -> None:
    record = logging.makeLogRecord({"msg": "cannot\nexport", "levelno": logging.ERROR})
    always, seldom = Seldom(0.0), Seldom(10_000.0)
    for handler in (seldom, seldom, seldom, always, always):
        handler.handle(record)
    assert lines(caplog) == ["traces do not reach their collector: cannot (0 more like this before)"] * 3
    seldom._said -= 20_000
    seldom.handle(record)
    assert "(2 more like this before)" in lines(caplog)[-1]
