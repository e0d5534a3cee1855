"""The tables, one concept a file; `metadata` knows them all."""

from data.tables.base import MISSING, Base, Document
from data.tables.idempotency import IdempotencyKey
from data.tables.image import Image
from data.tables.inspection import FINAL_STATES, TRANSITIONS, Inspection, InspectionImage, InspectionState
from data.tables.outbox import OutboxItem
from data.tables.part import Lot, LotState, Unit
from data.tables.plant import Line, Site, Station
from data.tables.recipe import Recipe, RecipeVersion, VersionState
from data.tables.result import VERDICTS, Result

metadata = Base.metadata

__all__ = [
    "FINAL_STATES",
    "MISSING",
    "TRANSITIONS",
    "VERDICTS",
    "Base",
    "Document",
    "IdempotencyKey",
    "Image",
    "Inspection",
    "InspectionImage",
    "InspectionState",
    "Line",
    "Lot",
    "LotState",
    "OutboxItem",
    "Recipe",
    "RecipeVersion",
    "Result",
    "Site",
    "Station",
    "Unit",
    "VersionState",
    "metadata",
]
