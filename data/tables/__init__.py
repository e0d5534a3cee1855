"""The tables, one concept a file; `metadata` knows them all."""

from data.tables.base import MISSING, Base, Document
from data.tables.figures import EARLIER, Figure, Process
from data.tables.idempotency import IdempotencyKey
from data.tables.image import Image
from data.tables.inspection import FINAL_STATES, TRANSITIONS, Inspection, InspectionImage, InspectionState
from data.tables.outbox import QUEUE_STEPS, OutboxItem, QueuePlace, QueueStep
from data.tables.part import LOT_TRANSITIONS, Lot, LotMark, LotState, Unit
from data.tables.people import (
    MOST_PREFERENCES,
    UNATTENDED,
    Invitation,
    Preferences,
    SignIn,
    SignInFailure,
    Token,
    User,
)
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
    "EARLIER",
    "ENDED_RUNS",
    "FILE_TRANSITIONS",
    "FINAL_STATES",
    "LOT_TRANSITIONS",
    "MISSING",
    "MOST_PREFERENCES",
    "QUEUE_STEPS",
    "RETRYABLE",
    "RUN_TRANSITIONS",
    "SETTLEMENT",
    "TRANSITIONS",
    "UNATTENDED",
    "VERDICTS",
    "Base",
    "Document",
    "Figure",
    "FileState",
    "IdempotencyKey",
    "Image",
    "Inspection",
    "InspectionImage",
    "InspectionState",
    "Invitation",
    "Line",
    "Lot",
    "LotMark",
    "LotState",
    "OutboxItem",
    "Preferences",
    "Process",
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
    "SignIn",
    "SignInFailure",
    "Site",
    "Station",
    "StationTriggers",
    "Token",
    "Unit",
    "User",
    "VersionState",
    "WatchedFolder",
    "WatchedRefusal",
    "metadata",
]
