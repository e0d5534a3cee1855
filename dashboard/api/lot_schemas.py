"""What the API answers with and takes about lots and units."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from dashboard.api.paging import ListView
from dashboard.api.patterns import SOME_TEXT, TEXT
from dashboard.api.schemas import EXAMPLE_ID, InspectionSummaryView, RecipeRef
from dashboard.api.upload import Word
from data.queries.lots import LotDetail, LotSummary
from data.queries.units import UnitDetail, UnitSummary
from data.tables import LotState

START_EXAMPLE: JsonDict = {
    "code": "L2047",
    "station": "bench",
    "recipe": "74LS00 DIP-14",
    "texts": {"date": "2431", "lot": "AB12C"},
}
LOT_EXAMPLE: JsonDict = {
    "id": EXAMPLE_ID,
    "code": "L2047",
    "state": "open",
    "station": "bench",
    "recipe": {"id": EXAMPLE_ID, "name": "74LS00 DIP-14", "version": 2, "part_number": "SN74LS00N"},
    "recipe_version": EXAMPLE_ID,
    "texts": {"date": "2431", "lot": "AB12C"},
    "reason": "",
    "created_at": "2026-11-20T09:30:00.125000Z",
    "started_at": "2026-11-20T09:30:00.125000Z",
    "closed_at": None,
    "url": f"/v1/lots/{EXAMPLE_ID}",
}
COUNTED_EXAMPLE: JsonDict = {
    **LOT_EXAMPLE,
    "units": 2,
    "inspections": 3,
    "verdicts": {"pass": 2, "waiting": 1},
    "marks": [{"expected": "{lot:X5}", "text": "AB12C", "units": 2}],
}


class LotStartBody(BaseModel):
    """What a lot is started with. Its parts are judged by the recipe version in force now, or by the one named."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [START_EXAMPLE]})

    code: Annotated[Word, Field(description="The code that travels with the lot.")]
    station: Annotated[Word | None, Field(description="Where it is inspected; left out: anywhere.")] = None
    recipe: Annotated[Word | None, Field(description="A recipe's name or id, or a part number.")] = None
    recipe_version: Annotated[UUID | None, Field(description="One published version's id.")] = None
    texts: Annotated[
        dict[str, Any],
        Field(description="What its marks must say: `date` (YYWW), `lot`, `trace`; each needs a place in the recipe."),
    ] = {}


class LotChange(BaseModel):
    """What is to be otherwise about a lot for which nothing came; what is left out stays, null is none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"texts": {"date": "2432"}}]})

    station: Word | None = None
    recipe: Word | None = None
    recipe_version: UUID | None = None
    texts: dict[str, Any] = {}


class ReasonBody(BaseModel):
    """Why a lot is held, released or closed."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=SOME_TEXT)]


class ClosingBody(BaseModel):
    """Why a lot is closed; may be left out."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=2000, pattern=TEXT)] = ""


class LotSummaryView(BaseModel):
    """A lot as lists show it; `started_at` is null for one that pictures merely named, which binds nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [LOT_EXAMPLE]})

    id: UUID
    code: str
    state: LotState
    station: str | None
    recipe: RecipeRef | None
    recipe_version: UUID | None
    texts: dict[str, str]
    reason: str
    created_at: datetime
    started_at: datetime | None
    closed_at: datetime | None
    url: str

    @classmethod
    def of(cls, found: LotSummary) -> Self:
        """Make it from what the query found."""
        return cls(**_lot(found))


class MarkView(BaseModel):
    """How many units say `text` where `expected`, a line of the recipe, leaves it open."""

    expected: str
    text: str
    units: int


class LotView(LotSummaryView):
    """A lot with what became of its parts: inspections by verdict.

    Without a verdict they are `waiting`, `errors` (failed, and can be tried again) or `cancelled`.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [COUNTED_EXAMPLE]})

    units: int
    inspections: int
    verdicts: dict[str, int]
    marks: list[MarkView]

    @classmethod
    def with_counts(cls, found: LotDetail) -> Self:
        """Make it from what the query found."""
        marks = [MarkView(**vars(mark)) for mark in found.marks]
        counts = {"units": found.units, "inspections": found.inspections, "verdicts": found.verdicts}
        return cls(**_lot(found.summary), **counts, marks=marks)


class LotPage(ListView[LotSummaryView]):
    """Some lots, the newest first, and the cursor of those that follow, or null at the end."""


class UnitSummaryView(BaseModel):
    """A unit as lists show it: known by its serial, by its place in a carrier, or by neither (a loose part)."""

    id: UUID
    lot: str | None
    serial: str | None
    carrier: str | None
    row: int | None
    column: int | None
    attempts: int
    created_at: datetime
    url: str

    @classmethod
    def of(cls, found: UnitSummary) -> Self:
        """Make it from what the query found."""
        return cls(**vars(found), url=f"/v1/units/{found.id}")


class UnitView(UnitSummaryView):
    """A unit with the inspections of it, the newest first."""

    inspections: list[InspectionSummaryView]

    @classmethod
    def with_inspections(cls, found: UnitDetail) -> Self:
        """Make it from what the query found."""
        items = [InspectionSummaryView.of(item) for item in found.inspections]
        return cls(**vars(found.summary), url=f"/v1/units/{found.summary.id}", inspections=items)


class UnitPage(ListView[UnitSummaryView]):
    """Some units, the newest first, and the cursor of those that follow, or null at the end."""


def _lot(found: LotSummary) -> dict[str, Any]:
    plain = ("id", "code", "state", "station", "texts", "reason", "created_at", "started_at", "closed_at")
    return {
        **{name: getattr(found, name) for name in plain},
        "recipe": RecipeRef.of(found.recipe),
        "recipe_version": found.recipe.version_id if found.recipe else None,
        "url": f"/v1/lots/{found.id}",
    }
