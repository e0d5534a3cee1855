"""What the Runs page asks of the database, as the documents that its models take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from dashboard.api.previews import preview_url
from dashboard.api.run_schemas import RunFileView, RunView
from dashboard.moments import moment
from data.errors import NotFound
from data.queries import plant, recipes, runs
from data.queries.page import Page
from data.queries.run_view import FileRow, RunSummary
from data.queries.runs import RunFilter
from workers.composition import Services

View = dict[str, Any]
THUMB_PX = 128
MOST_NAMES = 500
"""Recipes, and stations, that a form offers."""


@dataclass(frozen=True)
class Found:
    """Some documents of a list, and where it goes on."""

    views: tuple[View, ...]
    cursor: str | None


@dataclass(frozen=True)
class Choices:
    """What a new run may be judged by, and where it may be taken."""

    recipes: tuple[View, ...]
    stations: tuple[str, ...]


class RunReads:
    """Reads of runs, over the services of this process."""

    def __init__(self, services: Services) -> None:
        self._database = services.database

    async def runs(self, wanted: Mapping[str, str], *, limit: int, cursor: str | None = None) -> Found:
        """Return runs newest first; `wanted` is as `dashboard.models.runs.wanted_runs` makes it."""
        async with self._database.session() as session:
            page = await runs.summaries(session, _filter(wanted), limit=limit, cursor=cursor)
        return Found(tuple(_run(item) for item in page.items), page.next_cursor)

    async def run(self, run_id: str) -> View | None:
        """Return one run; None: there is none of this id."""
        async with self._database.session() as session:
            try:
                return _run(await runs.summary(session, UUID(run_id)))
            except (NotFound, ValueError):
                return None

    async def files(self, run_id: str, *, state: str = "", limit: int, cursor: str | None = None) -> Found:
        """Return the files of a run, as they came; of one that is gone, none."""
        async with self._database.session() as session:
            try:
                page = await runs.files(session, UUID(run_id), state=state or None, limit=limit, cursor=cursor)  # type: ignore[arg-type]
            except NotFound:
                return Found((), None)
        return _files(page, run_id)

    async def choices(self) -> Choices:
        """Return the published recipes, and the stations in the order of their names."""
        async with self._database.session() as session:
            known = await recipes.page(session, limit=MOST_NAMES)
            places = await plant.stations_by_name(session, plant.ALL, MOST_NAMES)
        published = tuple({"id": str(item.id), "name": item.name} for item in known.items if item.published is not None)
        return Choices(published, tuple(place.name for place in places))


def _filter(wanted: Mapping[str, str]) -> RunFilter:
    times = {name: moment(wanted[name]) for name in ("since", "until") if name in wanted}
    return RunFilter(**{**wanted, **times})  # type: ignore[arg-type]


def _run(found: RunSummary) -> View:
    return {**RunView.of(found).model_dump(mode="json"), "caller": found.caller}


def _files(page: Page[FileRow], run_id: str) -> Found:
    return Found(tuple(_file(item, run_id) for item in page.items), page.next_cursor)


def _file(found: FileRow, run_id: str) -> View:
    made = found.inspection_id
    return {
        **RunFileView.of(found).model_dump(mode="json"),
        "inspection_id": str(made) if made else None,
        "run_id": run_id,
        "thumb": preview_url(made, THUMB_PX) if made else "",
    }
