"""Pages on real services, over photos that were really inspected."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.identity import LOCAL
from dashboard.page_user import is_used_by
from tests.dashboard.conftest import SAMPLES
from workers.composition import Services
from workers.inspecting import inspect_batch
from workers.intake import Particulars, accept
from workers.outbox import next_batch
from workers.recipes import create_draft, publish

is_used_by(LOCAL)  # before any loop is made: what is done on the pages of these tests is done by somebody who may

PHOTOS = ("mc74hc32an-clean-1.jpg", "mc74hc32an-clean-2.jpg", "ds18b20.jpg")


@pytest.fixture
async def recipe_id(services: Services, document: dict[str, Any]) -> str:
    """The bundled recipe of the MC74HC32AN, published."""
    draft = await create_draft(services, document)
    await publish(services, draft.recipe_id)
    return str(draft.recipe_id)


@pytest.fixture
async def judged(services: Services, recipe_id: str) -> list[str]:
    """Two photos judged by the recipe and one read only; their ids, the newest (read only) first."""
    made = []
    for photo in PHOTOS:
        recipe = recipe_id if photo.startswith("mc74") else None
        data = (SAMPLES / photo).read_bytes()
        made.append(await accept(services, data, Particulars(recipe=recipe, file_name=photo)))
    batch = await next_batch(services)
    assert batch is not None
    await inspect_batch(services, batch)
    return [str(id_) for id_ in reversed(made)]
