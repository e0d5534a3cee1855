"""Rows for tests, written through the repositories as the program writes them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from core.recipe import Recipe
from data.database import Database
from data.priorities import Priority
from data.repositories.images import Picture
from data.repositories.inspections import NewInspection
from data.repositories.outbox import Lease
from data.repositories.recipes import Published
from data.repositories.results import NewResult
from data.unit_of_work import UnitOfWork

MOMENT = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
LEASE_S = 60.0


def picture(content: str = "a") -> Picture:
    return Picture(hashlib.sha256(content.encode()).hexdigest(), "image/png", 640, 480, 1000)


def recipe(name: str = "74LS00 DIP-14", part_number: str = "SN74LS00N", **changes: Any) -> Recipe:
    lines = [{"text": "SN74LS00N", "required": True}]
    document = {"schema": 1, "name": name, "part_number": part_number, **changes}
    return Recipe.from_document({"variants": [{"name": "standard", "lines": lines}], **document})


async def published(database: Database, judging: Recipe | None = None) -> Published:
    async with database.unit_of_work() as work:
        draft = await work.recipes.create(judging or recipe())
        version = await work.recipes.publish(draft.recipe_id, revision=1, comment="")
        await work.commit()
    return version


async def add_inspection(work: UnitOfWork, id_: UUID | None = None, **particulars: Any) -> UUID:
    """Add one inspection and let it wait; `particulars` are fields of `NewInspection`, `lot`, `serial`, `station`."""
    lot, serial = particulars.pop("lot", None), particulars.pop("serial", None)
    station, priority = particulars.pop("station", None), particulars.pop("priority", Priority.BATCH)
    lot_id = await work.parts.open_lot(lot) if lot else None
    new = NewInspection(
        id=id_ or work.new_id(),
        attempt=await work.parts.begin_attempt(lot_id, serial),
        station_id=await work.plant.station_id(station),
        image_id=await work.images.add(picture()),
        captured_at=particulars.pop("captured_at", MOMENT),
        priority=priority,
        lot_id=lot_id,
        **particulars,
    )
    await work.inspections.add(new)
    await work.outbox.add(new.id, priority, run_id=new.run_id)
    return new.id


async def waiting(database: Database, count: int = 1, **particulars: Any) -> list[UUID]:
    """Return the ids of inspections that have come in and wait; `id_` is for one alone."""
    async with database.unit_of_work() as work:
        ids = [await add_inspection(work, **particulars) for _ in range(count)]
        await work.commit()
    return ids


async def batched(database: Database, count: int = 1, *, limit: int = 100, **particulars: Any) -> UUID:
    """Return the id of a batch with `count` new inspections in it."""
    await waiting(database, count, **particulars)
    async with database.unit_of_work() as work:
        batch_id = work.new_id()
        ids = await work.outbox.batch(batch_id, limit)
        await work.inspections.move(ids, "queued")
        await work.commit()
    return batch_id


async def claimed(database: Database, batch_id: UUID, seconds: float = LEASE_S) -> tuple[Lease, list[UUID]]:
    lease = Lease(database.ids(), seconds, "test")
    async with database.unit_of_work() as work:
        ids = [claim.inspection_id for claim in await work.outbox.claim(batch_id, lease)]
        await work.inspections.move(ids, "running")
        await work.commit()
    return lease, ids


def result(inspection_id: UUID, verdict: str = "pass", **fields: Any) -> NewResult:
    evidence = {"schema": 1, "verdict": verdict, "reasons": [{"code": "UNVERIFIED", "words": "By pattern only."}]}
    told = {"disposition": "pending", "signal_version": "fake:1", "evidence": evidence, "digest": bytes(32), **fields}
    told["evidence"] = json.dumps(told["evidence"])
    return NewResult(**{"inspection_id": inspection_id, "recipe_version_id": None, "verdict": verdict, **told})


async def judged(
    database: Database, verdict: str = "pass", *, evidence: dict[str, Any] | None = None, **particulars: Any
) -> UUID:
    """Return the id of an inspection that came in and has a verdict."""
    ids = await waiting(database, **particulars)
    async with database.unit_of_work() as work:
        for state in ("queued", "running", "done"):
            await work.inspections.move(ids, state)
        await work.outbox.give_up(ids[0])
        told = {"evidence": {"reasons": [], **evidence}} if evidence is not None else {}
        version_id = particulars.get("recipe_version_id")
        await work.verdicts.keep([result(ids[0], verdict, recipe_version_id=version_id, **told)])
        await work.commit()
    return ids[0]
