"""Signs of life of the processes that work by themselves, kept in Redis for as long as each lives.

One key a process, which the process renews and Redis forgets: whoever is killed is gone after `FORGOTTEN_S`, and a
wiped Redis knows everyone again after `EVERY_S`. Nothing is decided by them but what a page shows, and into how large
batches the relay cuts what waits.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Literal

from redis import Redis

Role = Literal["worker", "relay", "watcher"]

EVERY_S = 3.0
FORGOTTEN_S = 15
_ALL = "marksight:alive"


@dataclass(frozen=True)
class Heartbeat:
    """What a process says of itself: since when it runs, when it was seen, what it does, and how much it has done."""

    role: Role
    name: str
    since: datetime
    seen: datetime
    doing: str = "idle"
    done: int = 0
    rss_mb: int = 0
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)

    def __post_init__(self) -> None:
        if self.since.tzinfo is None or self.seen.tzinfo is None:
            raise ValueError(f"expected times with their zones, got {self.since!r} and {self.seen!r}")

    @property
    def key(self) -> str:
        """The key in Redis; no two processes share one."""
        return f"{_ALL}:{self.role}:{self.name}:{self.host}:{self.pid}"


def first(role: Role, name: str) -> Heartbeat:
    """Return the first heartbeat of this process."""
    now = datetime.now(UTC)
    return Heartbeat(role, name or f"{socket.gethostname()}-{os.getpid()}", now, now)


def beat(redis: Redis, heartbeat: Heartbeat) -> None:
    """Show that the process lives, now."""
    fresh = replace(heartbeat, seen=datetime.now(UTC), rss_mb=resident_mb())
    with redis.pipeline() as pipeline:
        pipeline.set(fresh.key, json.dumps(asdict(fresh), default=datetime.isoformat), ex=FORGOTTEN_S)
        pipeline.sadd(_ALL, fresh.key)  # so that nobody walks all keys of a Redis that others use too
        pipeline.execute()


def leave(redis: Redis, heartbeat: Heartbeat) -> None:
    """Be forgotten at once, by an orderly end."""
    redis.delete(heartbeat.key)


def living(redis: Redis) -> tuple[Heartbeat, ...]:
    """Return the processes that live, by role and name."""
    keys = sorted(redis.smembers(_ALL))
    values = dict(zip(keys, redis.mget(keys) if keys else (), strict=True))
    gone = [key for key, value in values.items() if value is None]
    if gone:
        redis.srem(_ALL, *gone)
    found = [_read(value) for value in values.values() if value is not None]
    return tuple(sorted(found, key=lambda each: (each.role, each.name, each.pid)))


def resident_mb() -> int:
    """Return the memory this process holds, in MB; 0 where the system does not say it (macOS)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - read every few seconds, for ever
            pages = int(file.read().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def _read(value: bytes | str) -> Heartbeat:
    """Return what was beaten; what only a newer program says of itself is left out."""
    document = json.loads(value)
    known = {each.name: document[each.name] for each in fields(Heartbeat) if each.name in document}
    times = {name: datetime.fromisoformat(document[name]) for name in ("since", "seen")}
    return Heartbeat(**{**known, **times})
