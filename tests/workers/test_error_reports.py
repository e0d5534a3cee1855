"""What is logged as an error reaches a server that speaks Sentry's protocol, without secrets; off, nothing does."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from data.acting import Actor, acting_as
from data.concerning import concerning
from data.settings import Settings
from tests.conftest import ROOT
from tests.hook_server import Hook
from tests.workers.programs import until
from workers import logs
from workers.error_reports import MOST_A_MINUTE, Reports, open_reports
from workers.redaction import Redaction

RUN = UUID("0199aaaa-0000-7000-8000-000000000001")
SECRET = "hunter2-Zq9"

log = logging.getLogger("tests.something")


def dsn(hook: Hook) -> str:
    return hook.url.replace("http://", "http://the-key-of-it@") + "/42"


def events(hook: Hook) -> list[dict[str, Any]]:
    """Return what was reported; each envelope has one event."""
    found = []
    for head, body in zip(hook.heads, hook.heard, strict=True):
        assert head.startswith("POST /api/42/envelope/ ")
        text = gzip.decompress(body) if "gzip" in head.lower() else body
        _, kind, event = text.split(b"\n")[:3]
        assert json.loads(kind)["type"] == "event"
        found.append(json.loads(event))
    return found


@pytest.fixture
def reports(hook: Hook) -> Iterator[Reports]:
    found = open_reports(dsn(hook), "relay", Redaction([SECRET]))
    assert found is not None
    log.addHandler(found)
    yield found
    log.removeHandler(found)


async def reported(reports: Reports, hook: Hook) -> list[dict[str, Any]]:
    await asyncio.to_thread(reports.close)
    return events(hook)


def fail(password: str, picture: bytes) -> None:
    raise ValueError(f"cannot connect to postgresql://app:{password}@db/marksight")


async def test_an_error_is_reported_with_its_traceback_and_what_it_concerns(reports: Reports, hook: Hook) -> None:
    with acting_as(Actor("user:nobody-else", "req-7")), concerning(run_id=RUN):
        try:
            fail("letmein-77", b"\xff\xd8 the picture itself")
        except ValueError:
            log.exception("it failed by %s", SECRET)
    (event,) = await reported(reports, hook)
    assert (event["level"], event["logger"]) == ("error", "tests.something")
    assert event["tags"] == {"part": "relay", "request_id": "req-7", "run_id": str(RUN)}
    assert event["release"].startswith("marksight@")
    assert event["server_name"] == socket.gethostname()
    (error,) = event["exception"]["values"]
    assert error["type"] == "ValueError"
    assert [frame["function"] for frame in error["stacktrace"]["frames"]][-1] == "fail"
    assert all("vars" not in frame for frame in error["stacktrace"]["frames"])
    whole = json.dumps(event)
    for kept in (SECRET, "letmein-77", "the picture itself", "nobody-else"):
        assert kept not in whole.replace(str(ROOT), "")
    assert "it failed by ***" in whole


async def test_nothing_of_a_request_or_of_its_sender_is_in_it(reports: Reports, hook: Hook) -> None:
    log.error("by %s", "Authorization: Bearer ms_abcdefghijklmnopqrstuvwxyz")
    (event,) = await reported(reports, hook)
    assert not {"user", "request", "breadcrumbs", "modules", "extra"} & event.keys()
    assert "ms_abc" not in json.dumps(event)


@pytest.mark.parametrize(
    ("level", "told"), [(logging.WARNING, []), (logging.ERROR, ["error"]), (logging.CRITICAL, ["fatal"])]
)
async def test_what_is_less_than_an_error_is_not_reported(
    reports: Reports, hook: Hook, level: int, told: list[str]
) -> None:
    log.log(level, "so it is")
    assert [event["level"] for event in await reported(reports, hook)] == told


async def test_of_a_flood_so_many_are_reported_a_minute(hook: Hook) -> None:
    now = [3600.0]
    reports = Reports(dsn(hook), "relay", Redaction(), clock=lambda: now[0])
    flood = {"name": "tests", "levelno": logging.ERROR, "levelname": "ERROR"}
    for _ in range(MOST_A_MINUTE + 5):
        reports.handle(logging.makeLogRecord({**flood, "msg": "again"}))
    now[0] += 60
    reports.handle(logging.makeLogRecord({**flood, "msg": "a minute later"}))
    await until(lambda: "a minute later" in json.dumps(events(hook)))
    assert len(events(hook)) == MOST_A_MINUTE + 1
    await asyncio.to_thread(reports.close)


async def test_its_own_troubles_are_not_reported(hook: Hook, reports: Reports) -> None:
    for name in ("sentry_sdk.errors", "urllib3.connectionpool"):
        reports.handle(logging.makeLogRecord({"name": name, "msg": "no", "levelno": logging.ERROR}))
    assert await reported(reports, hook) == []


async def test_a_server_that_hangs_delays_nothing(hook: Hook, reports: Reports) -> None:
    hook.answer = None
    log.error("first")
    await until(lambda: hook.heard)
    for _ in range(MOST_A_MINUTE):
        log.error("another")
    assert len(hook.heard) == 1, "all of them were logged while the first was not answered"
    await asyncio.to_thread(reports.close)
    assert len(hook.heard) == 1, "nor was the end held up by it"


@pytest.mark.parametrize("said", ["nonsense", "https://host/42", "https://key@host"])
def test_what_is_no_dsn_is_said_and_nothing_fails(said: str, caplog: pytest.LogCaptureFixture) -> None:
    assert open_reports(said, "relay", Redaction()) is None
    assert "MARKSIGHT_SENTRY_DSN is no DSN" in caplog.text
    assert said not in caplog.text


async def test_setting_up_the_log_sets_up_the_reports_once(hook: Hook, tmp_path: Path) -> None:
    for part in ("seed", "watch"):
        logs.set_up(Settings(home=tmp_path, sentry_dsn=SecretStr(dsn(hook))), part)
    assert logs.reports_errors()
    log.error("once, by %s", dsn(hook))
    await asyncio.to_thread(logging.shutdown)
    (event,) = events(hook)
    assert event["tags"]["part"] == "watch"
    assert "the-key-of-it" not in json.dumps(event)
    logs.set_up(Settings(home=tmp_path), "watch")
    assert not logs.reports_errors()


async def test_a_part_of_the_program_reports_what_ends_it(hook: Hook, tmp_path: Path) -> None:
    """Each is started where nothing was ever set up."""
    commands = {"relay": "relay", "worker": "worker"}
    environment = {**os.environ, "MARKSIGHT_HOME": str(tmp_path), "MARKSIGHT_SENTRY_DSN": dsn(hook)}
    running = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "dashboard.cli", command, "--debug"),
            cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE,
        )
        for command in commands.values()
    ]  # fmt: skip
    said = await asyncio.gather(*(process.communicate() for process in running))
    found = {event["tags"]["part"]: event for event in events(hook)}
    assert set(found) == set(commands), said
    assert {event["level"] for event in found.values()} == {"fatal"}
    assert all(event["exception"]["values"] for event in found.values())
