"""Judging one kept picture: its bytes, its recipe version and the engines in, a result to be written out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from core import evidence
from core.engines import Engines
from core.errors import ImageRefused, MarksightError
from core.image import ImageLimits, decode
from core.inspection import Inspection, inspect, not_judged
from core.reasons import Reason
from core.recipe import Recipe
from data.queries.queue import Task
from data.repositories.results import NewResult
from workers.composition import Services

UNDECIDED = "pending"
"""What happens to a unit that no recipe was there for."""


class EngineFailed(MarksightError):
    """The engine could not read the picture; another attempt may."""


async def judge_picture(services: Services, task: Task, *, attempts: int) -> NewResult:
    """Judge one picture. A picture that cannot be decoded is a verdict too: not judged, and why.

    Raises:
        EngineFailed: the engine failed on it.
        RecipeInvalid: the recipe version is not one this program can use.
        StoreError: the picture's bytes cannot be had.
    """
    recipe = Recipe.from_document(task.recipe) if task.recipe is not None else None
    data = await services.store.get(task.address)
    inspection = await asyncio.to_thread(
        _inspect, data, recipe, services.engines, limits=services.image_limits, captured_at=task.captured_at
    )
    if inspection.facts & Reason.ENGINE_FAILED:
        raise EngineFailed(inspection.reasons[0].words)
    return result_of(inspection, task, recipe, attempts=attempts)


def result_of(inspection: Inspection, task: Task, recipe: Recipe | None, *, attempts: int) -> NewResult:
    """Return the row to be written of an inspection."""
    document = evidence.to_document(inspection)
    seconds = {name: round(value, 6) for name, value in inspection.seconds}
    signals = {f"{name}_score": score for name, score in inspection.scores.items()}
    signals |= {f"{name}_margin": margin for name, margin in inspection.margins.items()}
    return NewResult(
        inspection_id=task.inspection_id,
        recipe_version_id=task.recipe_version_id,
        verdict=inspection.verdict,
        disposition=recipe.disposition_for(inspection.verdict) if recipe else UNDECIDED,
        signal_version=inspection.signal_version,
        evidence={name: value for name, value in document.items() if name != evidence.OUTSIDE_DIGEST},
        digest=bytes.fromhex(evidence.digest(document)),
        reasons=[told.code for told in inspection.reasons],
        facts=inspection.facts,
        score=inspection.score,
        confidence=inspection.confidence,
        signals=signals | {"ocr_legible": inspection.legible},
        attempts=attempts,
        variant=inspection.variant,
        seconds=seconds,
    )


def _inspect(
    data: bytes, recipe: Recipe | None, engines: Engines, *, limits: ImageLimits, captured_at: datetime
) -> Inspection:
    start = engines.clock()
    try:
        frame = decode(data, limits)
    except ImageRefused as error:
        return not_judged(Reason.IMAGE_UNUSABLE, detail=error.detail.rstrip("."))
    decoded = ("decode", engines.clock() - start)
    inspection = inspect(frame, recipe, engines, captured_at=captured_at)
    return replace(inspection, seconds=(decoded, *inspection.seconds))
