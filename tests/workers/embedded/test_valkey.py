"""The embedded Valkey, the real one."""

from __future__ import annotations

import stat
from pathlib import Path
from urllib.parse import quote

import pytest
from redis import asyncio as redis
from redis.exceptions import AuthenticationError, ConnectionError  # noqa: A004

from data import embedded_urls
from workers.child import Child
from workers.embedded import home as state_folder
from workers.embedded import valkey as embedded
from workers.embedded.service_user import service_user


async def _setting(url: str, name: str) -> str:
    client = redis.Redis.from_url(url, decode_responses=True)
    try:
        return str((await client.config_get(name))[name])
    finally:
        await client.aclose()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("appendonly", "yes"),
        ("appendfsync", "everysec"),
        ("port", "0"),
        ("maxmemory-policy", "noeviction"),
        ("save", ""),
    ],
)
async def test_it_is_set(valkey: str, name: str, value: str) -> None:
    assert await _setting(valkey, name) == value


def _unknown(home: Path) -> redis.Redis:
    """A client without the password; by URL, since one made otherwise tries again for seconds."""
    return redis.Redis.from_url(f"unix://{quote(str(embedded_urls.redis_socket(home)))}")


async def test_nobody_enters_without_the_password(valkey: str, home: Path) -> None:
    client = _unknown(home)
    with pytest.raises((AuthenticationError, ConnectionError), match=r"HELLO|[Aa]uth"):
        await client.ping()
    await client.aclose()


async def test_the_password_stands_in_a_closed_file_and_in_no_arguments(valkey: str, home: Path) -> None:
    file = home / "valkey" / "valkey.conf"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    client = redis.Redis.from_url(valkey)
    pid = (await client.info("server"))["process_id"]
    await client.aclose()
    assert embedded_urls.password_file(home, "redis").read_bytes().strip() not in _arguments(pid)


def _arguments(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


async def _life(home: Path, *, killed: bool, key: str) -> str | None:
    """Start the server, return what `key` holds, set it, and end."""
    embedded.prepare(home, service_user())
    child = Child(embedded.program(home, service_user()))
    await child.start()
    try:
        await child.until_ready()
        client = redis.Redis.from_url(embedded_urls.redis_url(home), decode_responses=True)
        before = await client.get(key)
        await client.set(key, "kept")
        await client.aclose()
        if killed:
            child.hurry()
    finally:
        await child.stop()
    return None if before is None else str(before)


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
async def test_what_was_written_is_there_after_it_was(home: Path, killed: bool) -> None:
    folder = home / f"v{killed:d}"
    state_folder.prepare(folder, service_user())
    assert await _life(folder, killed=killed, key="a") is None
    assert await _life(folder, killed=killed, key="a") == "kept"


async def test_a_server_that_is_not_there_does_not_answer(home: Path) -> None:
    folder = home / "v"
    state_folder.prepare(folder, service_user())
    assert not await embedded.answers(folder)


async def test_an_odd_path_is_no_trouble(home: Path) -> None:
    folder = home / 'a "b" \\c'
    state_folder.prepare(folder, service_user())
    assert await _life(folder, killed=False, key="a") is None
    with pytest.raises(ConnectionError):
        await _unknown(folder).ping()
