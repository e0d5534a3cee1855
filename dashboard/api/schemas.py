"""What the API answers with and takes, as documents; `of` makes each from the values that queries return.

Scores beside the evidence are shares, 0..1, and null where nothing was measured; in the evidence they stay the
ten-thousandths in which they are stored, so that its digest can be checked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from dashboard.api.paging import ListView
from data.queries.inspection_view import ImageUsed, InspectionDetail, InspectionSummary, PictureUsed, RecipeUsed
from data.queries.recipes import RecipeDetail, RecipeSummary, VersionView
from data.tables import InspectionState

ONE = 10_000
"""A stored score of 1."""

Verdict = Literal["pass", "fail", "borderline", "not_judged"]

EXAMPLE_ID = "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"
INSPECTION_EXAMPLE: JsonDict = {
    "id": EXAMPLE_ID,
    "state": "done",
    "created_at": "2026-11-20T09:30:00.125000Z",
    "captured_at": "2026-11-20T09:30:00.125000Z",
    "finished_at": "2026-11-20T09:30:00.310000Z",
    "verdict": "pass",
    "disposition": "accepted",
    "reasons": [{"code": "UNVERIFIED", "words": "2019 is matched by the pattern {YYWW} only."}],
    "score": 0.9312,
    "confidence": 0.41,
    "recipe": {
        "id": "0199c2f0-1111-7abc-8def-0123456789ab",
        "name": "74LS00 DIP-14",
        "version": 2,
        "part_number": "SN74LS00N",
    },
    "image": {
        "id": "0199c2f4-6a4f-7b1a-a111-8f0e6d5c4b3a",
        "media_type": "image/jpeg",
        "width_px": 1280,
        "height_px": 960,
        "bytes": 184233,
        "url": f"/v1/inspections/{EXAMPLE_ID}/image",
        "position": 0,
    },
    "station": "bench",
    "lot": "L2047",
    "unit_serial": "L2047-0031",
    "attempt": 1,
    "file_name": "part.jpg",
    "error": None,
    "url": f"/v1/inspections/{EXAMPLE_ID}",
    "unit_id": "0199c2f4-6a4e-7d1c-8222-1a2b3c4d5e6f",
    "carrier": None,
    "row": None,
    "column": None,
    "trigger_number": None,
}
JUDGED_EXAMPLE: JsonDict = {
    **INSPECTION_EXAMPLE,
    "evidence": {"schema": 1},
    "signal_version": "ppocr:ppocr:det-2f1c5a9be07d:rec-8b21d0437fe1:prep-2;ocv2",
    "digest": "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea",
    "pictures": [],
}


class Reason(BaseModel):
    """Why a verdict was given: a stable code, and words."""

    code: str
    words: str


class Failure(BaseModel):
    """Why an inspection has no result."""

    code: str
    detail: str


class RecipeRef(BaseModel):
    """The recipe version that judges, or judged, an inspection."""

    id: UUID
    name: str
    version: int | None
    part_number: str

    @classmethod
    def of(cls, used: RecipeUsed | None) -> Self | None:
        """Make it from what the query found."""
        if used is None:
            return None
        return cls(id=used.id, name=used.name, version=used.version, part_number=used.part_number)


class ImageRef(BaseModel):
    """The picture of an inspection, and where it is served; `id` is null while the inspection is spooled."""

    id: UUID | None
    media_type: str
    width_px: int
    height_px: int
    bytes: int
    url: str
    position: int = 0

    @classmethod
    def of(cls, used: ImageUsed, inspection_id: UUID) -> Self:
        """Make it from what the query found."""
        return cls(
            id=used.id,
            media_type=used.media_type,
            width_px=used.width_px,
            height_px=used.height_px,
            bytes=used.byte_count,
            url=f"/v1/inspections/{inspection_id}/image" + (f"?position={used.position}" if used.position else ""),
            position=used.position,
        )


class PictureView(ImageRef):
    """One of an inspection's pictures: how it was lit, and the four corners of the unit in it, null: all of it."""

    lighting: str | None
    region: list[list[float]] | None

    @classmethod
    def of_picture(cls, used: PictureUsed, inspection_id: UUID) -> Self:
        """Make it from what the query found."""
        region = used.region["quad"] if used.region else None
        return cls(**ImageRef.of(used.image, inspection_id).model_dump(), lighting=used.lighting, region=region)


Share = Annotated[float | None, Field(ge=0, le=1)]


class InspectionSummaryView(BaseModel):
    """An inspection as lists show it."""

    model_config = ConfigDict(json_schema_extra={"examples": [INSPECTION_EXAMPLE]})

    id: UUID
    state: InspectionState
    created_at: datetime
    captured_at: datetime
    finished_at: datetime | None
    verdict: Verdict | None
    disposition: str | None
    reasons: list[Reason]
    score: Share
    confidence: Share
    recipe: RecipeRef | None
    image: ImageRef
    station: str
    lot: str | None
    unit_serial: str | None
    attempt: int
    file_name: str | None
    error: Failure | None
    url: str
    unit_id: UUID | None = None
    carrier: str | None = None
    row: int | None = None
    column: int | None = None
    trigger_number: int | None = None

    @classmethod
    def of(cls, found: InspectionSummary) -> Self:
        """Make it from what the query found."""
        return cls(**_summary(found))


class InspectionView(InspectionSummaryView):
    """An inspection with its evidence, which is null until it is judged."""

    model_config = ConfigDict(json_schema_extra={"examples": [JUDGED_EXAMPLE]})

    evidence: dict[str, Any] | None
    signal_version: str | None
    digest: str | None
    pictures: list[PictureView] = []

    @classmethod
    def with_evidence(cls, found: InspectionDetail) -> Self:
        """Make it from what the query found."""
        own = {"evidence": found.evidence, "signal_version": found.signal_version, "digest": found.digest}
        pictures = [PictureView.of_picture(one, found.summary.id) for one in found.pictures]
        return cls(**_summary(found.summary), **own, pictures=pictures)


def _summary(found: InspectionSummary) -> dict[str, Any]:
    plain = ("id", "state", "created_at", "captured_at", "finished_at", "verdict", "disposition", "station", "lot")
    error = None if found.error is None else {"code": found.error.code, "detail": found.error.detail}
    return {
        **{name: getattr(found, name) for name in (*plain, "unit_serial", "attempt", "file_name")},
        "reasons": found.reasons,
        "score": _share(found.score),
        "confidence": _share(found.confidence),
        "recipe": RecipeRef.of(found.recipe),
        "image": ImageRef.of(found.image, found.id),
        "error": error,
        "url": f"/v1/inspections/{found.id}",
        "unit_id": found.unit.id,
        **{name: getattr(found.unit, name) for name in ("carrier", "row", "column")},
        "trigger_number": found.trigger_number,
    }


def _share(stored: int | None) -> float | None:
    return None if stored is None or stored < 0 else stored / ONE


class InspectionPage(ListView[InspectionSummaryView]):
    """Some inspections, the newest first, and the cursor of those that follow, or null at the end."""


class RecipeSummaryView(BaseModel):
    """A recipe as lists show it; `published` is the version in force, null before the first."""

    id: UUID
    name: str
    part_number: str
    manufacturer: str
    published: int | None
    has_draft: bool
    url: str

    @classmethod
    def of(cls, found: RecipeSummary) -> Self:
        """Make it from what the query found."""
        names = ("id", "name", "part_number", "manufacturer", "published", "has_draft")
        return cls(**{name: getattr(found, name) for name in names}, url=f"/v1/recipes/{found.id}")


class RecipePage(ListView[RecipeSummaryView]):
    """Some recipes, the newest first, and the cursor of those that follow, or null at the end."""


class RecipeVersionView(BaseModel):
    """One version of a recipe; `number` is null for the draft, which alone can still change."""

    id: UUID
    number: int | None
    state: Literal["draft", "published"]
    revision: int
    part_number: str
    manufacturer: str
    comment: str
    saved_at: datetime
    published_at: datetime | None
    document: dict[str, Any]

    @classmethod
    def of(cls, found: VersionView) -> Self:
        """Make it from what the query found."""
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class RecipeView(BaseModel):
    """A recipe with all its versions: the draft first, then the newest."""

    id: UUID
    name: str
    published: int | None
    versions: list[RecipeVersionView]
    url: str

    @classmethod
    def of(cls, found: RecipeDetail) -> Self:
        """Make it from what the query found."""
        return cls(
            id=found.id,
            name=found.name,
            published=found.published.number if found.published else None,
            versions=[RecipeVersionView.of(version) for version in found.versions],
            url=f"/v1/recipes/{found.id}",
        )


class ProblemView(BaseModel):
    """A problem document (RFC 9457); `type` leads to a page about this kind, `remedy` says what to do about it."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    remedy: str
    instance: str
    request_id: str
