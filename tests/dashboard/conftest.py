"""The API and the pages on real services, with real engines."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.engines import Engines
from data.settings import Settings
from tests.conftest import ROOT
from workers.composition import Services, compose
from workers.readers import catalogue

SAMPLES = ROOT / "data" / "assets" / "samples"
RECIPES = ROOT / "data" / "assets" / "recipes"


@pytest.fixture(scope="session")
def engines() -> Engines:
    """The real engines, loaded once."""
    return Engines({catalogue.DEFAULT: catalogue.build()}, time.perf_counter)


@pytest.fixture
async def services(emptied: None, postgres: Settings, engines: Engines) -> AsyncIterator[Services]:
    """Everything composed as in production, on empty tables, with a station to take pictures at."""
    composed = compose(postgres, load_engines=lambda: engines)
    async with composed.database.unit_of_work() as work:
        await work.plant.station_id(None)
        await work.commit()
    yield composed
    await composed.close()


@pytest.fixture
def document() -> dict[str, Any]:
    """The bundled recipe of the MC74HC32AN."""
    found: dict[str, Any] = json.loads((RECIPES / "mc74hc32an.json").read_text(encoding="utf-8"))
    return found
