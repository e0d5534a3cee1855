"""Pages on real services, over photos that were really inspected."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

import pytest

from core.engines import Engines
from data.settings import Settings
from tests.conftest import ROOT
from workers.composition import Services, compose
from workers.inspecting import inspect_batch
from workers.intake import Particulars, accept
from workers.outbox import next_batch
from workers.readers import catalogue
from workers.recipes import create_draft, publish

ASSETS = ROOT / "data" / "assets"
PHOTOS = ("mc74hc32an-clean-1.jpg", "mc74hc32an-clean-2.jpg", "ds18b20.jpg")


@pytest.fixture(scope="session")
def engines() -> Engines:
    """The real engines, loaded once."""
    return Engines({catalogue.DEFAULT: catalogue.build()}, time.perf_counter)


@pytest.fixture
async def services(emptied: None, postgres: Settings, engines: Engines) -> AsyncIterator[Services]:
    """Everything composed as in production, on empty tables, with a station."""
    composed = compose(postgres, load_engines=lambda: engines)
    async with composed.database.unit_of_work() as work:
        await work.plant.station_id(None)
        await work.commit()
    yield composed
    await composed.close()


@pytest.fixture
async def recipe_id(services: Services) -> str:
    """The bundled recipe of the MC74HC32AN, published."""
    document = json.loads((ASSETS / "recipes" / "mc74hc32an.json").read_text("utf-8"))
    draft = await create_draft(services, document)
    await publish(services, draft.recipe_id)
    return str(draft.recipe_id)


@pytest.fixture
async def judged(services: Services, recipe_id: str) -> list[str]:
    """Two photos judged by the recipe and one read only; their ids, the newest (read only) first."""
    made = []
    for photo in PHOTOS:
        recipe = recipe_id if photo.startswith("mc74") else None
        data = (ASSETS / "samples" / photo).read_bytes()
        made.append(await accept(services, data, Particulars(recipe=recipe, file_name=photo)))
    batch = await next_batch(services)
    assert batch is not None
    await inspect_batch(services, batch)
    return [str(id_) for id_ in reversed(made)]
