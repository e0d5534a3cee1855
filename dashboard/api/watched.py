"""The watched folder of a station: name it, let it rest, show it with what was refused last, watch it no more."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from core.naming import FIELDS, MAX_RULE
from dashboard.api.depends import WithServices
from dashboard.api.errors import documented
from dashboard.api.patterns import PRINTABLE
from dashboard.api.plant_doc import Reference
from dashboard.api.references import references
from dashboard.api.upload import MAX_NAME
from data.queries import plant, watched
from data.queries.watched import RefusedFile, Watch
from data.repositories.watched import Drop
from workers.composition import Services
from workers.watched_folders import forget_folder, name_folder

PATH = "/v1/stations/{station}/folder"
LONGEST_SETTLE_S = 3600.0

router = APIRouter(tags=["stations"])

_MISSING = documented("folder-not-watched", "place-not-found")
_NAMED = documented(
    "folder-unfit", "naming-invalid", "origin-refused", "place-not-found", "recipe-ambiguous",
    "recipe-not-published", "recipe-unknown",
)  # fmt: skip


class FolderIn(BaseModel):
    """What folder a station drops its pictures in, and how they are taken in."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=PRINTABLE)] = Field(
        description="An absolute path on the machine that watches."
    )
    naming: Annotated[str, StringConstraints(max_length=MAX_RULE)] = Field(
        "",
        description="How files are named, folders within included, without their ending, such as `{lot}_{serial}`; "
        f"fields: {', '.join(FIELDS)}, and `*` for anything. Empty: names say nothing.",
    )
    recipe: Annotated[str, StringConstraints(max_length=MAX_NAME, pattern=PRINTABLE)] = Field(
        "", description="A recipe's name or id, or a part number, for pictures without a started lot."
    )
    settle_s: Annotated[float, Field(gt=0, le=LONGEST_SETTLE_S)] = Field(
        2.0, description="Seconds for which a file must not have changed before it is taken."
    )
    active: bool = Field(default=True, description="False lets the folder rest.")
    elsewhere: bool = Field(
        default=False, description="The folder is on another machine, the one that watches; it is not looked for here."
    )


class RefusedFileView(BaseModel):
    """A file that was not taken in, and why; it lies in `refused` in the folder, with a note beside it."""

    name: str
    code: str
    detail: str
    refused_at: datetime

    @classmethod
    def of(cls, found: RefusedFile) -> Self:
        """Make it from what the query found."""
        return cls(**vars(found))


class FolderView(BaseModel):
    """A station's watched folder. `here` tells whether the machine that answers has it."""

    station: str
    station_id: UUID
    path: str
    naming: str
    recipe: str
    settle_s: float
    active: bool
    here: bool
    refused: list[RefusedFileView]


@router.put(
    PATH,
    operation_id="nameFolder",
    summary="Name the watched folder of a station",
    responses={201: {"model": FolderView, "description": "The station had no folder; it has one now."}, **_NAMED},
)
async def name(services: WithServices, response: Response, station: Reference, folder: FolderIn) -> FolderView:
    """Name the folder in place of the one there was, or the first (201); said again, it changes nothing."""
    drop = Drop(**folder.model_dump(exclude={"elsewhere"}))
    with references("station"):
        kept = await name_folder(services, station, drop, elsewhere=folder.elsewhere)
    if kept.new:
        response.status_code = 201
        response.headers["Location"] = PATH.format(station=kept.watch.station_id)
    return await _view(services, kept.watch)


@router.get(PATH, operation_id="getFolder", summary="Show the watched folder of a station", responses=_MISSING)
async def show(services: WithServices, station: Reference) -> FolderView:
    """Show the folder, and the files that were refused last."""
    async with services.database.session() as session:
        kept = await watched.watch(session, (await plant.station(session, station)).id)
    return await _view(services, kept)


@router.delete(
    PATH,
    operation_id="forgetFolder",
    summary="Watch a station's folder no more",
    status_code=204,
    responses={**_MISSING, **documented("origin-refused")},
)
async def forget(services: WithServices, station: Reference) -> None:
    """Watch it no more; what lies in it stays as it is."""
    await forget_folder(services, station)


async def _view(services: Services, kept: Watch) -> FolderView:
    async with services.database.session() as session:
        refused = await watched.refused(session, kept.station_id)
    return FolderView(
        station=kept.station,
        station_id=kept.station_id,
        **vars(kept.drop),
        here=await asyncio.to_thread(os.path.isdir, kept.drop.path),  # has an answer to any path, unlike Path.is_dir
        refused=[RefusedFileView.of(file) for file in refused],
    )
