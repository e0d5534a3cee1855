"""Judging one unit: the bytes of its pictures, its recipe version and the engines in, a result to be written out.

What its lot says, and whether it is on hold, are as they were when the pictures came in; they lie with the task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core import evidence
from core.engines import Clock, Engines
from core.errors import ImageRefused, MarksightError
from core.frame import Frame
from core.image import ImageLimits, decode
from core.inspection import Inspection, inspect_shots, not_judged
from core.lot_texts import LotTexts, bound
from core.reasons import Reason, tell
from core.recipe import Recipe
from core.region import Region
from core.shots import Shot
from data.queries.queue import Task, TaskPicture
from data.repositories.results import NewResult
from data.tables import Document
from workers.composition import Services

UNDECIDED = "pending"
"""What happens to a unit that no recipe was there for."""


Decoded = Callable[[Frame, bytes, TaskPicture], None]
"""Takes a decoded picture, with its bytes as they came."""


class EngineFailed(MarksightError):
    """The engine could not read the picture; another attempt may."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A unit that was judged, and by what; `marks` tell how it was held against its lot (`workers.lot_marking`)."""

    task: Task
    recipe: Recipe | None
    inspection: Inspection
    attempts: int
    marks: tuple[Document, ...] = ()

    def result(self) -> NewResult:
        """Return the row to be written; its evidence names the very bytes that were judged, by their SHA-256."""
        images = [picture.address for picture in self.task.pictures]
        beside = {"lot": self._lot(), "images": images}
        kept = evidence.canonical(evidence.to_document(self.inspection) | beside)
        return NewResult(
            inspection_id=self.task.inspection_id,
            recipe_version_id=self.task.recipe_version_id,
            verdict=self.inspection.verdict,
            disposition=self.recipe.disposition_for(self.inspection.verdict) if self.recipe else UNDECIDED,
            signal_version=self.inspection.signal_version,
            evidence=kept,
            digest=bytes.fromhex(evidence.digest_of(kept)),
            reasons=[told.code for told in self.inspection.reasons],
            facts=self.inspection.facts,
            score=self.inspection.score,
            confidence=self.inspection.confidence,
            signals=_signals(self.inspection),
            attempts=self.attempts,
            variant=self.inspection.variant,
            seconds={name: round(value, 6) for name, value in self.inspection.seconds},
        )

    def _lot(self) -> Document | None:
        if self.task.lot_id is None:
            return None
        return {"texts": self.task.lot_texts or {}, "on_hold": self.task.lot_on_hold, "marks": list(self.marks)}


async def read_pictures(services: Services, task: Task) -> list[bytes]:
    """Return the bytes of a unit's pictures, in order.

    Raises:
        StoreError: they cannot be had.
    """
    return [await services.store.get(picture.address) for picture in task.pictures]


def _ignored(frame: Frame, data: bytes, picture: TaskPicture) -> None:
    """Make nothing of a decoded picture."""


async def judge_task(
    services: Services, task: Task, data: Sequence[bytes], *, attempts: int, decoded: Decoded = _ignored
) -> Judged:
    """Judge one unit by its pictures. Those that cannot be decoded are a verdict too: not judged, and why.

    `decoded` is told of each picture that can be, in the thread that judges.

    Raises:
        EngineFailed: the engine failed on a picture.
        RecipeInvalid, LotTextInvalid: the recipe version, or what its lot says, is not one this program can use.
    """
    recipe = Recipe.from_document(task.recipe) if task.recipe is not None else None
    if recipe is not None and task.lot_texts:
        recipe = bound(recipe, LotTexts.from_document(task.lot_texts))
    shots = _Shots(tuple(zip(data, task.pictures, strict=True)), services.image_limits, services.engines.clock, decoded)
    inspection = await asyncio.to_thread(_inspect, shots, task, recipe, services.engines)
    if inspection.facts & Reason.ENGINE_FAILED:
        raise EngineFailed(next(told.words for told in inspection.seen if told.reason is Reason.ENGINE_FAILED))
    return Judged(task, recipe, inspection, attempts)


def timed_out(task: Task, *, attempts: int) -> Judged:
    """Return a unit that could not be judged in time, in whatever attempt."""
    known = (tell(Reason.LOT_ON_HOLD),) if task.lot_on_hold else ()
    return Judged(task, None, not_judged(Reason.TIME_OUT, known=known), attempts)


def _inspect(shots: _Shots, task: Task, recipe: Recipe | None, engines: Engines) -> Inspection:
    known = (tell(Reason.LOT_ON_HOLD),) if task.lot_on_hold else ()
    try:
        inspection = inspect_shots(shots, recipe, engines, captured_at=task.captured_at, known=known)
    except ImageRefused as error:
        return not_judged(Reason.IMAGE_UNUSABLE, known=known, detail=error.detail.rstrip("."))
    return replace(inspection, seconds=(("decode", shots.seconds), *inspection.seconds))


class _Shots:
    """The pictures of a task that can be decoded, one at a time, so that no more than one lies in memory.

    Iterating raises ImageRefused at the end when there was none. `seconds` were spent on decoding.
    """

    def __init__(
        self, kept: Sequence[tuple[bytes, TaskPicture]], limits: ImageLimits, clock: Clock, decoded: Decoded
    ) -> None:
        self.seconds = 0.0
        self._kept = kept
        self._limits = limits
        self._clock = clock
        self._decoded = decoded

    def __iter__(self) -> Iterator[Shot]:
        refusals: list[ImageRefused] = []
        for kept, picture in self._kept:
            start = self._clock()
            try:
                frame = decode(kept, self._limits)
            except ImageRefused as error:
                refusals.append(error)
                continue
            self.seconds += self._clock() - start
            self._decoded(frame, kept, picture)
            region = Region.from_document(picture.region) if picture.region else None
            yield Shot(frame, picture.position, picture.lighting, region)
        if len(refusals) == len(self._kept):
            raise refusals[0]


def _signals(inspection: Inspection) -> dict[str, Any]:
    """Return the columns named after signals."""
    scores = {f"{name}_score": score for name, score in inspection.scores.items()}
    margins = {f"{name}_margin": margin for name, margin in inspection.margins.items()}
    return {**scores, **margins, "ocr_legible": inspection.legible}
