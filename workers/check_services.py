"""Checks of the queue, the processes on it, the image store and the clock."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from core.errors import MarksightError
from data import urls
from data.settings import Settings
from data.store import open_store
from workers import heartbeat
from workers.check_database import NOT_THERE, connect, is_started
from workers.finding import Finding, note, ok, wrong
from workers.redis_server import name_and_version

MOST_SKEW_S = 2.0
EARLIEST = 1_767_225_600  # 2026-01-01: no clock of a machine that runs this is earlier
REDIS_S = 5.0


async def check_queue(settings: Settings) -> list[Finding]:
    """Does Redis answer, and does it forget nothing by itself?"""
    if settings.redis_url is None and not is_started(settings):
        return [note("queue", "the bundled Valkey is not running", "start it with: marksight up")]
    try:
        info = await asyncio.to_thread(_redis_info, settings)
    except (RedisError, OSError) as error:
        mend = "check MARKSIGHT_REDIS_URL" if settings.redis_url else f"see {settings.home}/logs/valkey.log"
        return [wrong("queue", f"Redis does not answer: {error}", mend)]
    return [ok("queue", f"{name_and_version(info)} answers"), *_memory(info)]


def _redis_info(settings: Settings) -> dict[str, Any]:
    client = Redis.from_url(urls.redis_url(settings), socket_timeout=REDIS_S, socket_connect_timeout=REDIS_S)
    try:
        key = "marksight:doctor"
        client.set(key, "1", ex=10)
        client.delete(key)
        info: dict[str, Any] = client.info()
        return info | {"saves": _when_it_saves(client)}
    finally:
        client.close()


def _when_it_saves(client: Redis) -> str | None:
    """Return after how much it writes a snapshot, empty for never; None where it is not said, as by hosted ones."""
    try:
        return str(client.config_get("save").get("save", ""))
    except ResponseError:
        return None


def _memory(info: dict[str, Any]) -> list[Finding]:
    policy = info.get("maxmemory_policy", "noeviction")
    findings = []
    if policy != "noeviction":
        mend = "CONFIG SET maxmemory-policy noeviction; nothing is lost meanwhile, but work is told again and again"
        findings.append(note("queue", f"Redis may throw keys away (maxmemory-policy {policy})", mend))
    if not info.get("aof_enabled") and info["saves"] == "":
        findings.append(
            note("queue", "Redis keeps nothing on disk", "nothing is lost by that: the outbox is the truth")
        )
    return findings


async def check_processes(settings: Settings) -> list[Finding]:
    """Do relay and workers live?"""
    try:
        client = Redis.from_url(urls.redis_url(settings), socket_timeout=REDIS_S, socket_connect_timeout=REDIS_S)
        living = await asyncio.to_thread(heartbeat.living, client)
        client.close()
    except (RedisError, OSError):
        return [note("processes", "not seen: the queue does not answer")]
    roles = {role: [each for each in living if each.role == role] for role in ("relay", "worker")}
    started = is_started(settings)
    return [_role(role, len(found), started=started) for role, found in roles.items()]


def _role(role: str, count: int, *, started: bool) -> Finding:
    if count:
        return ok(role, f"{count} {'lives' if count == 1 else 'live'}")
    missing = f"no {role} lives, so nothing is inspected"
    if started:
        return wrong(role, missing, "see its log in the state folder; stop and start: marksight up")
    return note(role, missing, f"start everything with: marksight up, or one with: marksight {role}")


async def check_store(settings: Settings) -> list[Finding]:
    """Can pictures be kept?"""
    url = urls.store_url(settings)
    if settings.store_url is None and not settings.home.exists():
        return [note("image store", "not there yet; it is made at the first start")]
    try:
        await open_store(url).check()
    except MarksightError as error:
        return [wrong("image store", str(error), "check MARKSIGHT_STORE_URL, the disk, and who may write there")]
    return [ok("image store", f"takes pictures at {url.split('?', 1)[0]}")]


async def check_clock(settings: Settings) -> list[Finding]:
    """Does this machine's clock agree with the database's?"""
    if time.time() < EARLIEST:
        return [wrong("clock", "this machine's clock is years behind", "set it, or have it set by the network (NTP)")]
    if settings.database_url is None and not is_started(settings):
        return [ok("clock", "plausible")]
    try:
        connection = await connect(urls.app_url(settings))
    except NOT_THERE:
        return [ok("clock", "plausible; not compared, the database does not answer")]
    before = time.time()
    theirs = float(await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8"))
    skew = theirs - (before + time.time()) / 2
    await connection.close()
    if abs(skew) > MOST_SKEW_S:
        return [
            wrong("clock", f"the database's clock is {skew:+.1f} s from ours", "have both set by the network (NTP)")
        ]
    return [ok("clock", f"{abs(skew) * 1000:.0f} ms from the database's")]
