"""What the pages ask of the database, as the documents that their models take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from dashboard.api.previews import preview_url, shown_url
from dashboard.api.schemas import InspectionSummaryView, InspectionView
from data.errors import NotFound
from data.queries import inspections, recipes
from data.queries.inspection_view import InspectionSummary
from data.queries.inspections import InspectionFilter
from data.queries.marks import Mark, marks
from workers.composition import Services

View = dict[str, Any]
THUMB_PX = 640
"""Wide enough that the package alone still fills a thumbnail."""


@dataclass(frozen=True)
class Results:
    """Some results newest first, and where older ones go on."""

    views: tuple[View, ...]
    cursor: str | None


class PageReads:
    """Reads for pages, over the services of this process."""

    def __init__(self, services: Services) -> None:
        self._database = services.database

    async def results(self, *, verdict: str = "", find: str = "", run: str = "", cursor: str | None = None) -> Results:
        """Return results newest first, with the mark that was read."""
        async with self._database.session() as session:
            page = await inspections.page(session, _wanted(verdict, find, run), cursor=cursor)
            read = await marks(session, [item.id for item in page.items])
        return Results(tuple(_summary(item, read.get(item.id)) for item in page.items), page.next_cursor)

    async def inspection(self, inspection_id: str) -> tuple[View, Mapping[str, Any] | None] | None:
        """Return an inspection with its evidence, and the recipe document that judged it; None: there is none."""
        async with self._database.session(planned_once=True) as session:
            try:
                found = await inspections.detail(session, UUID(inspection_id))
            except (NotFound, ValueError):
                return None
            recipe = await _document(session, found.summary.recipe.version_id if found.summary.recipe else None)
        view = InspectionView.with_evidence(found).model_dump(mode="json")
        image = view["image"]
        image["url"] = shown_url(image["url"], image["media_type"], view["id"], image["position"])
        return view, recipe

    async def neighbours(
        self, inspection_id: str, *, verdict: str = "", find: str = "", run: str = ""
    ) -> tuple[str, str]:
        """Return the ids of the newer and the older inspection, among the results of that verdict, search and run."""
        async with self._database.session() as session:
            found = await inspections.neighbours(session, UUID(inspection_id), _wanted(verdict, find, run))
        return str(found.next or ""), str(found.previous or "")

    async def recipes(self) -> list[View]:
        """Return the published recipes."""
        async with self._database.session() as session:
            page = await recipes.page(session, limit=500)
        return [{"id": str(item.id), "name": item.name} for item in page.items if item.published is not None]


def _wanted(verdict: str, find: str, run: str) -> InspectionFilter:
    return InspectionFilter(verdict=verdict or None, find=find or None, run=UUID(run) if run else None)


def _summary(found: InspectionSummary, mark: Mark | None) -> View:
    view = InspectionSummaryView.of(found).model_dump(mode="json")
    view["thumb"] = preview_url(found.id, THUMB_PX, found.image.position)
    if mark is None:
        return view
    lines = [{"text": line} for line in mark.lines]
    return {**view, "evidence": {"lines": lines, "outline": mark.outline, "rotation_ccw_deg": mark.rotation_ccw_deg}}


async def _document(session: AsyncSession, version_id: UUID | None) -> Mapping[str, Any] | None:
    return None if version_id is None else (await recipes.version(session, version_id)).document
