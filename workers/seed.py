"""What a new installation begins with: a station, the bundled recipes, and the bundled pictures to be inspected.

Done again, it does nothing: a recipe that is there is left as its engineer has made it, a picture that was ever kept is
not inspected anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.priorities import Priority
from data.queries.images import known
from data.queries.recipes import names
from data.store import address_of
from workers.composition import Services
from workers.intake import Particulars, accept
from workers.recipes import create_draft, publish

ASSETS = Path(__file__).resolve().parents[1] / "data" / "assets"
CALLER = "seed"
COMMENT = "Bundled with Marksight."

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Seeded:
    """How many recipes and pictures were new."""

    recipes: int
    pictures: int


async def seed(services: Services, *, say: Progress = lambda _: None, assets: Path = ASSETS) -> Seeded:
    """Fill an installation with what is bundled, as far as it is missing; `say` is told each thing that is new."""
    async with services.database.unit_of_work() as work:
        await work.plant.station_id(None)
        await work.commit()
    documents = {path.stem: _json(path) for path in sorted((assets / "recipes").glob("*.json"))}
    recipes = [name for name, document in documents.items() if await _recipe(services, document, say)]
    samples = _json(assets / "samples" / "manifest.json")["samples"]
    pictures = [sample for sample in samples if await _picture(services, sample, documents, say=say, assets=assets)]
    return Seeded(len(recipes), len(pictures))


async def _recipe(services: Services, document: dict[str, Any], say: Progress) -> bool:
    async with services.database.session() as session:
        if document["name"] in await names(session):
            return False
    draft = await create_draft(services, document)
    await publish(services, draft.recipe_id, comment=COMMENT)
    say(f"recipe {document['name']}")
    return True


async def _picture(
    services: Services, sample: dict[str, Any], documents: dict[str, Any], *, say: Progress, assets: Path
) -> bool:
    data = (assets / "samples" / sample["name"]).read_bytes()
    async with services.database.session() as session:
        if await known(session, address_of(data)):
            return False
    recipe = documents[sample["recipe"]]["name"] if sample.get("recipe") else None
    key = f"{sample['name']} {address_of(data)}"  # should two seed at once
    particulars = Particulars(
        recipe=recipe, file_name=sample["name"], priority=Priority.BATCH, idempotency_key=key, caller=CALLER
    )
    await accept(services, data, particulars)
    say(f"picture {sample['name']}: {sample['shows']}")
    return True


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
