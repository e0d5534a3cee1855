"""Inspections as they are read: frozen values, made from rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from core.ids import uuid7_time
from data.tables import Document, Image, Inspection, InspectionImage, InspectionState, RecipeVersion, Unit

NOT_JUDGED = "not_judged"


@dataclass(frozen=True)
class RecipeUsed:
    """The recipe version that judges, or judged, an inspection, or that a lot or a run is bound to."""

    id: UUID
    name: str
    version: int | None
    version_id: UUID
    part_number: str


@dataclass(frozen=True)
class ImageUsed:
    """A picture of an inspection, in its place from 0; its bytes lie in the image store at `address`."""

    id: UUID
    address: str
    media_type: str
    width_px: int
    height_px: int
    byte_count: int
    position: int = 0
    thumbnail: str | None = None
    """Where it lies made small (`core.thumbnail`), if it was."""

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width_px, self.height_px


@dataclass(frozen=True)
class PictureUsed:
    """A picture with how it was lit, and where in it the unit lies (`core.region`), None: everywhere."""

    image: ImageUsed
    lighting: str | None
    region: Document | None


@dataclass(frozen=True)
class UnitUsed:
    """The unit that was inspected; `row` and `column` in its carrier from 1."""

    id: UUID
    serial: str | None
    carrier: str | None
    row: int | None
    column: int | None


@dataclass(frozen=True)
class Failure:
    """Why an inspection has no result."""

    code: str
    detail: str


@dataclass(frozen=True)
class InspectionSummary:
    """An inspection in a list. `reasons` are `{"code": ..., "words": ...}`; scores in ten-thousandths, -1 missing.

    One that failed has no result; it is not judged, for the reason in `error`. One that waits has no verdict.
    `image` is the picture that was judged, or the first until then.
    """

    id: UUID
    state: InspectionState
    created_at: datetime
    captured_at: datetime
    finished_at: datetime | None
    verdict: str | None
    disposition: str | None
    reasons: tuple[dict[str, str], ...]
    score: int | None
    confidence: int | None
    recipe: RecipeUsed | None
    image: ImageUsed
    station: str
    lot: str | None
    unit_serial: str | None
    attempt: int
    file_name: str | None
    error: Failure | None
    unit: UnitUsed
    trigger_number: int | None = None


@dataclass(frozen=True)
class InspectionDetail:
    """An inspection with its evidence (`core.evidence`), None until it is judged, and all its pictures."""

    summary: InspectionSummary
    evidence: Document | None
    signal_version: str | None
    digest: str | None
    pictures: tuple[PictureUsed, ...] = ()


@dataclass(frozen=True)
class Neighbours:
    """The inspections next to one: made just before, and just after."""

    previous: UUID | None
    next: UUID | None


def summary_of(row: Row[*tuple[Any, ...]]) -> InspectionSummary:
    """Return the value of a row that has the columns of `data.queries.inspections`."""
    found: Inspection = row.Inspection
    failed = found.state == "failed"
    error = Failure(found.error_code or "ENGINE_FAILED", found.error_detail or "") if failed else None
    reasons = row.reasons or ([{"code": error.code, "words": error.detail}] if error else [])
    return InspectionSummary(
        id=found.id,
        state=found.state,
        created_at=uuid7_time(found.id),
        captured_at=found.captured_at,
        finished_at=found.finished_at,
        verdict=NOT_JUDGED if failed else row.verdict,
        disposition="pending" if failed else row.disposition,
        reasons=tuple(reasons),
        score=row.score,
        confidence=row.confidence,
        recipe=recipe_used(row.RecipeVersion, row.recipe_name),
        image=image_of(row.Image, row.position),
        station=row.station,
        lot=row.lot,
        unit_serial=row.Unit.serial,
        attempt=found.attempt,
        file_name=found.file_name,
        error=error,
        unit=_unit(row.Unit),
        trigger_number=found.trigger_number,
    )


def _unit(unit: Unit) -> UnitUsed:
    return UnitUsed(unit.id, unit.serial, unit.carrier, unit.place_row, unit.place_column)


def recipe_used(version: RecipeVersion | None, name: str) -> RecipeUsed | None:
    """Return the recipe version of a row, and what its recipe is called; None where the row has none."""
    if version is None:
        return None
    return RecipeUsed(version.recipe_id, name, version.number, version.id, version.part_number)


def detail_of(row: Row[*tuple[Any, ...]], pictures: tuple[PictureUsed, ...]) -> InspectionDetail:
    """Return the value of a row that has the evidence too; its timings, kept outside the digest, are put back in."""
    if row.evidence is None:
        return InspectionDetail(summary_of(row), None, None, None, pictures)
    return InspectionDetail(
        summary=summary_of(row),
        evidence={**row.evidence, "seconds": row.seconds},
        signal_version=row.signal_version,
        digest=row.digest.hex(),
        pictures=pictures,
    )


def picture_of(place: InspectionImage, found: Image) -> PictureUsed:
    """Return the value of a picture's row and its place in an inspection."""
    return PictureUsed(image_of(found, place.position), place.lighting, place.region)


def image_of(found: Image, position: int = 0) -> ImageUsed:
    """Return the value of a picture's row."""
    return ImageUsed(
        id=found.id,
        address=found.address,
        media_type=found.media_type,
        width_px=found.width_px,
        height_px=found.height_px,
        byte_count=found.byte_count,
        thumbnail=found.thumbnail.hex() if found.thumbnail else None,
        position=position,
    )
