"""The relay keeps anchors when they are due; what fails is said once, noted, and tried until it works."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.audit_chain import START
from data.anchors import name_of
from data.urls import app_url, redis_url
from tests.bucket_server import BUCKET, Bucket
from tests.hook_server import Hook
from tests.workers.anchor_probe import lots, lying, told
from tests.workers.conftest import Composed, GatedDatabase, Homed
from tests.workers.programs import until
from workers import anchor_notes, anchoring
from workers.anchoring import anchor, for_ever
from workers.child import Child, Program
from workers.composition import Services

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


@pytest.fixture
async def running() -> AsyncIterator[Callable[..., asyncio.Task[None]]]:
    """Runs the schedule until the test ends."""
    tasks: list[asyncio.Task[None]] = []

    def run(services: Services, again_s: float = 0.05) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(for_ever(services, again_s=again_s)))
        return tasks[-1]

    yield run
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_schedule_keeps_one_and_tells_of_it(homed: Homed, hook: Hook, running: Any) -> None:
    services = homed(hook.url, audit_anchor_s=1)
    await lots(services)
    running(services)
    await until(lambda: hook.heard)
    await lots(services, 1, called="more")
    await until(lambda: len(hook.heard) == 2)
    assert told(hook) == [1, 2]


async def test_a_restart_writes_none_before_it_is_time(homed: Homed, running: Any) -> None:
    services = homed()
    await lots(services)
    await anchor(services)
    await lots(services, 1, called="more")
    ended, _ = await asyncio.wait({running(services), running(homed())}, timeout=0.5)
    assert not ended
    assert [each.number for each in await lying(services)] == [1]


@pytest.mark.parametrize(
    ("age", "due"),
    [
        pytest.param(timedelta(0), 3600, id="just now"),
        pytest.param(timedelta(minutes=50), 600, id="a while ago"),
        pytest.param(timedelta(hours=1), 0, id="an hour ago"),
        pytest.param(timedelta(days=400), 0, id="long ago"),
        pytest.param(timedelta(seconds=-1), 0, id="yet to come"),
        pytest.param(timedelta(days=-400), 0, id="in a year, by a clock that was wrong"),
    ],
)
def test_the_next_is_due_by_the_last(age: timedelta, due: float) -> None:
    last = anchoring.Anchor(1, NOON - age, "marksight", "1", 1, START, {})
    assert anchoring._due_in_s(anchoring.Lying(1, last.to_bytes()), NOON, 3600) == due


@pytest.mark.parametrize("last", [None, anchoring.Lying(1, b"damaged")])
def test_without_a_last_one_it_is_due(last: anchoring.Lying | None) -> None:
    assert anchoring._due_in_s(last, NOON, 3600) == 0


@pytest.fixture(autouse=True)
def all_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "workers.anchoring")


def times(caplog: pytest.LogCaptureFixture, words: str) -> int:
    return sum(words in record.getMessage() for record in caplog.records)


async def test_a_bucket_that_is_away_is_said_once_noted_and_used_when_it_is_back(
    homed: Homed, bucket: Bucket, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, running: Any
) -> None:
    from data import bucket_store  # noqa: PLC0415

    monkeypatch.setattr(bucket_store, "MAX_RETRIES", 0)
    services = homed(f"s3://{BUCKET}/anchors?endpoint={bucket.endpoint}")
    await lots(services)
    await bucket.end()
    running(services)
    await until(lambda: anchor_notes.read(services.settings.home).failure)
    since = anchor_notes.read(services.settings.home).since
    await asyncio.sleep(0.5)
    assert times(caplog, "the audit trail is not anchored") == 1
    assert anchor_notes.read(services.settings.home).since == since != ""
    await bucket.start()
    await until(lambda: times(caplog, "the audit trail is anchored again"))
    assert [each.number for each in await lying(services)] == [1]
    await until(lambda: not anchor_notes.read(services.settings.home).failure)


@pytest.mark.parametrize("answer", ["500", "nothing"])
async def test_a_webhook_that_will_not_is_said_once_and_told_when_it_will(
    homed: Homed,
    hook: Hook,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    running: Any,
    answer: str,
) -> None:
    from data import anchor_webhook  # noqa: PLC0415

    monkeypatch.setattr(anchor_webhook.AnchorWebhook.__init__, "__kwdefaults__", {"answer_s": 0.2})
    if answer == "500":
        hook.says(500)
    else:
        hook.answer = None
    services = homed(f"{hook.url}/hunter2")
    await lots(services)
    running(services)
    await until(lambda: len(hook.heard) > 2)
    assert times(caplog, f"The webhook {hook.url}") == 1
    assert "hunter2" not in caplog.text
    assert [each.number for each in await lying(services)] == [1]
    hook.says(200)
    await until(lambda: times(caplog, "the audit trail is anchored again"))
    assert set(told(hook)) == {1}


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        pytest.param("{}/file", "cannot be looked through: not a directory", id="a file"),
        pytest.param("{}/file/below", "cannot be looked through: not a directory", id="below a file"),
        pytest.param("/proc/anchors", "cannot be kept in /proc/anchors: no such file", id="where nothing can be made"),
    ],
)
async def test_a_folder_that_cannot_be_used_is_said_once_and_noted(
    homed: Homed, tmp_path: Path, caplog: pytest.LogCaptureFixture, running: Any, folder: str, words: str
) -> None:
    (tmp_path / "file").touch()
    services = homed(f"file://{folder.format(tmp_path)}")
    await lots(services)
    task = running(services)
    await until(lambda: words in anchor_notes.read(tmp_path).failure)
    await asyncio.sleep(0.3)
    assert times(caplog, words) == 1
    assert not task.done()


async def test_a_place_that_makes_no_sense_ends_nothing(
    homed: Homed, caplog: pytest.LogCaptureFixture, running: Any
) -> None:
    task = running(homed("ftp://h/x"))
    await until(lambda: times(caplog, "which is neither"))
    assert not task.done()


async def test_a_database_that_is_away_is_waited_for(
    composed: Composed, gated_database: GatedDatabase, tmp_path: Path, caplog: pytest.LogCaptureFixture, running: Any
) -> None:
    await lots(composed())
    gated = composed(database_url=gated_database.url, home=tmp_path / "home")
    (tmp_path / "home").mkdir()
    running(gated)
    await until(lambda: times(caplog, "the audit trail is not anchored"))
    await gated_database.gate.open()
    anchor = tmp_path / "home" / "anchors" / name_of(1)
    await until(anchor.exists)
    assert anchor.stat().st_size


async def test_the_relay_sees_to_it(services: Services) -> None:
    await lots(services)
    variables = {
        "MARKSIGHT_HOME": str(services.settings.home),
        "MARKSIGHT_DATABASE_URL": app_url(services.settings),
        "MARKSIGHT_REDIS_URL": redis_url(services.settings),
    }
    argv = (sys.executable, "-P", "-m", "dashboard.cli", "relay")
    child = Child(Program("relay", argv, Path("/"), environment=variables), print)
    await child.start()
    try:
        await until((services.settings.home / "anchors" / name_of(1)).exists)
    finally:
        await child.stop()
    assert child.returncode == 0
