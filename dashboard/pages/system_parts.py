"""How every part of the system is, asked of the parts themselves."""

from __future__ import annotations

import asyncio
import platform
import shutil
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import text

from core.errors import MarksightError
from dashboard.models.system import Part, PartState
from dashboard.pages.working import Living, working
from data.models import models
from data.outage import AWAY
from data.queries.system import SystemFigures, system_figures
from workers import status
from workers.composition import Services
from workers.heartbeat import living
from workers.redis_server import name_and_version

SLOW_QUEUE_S = 30.0
LITTLE_DISK = 0.10
NO_DISK = 0.02
PACKAGES = {
    "Marksight": "marksight",
    "ONNX Runtime": "onnxruntime",
    "OpenCV": "opencv-python-headless",
    "Panel": "panel",
    "FastAPI": "fastapi",
    "SQLAlchemy": "sqlalchemy",
    "RQ": "rq",
}
GIB, MIB = 2**30, 2**20

Reader = Callable[[], Awaitable[tuple[list[Part], str]]]


def reader(services: Services) -> Reader:
    """Return what reads all parts of `services`, with the time of reading."""
    began = services.clock()

    async def read() -> tuple[list[Part], str]:
        now = services.clock()
        (redis, alive), found = await _redis(services), status.read(services.settings.home)
        parts = [
            *await _database(services, now),
            redis,
            Part("Page server", "ok", version("marksight"), since=began.isoformat()),
            *working(found, alive, host=socket.gethostname(), now=now),
            *await asyncio.to_thread(_spool, services),
            await asyncio.to_thread(_disk, services),
            *_versions(),
        ]
        return sorted(parts, key=lambda part: GROUPS.index(part.group)), now.isoformat()

    return read


GROUPS = ("Services", "Work", "Store", "Models", "Versions")


async def _database(services: Services, now: datetime) -> list[Part]:
    try:
        async with services.database.session() as session:
            figures = await system_figures(session, now=now)
            since = await session.scalar(text("SELECT pg_postmaster_start_time()"))
    except AWAY as error:
        return [
            Part("PostgreSQL", "down", reason=_short(error), dot="Database"),
            Part("Queue", "unknown", reason="The database does not answer.", group="Work", dot="Queue"),
        ]
    figure = f"{figures.database_version.split()[0]}, {figures.database_bytes / MIB:,.1f} MiB"
    return [
        Part("PostgreSQL", "ok", figure, since=since.isoformat(timespec="seconds") if since else "", dot="Database"),
        queue_part(figures, now),
        _day(figures),
        Part("Pictures", "ok", f"{figures.images:,} in {figures.image_bytes / MIB:,.1f} MiB", group="Store"),
    ]


def queue_part(figures: SystemFigures, now: datetime) -> Part:
    """Return what waits, and since when; slow over `SLOW_QUEUE_S`."""
    queue = figures.queue
    if not queue.depth:
        return Part("Queue", "ok", "empty", group="Work", dot="Queue")
    slow = queue.oldest_s > SLOW_QUEUE_S
    return Part(
        "Queue",
        "degraded" if slow else "ok",
        f"{queue.depth:,} waiting, {queue.running:,} of them being inspected; oldest {queue.oldest_s:,.0f} s",
        f"The oldest has waited over {SLOW_QUEUE_S:.0f} s." if slow else "",
        since=(now - timedelta(seconds=queue.oldest_s)).isoformat(),
        group="Work",
        dot="Queue",
    )


def _day(figures: SystemFigures) -> Part:
    total = sum(figures.verdicts.values())
    told = ", ".join(f"{count:,} {verdict.replace('_', ' ')}" for verdict, count in sorted(figures.verdicts.items()))
    failed = figures.states.get("failed", 0)
    reason = f"{failed:,} could not be inspected." if failed else ""
    figure = f"{total:,}: {told}" if total else "none"
    return Part(f"Inspected in {figures.hours} h", "degraded" if failed else "ok", figure, reason, group="Work")


async def _redis(services: Services) -> tuple[Part, Living]:
    """Return how Redis is, and who shows there that he lives."""
    connection = services.queue.connection
    try:
        info: dict[str, Any] = await asyncio.to_thread(connection.info)
        alive = await asyncio.to_thread(living, connection)
    except (RedisError, OSError, MarksightError) as error:
        return Part("Redis", "down", reason=_short(error), dot="Queue"), None
    since = datetime.now(tz=UTC) - timedelta(seconds=int(info["uptime_in_seconds"]))
    figure = f"{name_and_version(info)}, {info['used_memory'] / MIB:,.1f} MiB"
    return Part("Redis", "ok", figure, since=since.isoformat(timespec="seconds"), dot="Queue"), alive


def _spool(services: Services) -> list[Part]:
    """Return what lies in the spool of this machine; an empty one is not told of."""
    spool = services.spool
    used = spool.usage()
    if not used.items and not used.aside:
        return []
    full = used.items >= spool.max_items or used.byte_count >= spool.max_bytes
    reasons = [
        "It is full: pictures are refused until the database is back." if full else "",
        f"{used.aside:,} damaged records lie in {spool.aside}." if used.aside else "",
        "The database is away, or is being caught up with." if used.items and not full else "",
    ]
    figure = f"{used.items:,} pictures wait to be written, {used.byte_count / MIB:,.1f} MiB"
    return [Part("Spool", "down" if full else "degraded", figure, " ".join(filter(None, reasons)), group="Work")]


def _disk(services: Services) -> Part:
    usage = shutil.disk_usage(services.settings.home)
    free = usage.free / usage.total
    state: PartState = "down" if free < NO_DISK else "degraded" if free < LITTLE_DISK else "ok"
    reason = "" if state == "ok" else f"Only {free:.0%} of the disk is free."
    return Part(
        "Disk", state, f"{usage.free / GIB:,.1f} GiB free of {usage.total / GIB:,.1f} GiB", reason, group="Store"
    )


def _versions() -> list[Part]:
    known = [
        Part(name, "none", f"{model.version}, {model.sha256[:12]}", group="Models") for name, model in models().items()
    ]
    told = [Part(word, "none", version(package), group="Versions") for word, package in PACKAGES.items()]
    return [*known, *told, Part("Python", "none", platform.python_version(), group="Versions")]


def _short(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
