"""Whether every part that the server needs is there, each by its name; if not, with the reason and what to do.

1. Every part is looked at anew each time, all at once, each within its time; none is changed by looking.
2. `queue` is whether what waits gets on: nothing is amiss with it where nothing waits, whoever lives.
3. What is said may be read by whoever reaches the server: no password, and no more than the first line of an error.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel
from redis import asyncio as redis
from redis.exceptions import RedisError
from sqlalchemy import text

from core.errors import ModelInvalid
from data.models import models
from data.outage import is_unmade
from data.queries.recipes import count
from data.queries.waiting import standing
from data.setting_up import is_being_set_up
from data.urls import redis_url, store_url
from workers import heartbeat
from workers.composition import Services
from workers.readers import catalogue
from workers.redis_server import name_and_version

CHECK_S = 3.0
LEAST_FREE_BYTES = 256 * 2**20
UNTAKEN_S = 120.0
"""After so long a batch that no worker has begun, and nothing else is in hand, has been forgotten by everybody."""
NEEDED = {"worker": "marksight worker", "relay": "marksight relay"}
"""Without which nothing that waits gets on, and how each is started."""

Check = Callable[[Services], Awaitable[str]]
"""Returns a few words about a part that is there; raises, saying why, for one that is not."""


class PartView(BaseModel):
    """One part: whether it is there, what was found, how long it took to answer; `remedy`: what to do if it is away."""

    name: str
    state: Literal["ok", "away"]
    detail: str
    seconds: float
    remedy: str = ""


class NotThere(Exception):
    """A part answers, but not as it must; `remedy` says what to do, where that is not what is said of the part."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.remedy = remedy


async def look(
    services: Services, checks: Mapping[str, Check] | None = None, *, check_s: float = CHECK_S
) -> list[PartView]:
    """Look at every part, all at once; one that does not answer in `check_s` is away."""
    wanted = CHECKS if checks is None else checks
    return list(await asyncio.gather(*(_part(name, check(services), check_s) for name, check in wanted.items())))


async def _part(name: str, answer: Awaitable[str], check_s: float) -> PartView:
    began, remedy = time.perf_counter(), REMEDIES.get(name, "")
    try:
        async with asyncio.timeout(check_s):
            detail, away = await answer, False
    except TimeoutError:
        detail, away = f"no answer within {check_s:g} s", True
    except Exception as error:  # noqa: BLE001 - the boundary of a check: whatever a part raises is its reason
        detail, away = _reason(error), True
        remedy = getattr(error, "remedy", "") or remedy
    seconds = round(time.perf_counter() - began, 4)
    state: Literal["ok", "away"] = "away" if away else "ok"
    return PartView(name=name, state=state, detail=detail, seconds=seconds, remedy=remedy if away else "")


def _reason(error: Exception) -> str:
    """Return an error in one line; SQLAlchemy's carry statements and links behind it."""
    if is_unmade(error):
        return "there are no tables yet; they are being made, or wait for: marksight migrate"
    first = (str(getattr(error, "orig", None) or error).strip() or type(error).__name__).splitlines()[0]
    return first if isinstance(error, NotThere | ModelInvalid) else f"{type(error).__name__}: {first}"


async def _database(services: Services) -> str:
    async with services.database.session() as session:
        return f"PostgreSQL {await session.scalar(text('SHOW server_version'))}"


async def _migrations(services: Services) -> str:
    from data import migrate  # noqa: PLC0415  # heavy, and no part of a start

    wanted = await asyncio.to_thread(migrate.head)
    async with services.database.session() as session:
        found = await session.scalar(text("SELECT version_num FROM alembic_version"))
    if found == wanted:
        return f"at {found}"
    if found is not None and not await asyncio.to_thread(migrate.is_known, found):
        raise NotThere(
            f"the schema is at {found}, which is newer than this program ({wanted})",
            "install the newer program here too; there is no way back but a restored backup",
        )
    raise NotThere(f"the schema is at {found or 'no revision'}, this program needs {wanted}; run: marksight migrate")


async def _recipes(services: Services) -> str:
    async with services.database.session() as session:
        if await is_being_set_up(session):
            raise NotThere("what comes with the program is being added")
        return f"{await count(session):,} recipes"


async def _redis(services: Services) -> str:
    client = redis.Redis.from_url(redis_url(services.settings))
    try:
        return name_and_version(await client.info("server"))
    finally:
        await client.aclose()


async def _queue(services: Services) -> str:
    async with services.database.session() as session:
        line = await standing(session)
    try:
        living = await asyncio.to_thread(heartbeat.living, services.queue.connection)
    except (RedisError, OSError) as error:
        raise NotThere("nothing is handed to workers while Redis is away", "see: redis") from error
    counts = {role: sum(each.role == role for each in living) for role in NEEDED}
    waits = f"{line.ready:,} {'inspection waits' if line.ready == 1 else 'inspections wait'}"
    for role, command in NEEDED.items():
        if line.ready and not counts[role]:
            raise NotThere(f"{waits}, and no {role} lives", f"start one: {command}; or see why it ends, in its log")
    if line.ready and not line.held and line.untaken_s > UNTAKEN_S:
        raise NotThere(f"{waits}, and no worker takes what was handed out {line.untaken_s:.0f} s ago")
    return f"{waits if line.ready else 'nothing waits'}; workers: {counts['worker']}, relays: {counts['relay']}"


async def _store(services: Services) -> str:
    await services.store.check()
    return "takes pictures"


async def _spool(services: Services) -> str:
    spool = services.spool
    used = await asyncio.to_thread(spool.usage)
    if used.items and (used.items >= spool.max_items or used.byte_count >= spool.max_bytes):
        raise NotThere(f"{used.items:,} pictures wait for the database, as many as may")
    waits = f"{used.items:,} pictures wait to be written" if used.items else "empty"
    return f"{waits}; {used.aside:,} damaged records in {spool.aside}" if used.aside else waits


async def _models(_services: Services) -> str:
    there = await asyncio.to_thread(catalogue.available)
    if catalogue.DEFAULT not in there:
        raise NotThere(f"the reader {catalogue.DEFAULT} is not installed")
    for model in models().values():
        await asyncio.to_thread(model.check)
    return f"readers: {', '.join(there)}; {len(models())} models as their manifest says"


async def _disk(services: Services) -> str:
    free = {path: shutil.disk_usage(path).free for path in await asyncio.to_thread(_folders, services)}
    path, least = min(free.items(), key=lambda one: one[1])
    if least < LEAST_FREE_BYTES:
        raise NotThere(f"{least / 2**20:.0f} MiB are free in {path}; {LEAST_FREE_BYTES / 2**20:.0f} MiB must be")
    return f"{least / 2**30:.1f} GiB free"


def _folders(services: Services) -> list[Path]:
    """Return the folders that we write to: the state folder, and the image store's if it is one."""
    url = urlsplit(store_url(services.settings))
    store = Path(unquote(url.path))
    return [services.settings.home, *([store] if url.scheme == "file" and store.is_dir() else [])]


CHECKS: dict[str, Check] = {
    "database": _database,
    "migrations": _migrations,
    "recipes": _recipes,
    "redis": _redis,
    "queue": _queue,
    "store": _store,
    "spool": _spool,
    "models": _models,
    "disk": _disk,
}
"""What is looked at, by name."""

REMEDIES: dict[str, str] = {
    "database": "see that PostgreSQL runs and takes connections from here: MARKSIGHT_DATABASE_URL, or the log of the "
    "embedded one",
    "migrations": "run: marksight migrate",
    "recipes": "wait a moment; if it stays so, run: marksight seed",
    "redis": "see that Redis runs and takes connections from here: MARKSIGHT_REDIS_URL, or the log of the embedded one",
    "queue": "look at the logs of relay and workers, and start them anew",
    "store": "see that the image store can be written: MARKSIGHT_STORE_URL, its disk and its rights",
    "spool": "bring the database back; or allow more: MARKSIGHT_SPOOL_MAX_ITEMS, MARKSIGHT_SPOOL_MAX_BYTES",
    "models": "install the program again as its lock says, and see: marksight doctor",
    "disk": "make room, or move the state folder: MARKSIGHT_HOME",
}
"""What to do about each, where the reason does not say."""
