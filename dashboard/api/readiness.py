"""Whether every part that the server needs is there, each by its name and with the reason if not."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from pydantic import BaseModel
from redis import asyncio as redis
from sqlalchemy import text

from data import migrate
from data.outage import is_unmade
from data.queries.recipes import count
from data.setting_up import is_being_set_up
from data.urls import redis_url
from workers.composition import Services
from workers.readers import catalogue
from workers.redis_server import name_and_version

CHECK_S = 3.0
LEAST_FREE_BYTES = 256 * 2**20

Check = Callable[[Services], Awaitable[str]]
"""Returns a few words about a part that is there; raises, saying why, for one that is not."""


class PartView(BaseModel):
    """One part: whether it is there, in words what was found, and how long it took to answer."""

    name: str
    state: Literal["ok", "away"]
    detail: str
    seconds: float


class NotThere(Exception):
    """A part answers, but not as it must."""


async def look(
    services: Services, checks: Mapping[str, Check] | None = None, *, check_s: float = CHECK_S
) -> list[PartView]:
    """Look at every part, all at once; one that does not answer in `check_s` is away."""
    wanted = CHECKS if checks is None else checks
    return list(await asyncio.gather(*(_part(name, check(services), check_s) for name, check in wanted.items())))


async def _part(name: str, answer: Awaitable[str], check_s: float) -> PartView:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(check_s):
            detail, away = await answer, False
    except TimeoutError:
        detail, away = f"no answer within {check_s:g} s", True
    except Exception as error:  # noqa: BLE001 - the boundary of a check: whatever a part raises is its reason
        detail, away = _reason(error), True
    seconds = round(time.perf_counter() - began, 4)
    return PartView(name=name, state="away" if away else "ok", detail=detail, seconds=seconds)


def _reason(error: Exception) -> str:
    """Return an error in one line; SQLAlchemy's carry statements and links behind it."""
    if is_unmade(error):
        return "there are no tables yet; they are being made, or wait for: marksight migrate"
    first = (str(getattr(error, "orig", None) or error).strip() or type(error).__name__).splitlines()[0]
    return first if isinstance(error, NotThere) else f"{type(error).__name__}: {first}"


async def _database(services: Services) -> str:
    async with services.database.session() as session:
        return f"PostgreSQL {await session.scalar(text('SHOW server_version'))}"


async def _migrations(services: Services) -> str:
    wanted = await asyncio.to_thread(migrate.head)
    async with services.database.session() as session:
        found = await session.scalar(text("SELECT version_num FROM alembic_version"))
    if found != wanted:
        raise NotThere(f"the schema is at {found}, this program needs {wanted}; run: marksight migrate")
    return f"at {found}"


async def _recipes(services: Services) -> str:
    async with services.database.session() as session:
        if await is_being_set_up(session):
            raise NotThere("what comes with the program is being added")
        return f"{await count(session):,} recipes"


async def _queue(services: Services) -> str:
    client = redis.Redis.from_url(redis_url(services.settings))
    try:
        return name_and_version(await client.info("server"))
    finally:
        await client.aclose()


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
        raise NotThere(f"the reader {catalogue.DEFAULT} is not installed; run: marksight doctor")
    return f"readers: {', '.join(there)}"


async def _disk(services: Services) -> str:
    free = (await asyncio.to_thread(shutil.disk_usage, services.settings.home)).free
    if free < LEAST_FREE_BYTES:
        raise NotThere(f"{free / 2**20:.0f} MiB are free in {services.settings.home}; make room")
    return f"{free / 2**30:.1f} GiB free"


CHECKS: dict[str, Check] = {
    "database": _database,
    "migrations": _migrations,
    "recipes": _recipes,
    "queue": _queue,
    "store": _store,
    "spool": _spool,
    "models": _models,
    "disk": _disk,
}
