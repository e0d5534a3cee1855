"""What `up` runs follows from the settings."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from data.settings import Settings
from workers.demo import demo_part
from workers.parts import answers_health, parts

OUTSIDE_DATABASE = {"database_url": SecretStr("postgresql://app@db/marksight")}
OWNER = {"owner_url": SecretStr("postgresql://owner@db/marksight")}
OUTSIDE_REDIS = {"redis_url": SecretStr("redis://queue")}
REST = ("relay", "watch", "worker-1", "server")


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, workers=1, database_url=None, owner_url=None, redis_url=None, store_url=None)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ("postgres", "valkey", "migrate", *REST)),
        ({**OUTSIDE_DATABASE, **OWNER}, ("valkey", "migrate", *REST)),
        (OUTSIDE_DATABASE, ("valkey", *REST)),
        (OUTSIDE_REDIS, ("postgres", "migrate", *REST)),
        ({**OUTSIDE_DATABASE, **OWNER, **OUTSIDE_REDIS}, ("migrate", *REST)),
        (
            {"workers": 3},
            ("postgres", "valkey", "migrate", "relay", "watch", "worker-1", "worker-2", "worker-3", "server"),
        ),
    ],
    ids=["all bundled", "database outside", "migrated by another", "redis outside", "all outside", "three workers"],
)
def test_the_parts_are_those_that_do_not_run_outside(
    plain: Settings, changes: dict[str, object], names: tuple[str, ...]
) -> None:
    assert tuple(part.name for part in parts(plain.model_copy(update=changes), 8080, None)) == names


def test_every_need_is_a_part_that_stands_before(plain: Settings) -> None:
    seen: set[str] = set()
    for part in (*parts(plain, 8080, None), demo_part(plain, 8080)):
        assert set(part.needs) <= seen
        seen.add(part.name)


def test_nothing_works_before_the_schema_is_there(plain: Settings) -> None:
    needs = {part.name: part.needs for part in parts(plain, 8080, None)}
    assert "migrate" in needs["relay"]
    assert "migrate" in needs["watch"]
    assert "migrate" in needs["worker-1"]
    assert set(needs["migrate"]) == {"postgres", "valkey"}


async def test_a_part_is_told_of_the_folder_and_the_port_that_were_resolved(
    plain: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path.parent)
    relative = plain.model_copy(update={"home": Path(tmp_path.name)})
    server = next(part for part in parts(relative, 12345, None) if part.name == "server")
    program = await server.make()
    assert program.environment["MARKSIGHT_HOME"] == str(tmp_path)
    assert program.environment["MARKSIGHT_PORT"] == "12345"
    assert program.cwd == tmp_path.parent  # where `.env` lies


async def test_no_password_is_handed_over_where_all_can_see_it(plain: Settings) -> None:
    secret = plain.model_copy(
        update={"database_url": SecretStr("postgresql://a:hunter2@db/x"), **OWNER, **OUTSIDE_REDIS}
    )
    made = parts(secret, 8080, None)
    assert len(made) > 3
    for part in made:
        assert "hunter2" not in " ".join((await part.make()).command())


async def test_workers_give_way_to_pages(plain: Settings) -> None:
    nice = {
        part.name: (await part.make()).nice for part in parts(plain.model_copy(update=OUTSIDE_REDIS), 8080, None)[1:]
    }
    assert nice["worker-1"] > nice["server"] == nice["relay"] == 0


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[int]:
    """A server that gives one answer to everything; yields its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


ANSWERS = {
    "well": (b"HTTP/1.0 200 OK\r\n\r\n{}", True),
    "newer": (b"HTTP/1.1 200 OK\r\n\r\n{}", True),
    "not found": (b"HTTP/1.0 404 Not Found\r\n\r\n", False),
    "fault": (b"HTTP/1.0 500 Oh\r\n\r\n", False),
    "nothing": (b"", False),
    "no HTTP": (b"220 mail ready\r\n", False),
}


@pytest.mark.parametrize(("answer", "healthy"), ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - asked, not bound
async def test_health_is_a_200_and_nothing_else(answer: bytes, healthy: bool, host: str) -> None:
    async with answering(answer) as port:
        assert await answers_health(host, port) is healthy


async def test_nobody_listening_is_no_health() -> None:
    assert not await answers_health("127.0.0.1", 1)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::1", "::"])
async def test_an_ipv6_address_is_asked_for_in_brackets(host: str) -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "::1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await answers_health(host, port)
    assert asked[0].splitlines()[1] == f"Host: [::1]:{port}".encode()
