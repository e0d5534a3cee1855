"""What the tests of this folder stand on: a house that runs, and parts to send to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from data import bundled
from tests.chaos import pictures
from tests.chaos.house import House
from tests.chaos.sender import Part
from tests.conftest import ROOT
from workers.claim import free_port

Parts = Callable[[str, int], list[Part]]

SERIALS = 7
"""Every fifth part is one of so many units, which come again and again."""


LAST_WORDS = 40_000
"""Characters of the program's log that are shown of a test that failed: about the last two minutes of blows."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Put the program's last words beside a test that failed: its folder is gone afterwards."""
    report = yield
    house = getattr(item, "funcargs", {}).get("house")
    if report.when == "call" and report.failed and isinstance(house, House):
        report.sections.append(("program", house.spoken.read_text(errors="replace")[-LAST_WORDS:]))
    return report


@pytest.fixture(scope="session")
def parts() -> Parts:
    """Makes parts: real photos, some judged by a recipe and some only read, some of them units that come again.

    Two of them in a row, now and then, are one picture under two keys.
    """
    beside_us = ROOT.parent / "shared" / "realchips"
    files = pictures.photos(beside_us if beside_us.is_dir() else None)
    recipe = next(iter(bundled.recipes()))

    def make(prefix: str, count: int) -> list[Part]:
        keys = [f"{prefix}-{number:03d}" for number in range(count)]
        made = list(pictures.small(files, keys))
        made[9::20] = made[8::20][: len(made[9::20])]
        return [Part(key, made[number], beside(prefix, number)) for number, key in enumerate(keys)]

    def beside(prefix: str, number: int) -> dict[str, str]:
        serial = {"unit_serial": f"{prefix}-{number % SERIALS}"} if number % 5 == 0 else {}
        return serial | ({"recipe": recipe} if number % 2 else {})

    return make


@pytest.fixture(scope="module")
async def house(folder: Path) -> AsyncIterator[House]:
    """The program, running, for all tests of a module."""
    async with House(folder / "home", free_port("127.0.0.1", 0)).running() as running:
        yield running
