"""The tables, one concept a file; `metadata` knows them all."""

from data.tables.base import MISSING, Base, Document
from data.tables.idempotency import IdempotencyKey
from data.tables.image import Image
from data.tables.inspection import FINAL_STATES, TRANSITIONS, Inspection, InspectionImage, InspectionState
from data.tables.outbox import QUEUE_STEPS, OutboxItem, QueuePlace, QueueStep
from data.tables.part import LOT_TRANSITIONS, Lot, LotMark, LotState, Unit
from data.tables.plant import Line, Site, Station, StationTriggers, WatchedFolder, WatchedRefusal
from data.tables.recipe import Recipe, RecipeVersion, VersionState
from data.tables.result import VERDICTS, Result
from data.tables.run import (
    ENDED_RUNS,
    FILE_TRANSITIONS,
    RETRYABLE,
    RUN_TRANSITIONS,
    SETTLEMENT,
    FileState,
    Run,
    RunFact,
    RunFile,
    RunState,
    RunStep,
    RunType,
)

metadata = Base.metadata

__all__ = [
    "ENDED_RUNS",
    "FILE_TRANSITIONS",
    "FINAL_STATES",
    "LOT_TRANSITIONS",
    "MISSING",
    "QUEUE_STEPS",
    "RETRYABLE",
    "RUN_TRANSITIONS",
    "SETTLEMENT",
    "TRANSITIONS",
    "VERDICTS",
    "Base",
    "Document",
    "FileState",
    "IdempotencyKey",
    "Image",
    "Inspection",
    "InspectionImage",
    "InspectionState",
    "Line",
    "Lot",
    "LotMark",
    "LotState",
    "OutboxItem",
    "QueuePlace",
    "QueueStep",
    "Recipe",
    "RecipeVersion",
    "Result",
    "Run",
    "RunFact",
    "RunFile",
    "RunState",
    "RunStep",
    "RunType",
    "Site",
    "Station",
    "StationTriggers",
    "Unit",
    "VersionState",
    "WatchedFolder",
    "WatchedRefusal",
    "metadata",
]
