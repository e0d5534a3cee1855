"""`marksight up`, the whole of it: starts, serves, heals, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from data import bundled
from tests.workers.programs import alive, until
from workers import status
from workers.status import PartStatus

START_S = 120.0
PARTS = {"postgres", "valkey", "migrate", "relay", "watch", "worker-1", "server"}
KEPT = PARTS - {"migrate"}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A state folder that all tests of this module start on, one after the other."""
    parent = Path(tempfile.mkdtemp(prefix="ms-", dir="/tmp"))
    parent.chmod(0o711)
    yield parent / "home"
    shutil.rmtree(parent)


class Up:
    """A running `marksight up`."""

    def __init__(self, process: asyncio.subprocess.Process, home: Path) -> None:
        self.process = process
        self.home = home
        self.lines: list[str] = []
        self.address = ""

    async def hear(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip())
            if found := re.search(r"is ready: (http\S+)", self.lines[-1]):
                self.address = found[1]

    def part(self, name: str) -> PartStatus:
        found = status.read(self.home)
        assert found is not None
        return next(part for part in found.parts if part.name == name)

    async def judged(self) -> None:
        """Post a bundled sample and wait until it is judged."""
        async with httpx.AsyncClient(base_url=self.address, timeout=60) as client:
            files = {"image": ("chip.jpg", bundled.samples()[0].read())}
            answer = await client.post("/v1/inspections", params={"wait_ms": 30_000}, files=files)
        said = "\n".join([answer.text, *self.lines[-40:]])
        assert answer.status_code == 200, said
        assert answer.json()["state"] == "done", said


def variables(home: Path) -> dict[str, str]:
    ours = {"MARKSIGHT_HOME": str(home), "MARKSIGHT_PORT": "0", "MARKSIGHT_WORKERS": "1", "PYTHONUNBUFFERED": "1"}
    ours |= {"MARKSIGHT_LOG_FORMAT": "human", "MARKSIGHT_SINGLE_USER": "true"}  # as on a terminal
    return {**{name: value for name, value in os.environ.items() if not name.startswith("MARKSIGHT_")}, **ours}


async def start(home: Path, **more: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "dashboard.cli", "up"),
        env={**variables(home), **more},
        cwd="/",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


@asynccontextmanager
async def running(home: Path, **more: str) -> AsyncIterator[Up]:
    """`marksight up`, ready; whatever the test does to it, nothing is left when this returns."""
    up = Up(await start(home, **more), home)
    hearing = asyncio.create_task(up.hear())
    try:
        await until(lambda: up.address or up.process.returncode is not None, START_S)
        assert up.address, "\n".join(up.lines)
        yield up
    finally:
        if up.process.returncode is None:
            up.process.terminate()
        await ended(up.process)
        await hearing
        up.process._transport.close()  # type: ignore[attr-defined]  # or it warns when it is collected


def descendants(pid: int) -> set[int]:
    """Every process that stems from `pid`."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def json_lines(text: str) -> list[dict[str, Any]]:
    """Every line of `text`, each of which is a line of the log in JSON."""
    found = [json.loads(line) for line in text.splitlines()]
    assert all({"time", "level", "logger", "message", "part"} <= line.keys() for line in found)
    return found


async def ended(process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(60):
        return await process.wait()


async def gone(pids: set[int]) -> None:
    await until(lambda: not any(alive(pid) for pid in pids))


async def test_whoever_starts_it_first_is_led_to_an_account_and_nobody_else_gets_in(folder: Path) -> None:
    home = folder.with_name("first")
    async with running(home, MARKSIGHT_SINGLE_USER="false") as up:
        await until(lambda: any("/welcome/" in line for line in up.lines))
        (link,) = [line.strip() for line in up.lines if "/welcome/" in line]
        async with httpx.AsyncClient(base_url=up.address, timeout=60) as client:
            assert (await client.get("/")).headers["location"] == "/sign-in"
            assert (await client.get("/v1/inspections")).status_code == 401
            assert "Choose a name and a password" in (await client.get(link)).text
            chosen = {"name": "ada", "password": "nine green parrots", "again": "nine green parrots"}
            assert (await client.post(link, data=chosen)).headers["location"] == "/"
            assert (await client.get("/v1/me")).json()["role"] == "admin"
            assert (await client.get("/")).headers["location"] == "/inspect"
        async with httpx.AsyncClient(base_url=up.address, timeout=60) as another:
            assert (await another.get(link)).status_code == 410
            assert (await another.get("/v1/me")).status_code == 401
    secret = link.rsplit("/", 1)[1]
    assert [file for file in (home / "logs").iterdir() if secret in file.read_text()] == []
    async with running(home, MARKSIGHT_SINGLE_USER="false") as again:
        await until(lambda: any("token add" in line for line in again.lines))
        assert not any("/welcome/" in line for line in again.lines)


async def test_it_serves_judges_and_ends(folder: Path) -> None:
    async with running(folder) as up:
        found = status.read(folder)
        assert found is not None
        assert {part.name for part in found.parts} == PARTS
        assert (found.pid, found.address) == (up.process.pid, up.address)
        await up.judged()
        await refuses_a_second(up)
        everything = descendants(up.process.pid)
        assert len(everything) > len(PARTS)
        up.process.send_signal(signal.SIGINT)
        assert await ended(up.process) == 0
        await gone(everything)
    assert up.lines[-1] == "Stopped."
    assert not [line for line in up.lines if line.startswith("{") or '"time"' in line]
    kept = {file.stem: json_lines(file.read_text()) for file in (folder / "logs").glob("*.log")}
    assert {"postgres", "migrate", "server"} <= set(kept)
    assert {line["part"] for line in kept["server"]} == {"server"}
    assert {part["state"] for part in json.loads((folder / "supervisor.json").read_text())["parts"]} == {"stopped"}
    assert not list((folder / "run").iterdir())


async def refuses_a_second(up: Up) -> None:
    """Neither the same folder nor the same port can be had twice, and nothing is made before that is said."""
    second = await start(up.home)
    said = (await second.communicate())[0].decode()
    assert second.returncode == 4
    assert said.startswith(f"marksight: Marksight already runs on {up.home} (process {up.process.pid}, {up.address})")
    assert said.count("\n") == 1
    port = up.address.rsplit(":", 1)[1]
    with tempfile.TemporaryDirectory(dir="/tmp") as other:
        third = await start(Path(other), MARKSIGHT_PORT=port)
        assert f"port {port} on 127.0.0.1 is taken" in (await third.communicate())[0].decode()
        assert third.returncode == 4
        assert not Path(other, "postgres").exists()  # noqa: ASYNC240 - a look
    await up.judged()


async def test_whatever_is_killed_comes_back_and_killed_itself_it_starts_again_at_once(folder: Path) -> None:
    async with running(folder) as up:
        await comes_back(up)
        everything = descendants(up.process.pid)
        assert len(everything) > len(PARTS)
        up.process.kill()
        assert await up.process.wait() == -signal.SIGKILL
        # At once: what is still on its way out is waited for.
        async with running(folder) as again:
            await gone(everything)
            assert {(again.part(name).state, again.part(name).restarts) for name in KEPT} == {("running", 0)}
            await again.judged()
            await ends_at_once(again)


async def comes_back(up: Up) -> None:
    """Every part that is killed is started again, and nothing is lost."""
    for name in sorted(KEPT):
        pid = up.part(name).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda name=name, pid=pid: up.part(name).pid != pid, 60)
    await until(lambda: all(up.part(name).restarts and up.part(name).state == "running" for name in KEPT), 60)
    await up.judged()


async def ends_at_once(up: Up) -> None:
    """Asked twice, it waits for nobody."""
    everything = descendants(up.process.pid)
    for part in ("server", "worker-1"):
        pid = up.part(part).pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)  # will hear of no polite signal
    up.process.send_signal(signal.SIGINT)
    await asyncio.sleep(0.2)
    up.process.send_signal(signal.SIGINT)
    assert await ended(up.process) == 0
    await gone(everything)


async def test_asked_while_it_starts_it_ends(folder: Path) -> None:
    process = await start(folder, MARKSIGHT_LOG_FORMAT="json")
    await until(lambda: (folder / "run" / ".s.PGSQL.5432").exists() or process.returncode is not None)
    everything = descendants(process.pid)
    process.terminate()
    try:
        async with asyncio.timeout(60):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    said = [line["message"] for line in json_lines(printed.decode())]
    assert (said[0], said[-1]) == (f"Starting Marksight on {folder} ...", "Stopped.")
    assert not any("is ready" in line for line in said)
    await gone(everything)


async def test_a_part_that_cannot_start_ends_it_and_says_why(folder: Path) -> None:
    configuration = folder / "postgres" / "postgresql.auto.conf"
    before = configuration.read_text()
    configuration.write_text("max_wal_size = nonsense\n")
    process = await start(folder)
    try:
        async with asyncio.timeout(60):
            printed, _ = await process.communicate()
    finally:
        configuration.write_text(before)
        if process.returncode is None:
            process.kill()
    assert process.returncode == 4
    assert "marksight: postgres ended with code 1:" in printed.decode()
    assert 'invalid value for parameter "max_wal_size"' in printed.decode()
