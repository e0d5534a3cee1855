"""The machine's clock is set, forwards, backwards and over the ends of months, under a running program: nothing waits.

Every process of the program sees the moved clock, PostgreSQL and Valkey too (libfaketime, which `.ci/packages`
installs); monotonic clocks go on as they would.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos import ledger
from tests.chaos.conftest import Parts
from tests.chaos.house import PATIENCE_S, House
from tests.chaos.sender import Sender, to_inspections
from tests.workers.programs import until
from workers.claim import free_port

COUNT = 40
MOVES = ("+1d", "-1d", "+40d", "+0d")
"""Where the clock stands after each move, beside the true one: a day ahead, a day behind, another month, right."""


class Clock:
    """The clock that a program sees, in a file that the library reads."""

    def __init__(self, library: Path, file: Path) -> None:
        self._file = file
        self.set("+0d")
        self.variables = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DISABLE_SHM": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, offset: str) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{offset}\n", encoding="ascii")
        fresh.chmod(0o644)
        fresh.replace(self._file)


@pytest.fixture(scope="module")
def clock(folder: Path) -> Clock:
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        pytest.skip("libfaketime is not installed (.ci/packages does it)")
    return Clock(libraries[0], folder / "clock")


@pytest.fixture(scope="module")
async def house(folder: Path, clock: Clock) -> AsyncIterator[House]:
    async with House(folder / "home", free_port("127.0.0.1", 0), clock.variables).running() as running:
        yield running


async def test_wherever_the_clock_is_set_every_part_is_judged_once_and_soon(
    house: House, clock: Clock, parts: Parts
) -> None:
    sent, sender, share = parts("clock", COUNT), Sender(house.url, to_inspections), COUNT // len(MOVES)
    async with asyncio.TaskGroup() as group:
        group.create_task(sender.send_all(sent))
        for number, move in enumerate(MOVES):
            sender.allow(share)
            await until(lambda number=number: len(sender.acknowledged) >= number * share + 2, PATIENCE_S)  # type: ignore[misc]
            clock.set(move)
    left = await ledger.reconcile(house, sender, sent, like="clock-%")
    assert left == ledger.Left(0, 0)
    async with house.database() as connection:
        seen = await connection.fetch("SELECT DISTINCT date_trunc('day', captured_at) FROM inspections")
    assert len(seen) >= 3, "the parts came in on several days, as far as anybody could see"
