"""A line a process that works by itself: what its supervisor knows, and what it shows of itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.models.system import Part
from dashboard.pages.working import working
from workers.heartbeat import FORGOTTEN_S, Heartbeat
from workers.status import PartStatus, SupervisorStatus
from workers.watching import TROUBLE

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(seconds=FORGOTTEN_S + 1)
BEAT = Heartbeat("worker", "worker-1", LONG_AGO, NOW, doing="inspecting", done=1234, rss_mb=336, host="here", pid=7)


def supervised(*parts: PartStatus) -> SupervisorStatus:
    return SupervisorStatus(1, "http://127.0.0.1:1", parts)


def part(state: Any = "running", since: datetime = LONG_AGO, **more: Any) -> PartStatus:
    return PartStatus("worker-1", state, since, **{"pid": 7, **more})


def lines(found: SupervisorStatus | None, living: tuple[Heartbeat, ...] | None) -> list[Part]:
    return working(found, living, host="here", now=NOW)


@pytest.mark.parametrize(
    ("told", "living", "state", "figure", "reason"),
    [
        (part(), (BEAT,), "ok", "inspecting, 1,234 done, 336 MB", ""),
        (part(restarts=2), (BEAT,), "ok", "inspecting, 1,234 done, 336 MB, started again 2 times", ""),
        (part(), (), "degraded", "process 7", "It runs, and has given no sign of life for 15 s."),
        (part(since=NOW), (), "ok", "process 7", ""),
        (part(), None, "ok", "process 7", ""),
        (part("crashed", reason="ended by SIGKILL"), (), "down", "process 7", "ended by SIGKILL"),
        (part("starting", pid=None), (), "degraded", "", ""),
    ],
    ids=["at work", "started again", "silent", "just begun", "nobody can know", "crashed", "starting"],
)
def test_a_supervised_process_is_told_with_what_it_does(
    told: PartStatus, living: tuple[Heartbeat, ...] | None, state: str, figure: str, reason: str
) -> None:
    (line,) = lines(supervised(told), living)
    assert (line.name, line.state, line.figure, line.reason, line.dot) == ("Worker 1", state, figure, reason, "Workers")


WATCHER = Heartbeat(
    "watcher", "watch", LONG_AGO, NOW, doing="2 watched, 5 files wait", done=1234, rss_mb=90, host="here"
)


@pytest.mark.parametrize(
    ("doing", "told", "state", "figure", "reason"),
    [
        ("2 watched, 5 files wait", "running", "ok", "2 watched, 5 files wait, 1,234 files taken, 90 MB", ""),
        (f"{TROUBLE}aoi-3: no folder", "running", "degraded", "1,234 files taken, 90 MB", "aoi-3: no folder"),
        (f"{TROUBLE}aoi-3: no folder", "crashed", "down", "1,234 files taken, 90 MB", "ended by SIGKILL"),
    ],
    ids=["all well", "in trouble", "crashed in trouble"],
)
def test_who_watches_folders_is_told_in_one_line(doing: str, told: Any, state: str, figure: str, reason: str) -> None:
    own = PartStatus("watch", told, LONG_AGO, pid=7, reason="ended by SIGKILL" if told == "crashed" else "")
    line = lines(supervised(own, part()), (replace(WATCHER, doing=doing), BEAT))[0]
    assert (line.name, line.state, line.figure, line.reason) == ("Watched folders", state, figure, reason)
    (alone, _) = lines(None, (replace(WATCHER, doing=doing),))
    assert (alone.name, alone.state == "ok") == ("Watched folders on here", TROUBLE not in doing)


def test_workers_of_other_machines_are_told_beside() -> None:
    other = Heartbeat("worker", "worker-1", LONG_AGO, NOW, host="there", pid=7)
    told = [line.name for line in lines(supervised(part()), (BEAT, other))]
    assert told == ["Worker 1", "Worker 1 on there"]


def test_a_name_given_by_a_person_is_kept() -> None:
    named = Heartbeat("worker", "AOI-line", LONG_AGO, NOW, host="there", pid=7)
    assert [line.name for line in lines(None, (named,))] == ["AOI-line on there"]


def test_what_answers_for_itself_or_is_done_is_left_out() -> None:
    names = ("postgres", "valkey", "server", "migrate")
    states: tuple[Any, ...] = ("running", "running", "running", "done")
    parts = [PartStatus(name, state, NOW) for name, state in zip(names, states, strict=True)]
    assert [line.name for line in lines(supervised(*parts, part()), None)] == ["Worker 1"]


@pytest.mark.parametrize(
    ("living", "state"),
    [((), "down"), ((Heartbeat("relay", "relay", NOW, NOW, host="here"),), "down"), (None, "unknown")],
    ids=["nobody", "the relay alone", "nobody can know"],
)
def test_without_any_worker_it_is_said_that_work_waits(living: tuple[Heartbeat, ...] | None, state: str) -> None:
    line = lines(None, living)[-1]
    assert (line.name, line.state, line.dot) == ("Workers", state, "Workers")
    assert line.reason
