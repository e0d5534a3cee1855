"""The processes that work by themselves, as their supervisor sees them and as they show that they live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from dashboard.models.system import Part, PartState
from workers.heartbeat import FORGOTTEN_S, Heartbeat
from workers.status import PartStatus, State, SupervisorStatus
from workers.watching import TROUBLE

SUPERVISED: dict[State, PartState] = {
    "waiting": "degraded",
    "starting": "degraded",
    "running": "ok",
    "done": "ok",
    "crashed": "down",
    "stopping": "degraded",
    "stopped": "down",
}
EMBEDDED = {"postgres", "valkey", "server"}
"""Supervised parts that answer for themselves."""
DOT = "Workers"
WATCHER = "watch"
"""What the supervisor, and whoever gives a sign of life, calls the process that watches folders."""

Living = Sequence[Heartbeat] | None
"""Those who give signs of life; None: nobody knows, since Redis does not answer."""


def working(found: SupervisorStatus | None, living: Living, *, host: str, now: datetime) -> list[Part]:
    """Return a line a process: first those that the supervisor on this `host` runs, then all others that live."""
    supervised = [part for part in found.parts if part.name not in EMBEDDED and part.state != "done"] if found else []
    beats = {(each.host, each.name): each for each in living or ()}
    own = [
        _supervised(part, beats.pop((host, part.name), None), now=now, silent=living is not None) for part in supervised
    ]
    return [*own, *(_living(each) for each in beats.values()), *_nobody(supervised, living)]


def _supervised(part: PartStatus, beat: Heartbeat | None, *, now: datetime, silent: bool) -> Part:
    state, reason = SUPERVISED[part.state], part.reason if SUPERVISED[part.state] != "ok" else ""
    if silent and state == "ok" and beat is None and now - part.since > timedelta(seconds=FORGOTTEN_S):
        state, reason = "degraded", f"It runs, and has given no sign of life for {FORGOTTEN_S} s."
    if beat is not None and state == "ok":
        state, reason = _standing(beat)
    again = f"started again {part.restarts} times" if part.restarts else ""
    figure = ", ".join(filter(None, [_figure(beat), again])) or (f"process {part.pid}" if part.pid else "")
    return Part(_word(part.name), state, figure, reason, since=part.since.isoformat(timespec="seconds"), dot=DOT)


def _living(beat: Heartbeat) -> Part:
    name = f"{_word(beat.name)} on {beat.host}"
    state, reason = _standing(beat)
    return Part(name, state, _figure(beat), reason, since=beat.since.isoformat(timespec="seconds"), dot=DOT)


def _nobody(supervised: Sequence[PartStatus], living: Living) -> Iterator[Part]:
    """Yield what there is to say when no worker is known of."""
    if any(part.name.startswith("worker") for part in supervised):
        return
    if living is None:
        yield Part("Workers", "unknown", reason="Who works is not known while Redis does not answer.", dot=DOT)
    elif not any(each.role == "worker" for each in living):
        yield Part("Workers", "down", "none", "No worker gives a sign of life; what comes in waits.", dot=DOT)


def _standing(beat: Heartbeat) -> tuple[PartState, str]:
    """Return whether what lives is well, and what is wrong, as it says itself."""
    troubled = beat.doing.startswith(TROUBLE)
    return ("degraded", beat.doing.removeprefix(TROUBLE)) if troubled else ("ok", "")


def _figure(beat: Heartbeat | None) -> str:
    if beat is None:
        return ""
    doing = "" if beat.doing.startswith(TROUBLE) else beat.doing
    done = f"{beat.done:,} files taken" if beat.role == "watcher" else f"{beat.done:,} done"
    return ", ".join(filter(None, [doing, done, f"{beat.rss_mb:,} MB"]))


def _word(name: str) -> str:
    if name == WATCHER:
        return "Watched folders"
    return name.replace("-", " ").capitalize() if name.partition("-")[0] in {"worker", "relay"} else name
