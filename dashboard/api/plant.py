"""Sites, lines and stations: list, show, add, rename, move, delete. One is named by its id or by its name.

Who sends `If-Match` with the `ETag` that was read changes only what is still so; who does not, writes over what others
have written meanwhile: the last one wins. What something hangs on is not deleted, and the answer says what does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from dashboard.api import plant_doc
from dashboard.api.depends import WithServices
from dashboard.api.plant_doc import IfMatch, Reference
from dashboard.api.plant_views import LinePage, LineView, SitePage, SiteView, StationPage, StationView
from dashboard.api.references import references
from data.queries import plant
from data.queries.plant import PlaceFilter
from data.repositories.plant import LEVELS, PlaceKind
from workers.composition import Services

router = APIRouter(prefix="/v1", tags=["plant"])

Found = TypeVar("Found", plant.SiteView, plant.LineView, plant.StationView)
View = TypeVar("View", SiteView, LineView, StationView)


@dataclass(frozen=True)
class Kind(Generic[Found, View]):
    """One kind of place: how it is read, by its id or name, and how it is answered with."""

    name: PlaceKind
    read: Callable[[AsyncSession, str], Awaitable[Found]]
    view: Callable[[Found], View]


SITE = Kind("site", plant.site, SiteView.of)
LINE = Kind("line", plant.line, LineView.of)
STATION = Kind("station", plant.station, StationView.of)


@router.get("/sites", operation_id="listSites", summary="List sites, the newest first", responses=plant_doc.LISTED)
async def list_sites(services: WithServices, listed: Annotated[plant_doc.Listed, Query()]) -> SitePage:
    """List sites with how many lines and stations each has; `next_cursor` leads on."""
    async with services.database.session() as session:
        wanted = await _filter(session, listed)
        page = await plant.sites(session, wanted, cursor=listed.cursor, limit=listed.limit)
    return SitePage.of(page, SiteView.of)


@router.post("/sites", operation_id="createSite", summary="Add a site", status_code=201, responses=plant_doc.MADE)
async def create_site(services: WithServices, response: Response, said: plant_doc.NewSite) -> SiteView:
    """Add a site. One sent twice is refused the second time, with the id of the one that is there."""
    return await _made(services, response, SITE, said)


@router.get("/sites/{site}", operation_id="getSite", summary="Show a site", responses=plant_doc.SHOWN)
async def get_site(services: WithServices, response: Response, site: Reference) -> SiteView:
    """Show a site by its id or name."""
    return await _shown(services, response, SITE, site)


@router.patch(
    "/sites/{site}", operation_id="changeSite", summary="Rename a site, or move its clock", responses=plant_doc.CHANGED
)
async def change_site(
    services: WithServices,
    response: Response,
    site: Reference,
    said: plant_doc.SiteChange,
    if_match: IfMatch = None,
) -> SiteView:
    """Change what is said of a site; what is left out stays."""
    id_ = await _change(services, "site", site, said, if_match)
    return await _shown(services, response, SITE, id_)


@router.delete(
    "/sites/{site}",
    operation_id="deleteSite",
    summary="Delete a site without lines",
    status_code=204,
    responses=plant_doc.REMOVED,
)
async def delete_site(services: WithServices, site: Reference, if_match: IfMatch = None) -> None:
    """Delete a site on which nothing hangs."""
    await _remove(services, "site", site, if_match)


@router.get("/lines", operation_id="listLines", summary="List lines, the newest first", responses=plant_doc.LISTED)
async def list_lines(services: WithServices, listed: Annotated[plant_doc.ListedLines, Query()]) -> LinePage:
    """List lines with how many stations each has; `next_cursor` leads on."""
    async with services.database.session() as session:
        wanted = await _filter(session, listed)
        page = await plant.lines(session, wanted, cursor=listed.cursor, limit=listed.limit)
    return LinePage.of(page, LineView.of)


@router.post(
    "/lines", operation_id="createLine", summary="Add a line to a site", status_code=201, responses=plant_doc.MADE
)
async def create_line(services: WithServices, response: Response, said: plant_doc.NewLine) -> LineView:
    """Add a line. One sent twice is refused the second time, with the id of the one that is there."""
    return await _made(services, response, LINE, said)


@router.get("/lines/{line}", operation_id="getLine", summary="Show a line", responses=plant_doc.SHOWN)
async def get_line(services: WithServices, response: Response, line: Reference) -> LineView:
    """Show a line by its id, or by its name if only one site has a line of that name."""
    return await _shown(services, response, LINE, line)


@router.patch("/lines/{line}", operation_id="changeLine", summary="Rename or move a line", responses=plant_doc.CHANGED)
async def change_line(
    services: WithServices,
    response: Response,
    line: Reference,
    said: plant_doc.LineChange,
    if_match: IfMatch = None,
) -> LineView:
    """Change what is said of a line; another site moves it there with its stations."""
    id_ = await _change(services, "line", line, said, if_match)
    return await _shown(services, response, LINE, id_)


@router.delete(
    "/lines/{line}",
    operation_id="deleteLine",
    summary="Delete a line without stations",
    status_code=204,
    responses=plant_doc.REMOVED,
)
async def delete_line(services: WithServices, line: Reference, if_match: IfMatch = None) -> None:
    """Delete a line on which nothing hangs."""
    await _remove(services, "line", line, if_match)


@router.get(
    "/stations", operation_id="listStations", summary="List stations, the newest first", responses=plant_doc.LISTED
)
async def list_stations(services: WithServices, listed: Annotated[plant_doc.ListedStations, Query()]) -> StationPage:
    """List stations with their current lot; `next_cursor` leads on."""
    async with services.database.session() as session:
        wanted = await _filter(session, listed)
        page = await plant.stations(session, wanted, cursor=listed.cursor, limit=listed.limit)
    return StationPage.of(page, StationView.of)


@router.post(
    "/stations",
    operation_id="createStation",
    summary="Add a station to a line",
    status_code=201,
    responses=plant_doc.MADE,
)
async def create_station(services: WithServices, response: Response, said: plant_doc.NewStation) -> StationView:
    """Add a station. One sent twice is refused the second time, with the id of the one that is there."""
    return await _made(services, response, STATION, said)


@router.get("/stations/{station}", operation_id="getStation", summary="Show a station", responses=plant_doc.SHOWN)
async def get_station(services: WithServices, response: Response, station: Reference) -> StationView:
    """Show a station by its id or name, with its current lot."""
    return await _shown(services, response, STATION, station)


@router.patch(
    "/stations/{station}",
    operation_id="changeStation",
    summary="Rename or move a station",
    responses=plant_doc.CHANGED,
)
async def change_station(
    services: WithServices,
    response: Response,
    station: Reference,
    said: plant_doc.StationChange,
    if_match: IfMatch = None,
) -> StationView:
    """Change what is said of a station; what was inspected there stays with it. Machines send its new name then."""
    id_ = await _change(services, "station", station, said, if_match)
    return await _shown(services, response, STATION, id_)


@router.delete(
    "/stations/{station}",
    operation_id="deleteStation",
    summary="Delete a station where nothing was inspected",
    status_code=204,
    responses=plant_doc.REMOVED,
)
async def delete_station(services: WithServices, station: Reference, if_match: IfMatch = None) -> None:
    """Delete a station on which nothing hangs."""
    await _remove(services, "station", station, if_match)


async def _shown(services: Services, response: Response, kind: Kind[Found, View], reference: str) -> View:
    async with services.database.session() as session:
        found = await kind.read(session, reference)
    response.headers["ETag"] = f'"{found.tag}"'
    response.headers["Cache-Control"] = "no-cache"
    return kind.view(found)


async def _made(services: Services, response: Response, kind: Kind[Found, View], said: BaseModel) -> View:
    async with services.database.unit_of_work() as work:
        id_ = await work.plant.add(kind.name, await _referred(work.session, kind.name, said.model_dump()))
        await work.commit()
    view = await _shown(services, response, kind, str(id_))
    response.headers["Location"] = view.url
    return view


async def _change(services: Services, kind: PlaceKind, reference: str, said: BaseModel, if_match: str | None) -> str:
    tag = plant_doc.tag(if_match)
    async with services.database.unit_of_work() as work:
        id_ = await plant.called(work.session, kind, reference)
        await work.plant.change(
            kind, id_, await _referred(work.session, kind, said.model_dump(exclude_unset=True)), tag=tag
        )
        await work.commit()
    return str(id_)


async def _remove(services: Services, kind: PlaceKind, reference: str, if_match: str | None) -> None:
    tag = plant_doc.tag(if_match)
    async with services.database.unit_of_work() as work:
        await work.plant.remove(kind, await plant.called(work.session, kind, reference), tag=tag)
        await work.commit()


async def _referred(session: AsyncSession, kind: PlaceKind, said: dict[str, Any]) -> dict[str, Any]:
    """Return what is said with the id of the place it is to lie in, instead of that place's id or name."""
    within = LEVELS[kind].within
    if within is None or within not in said:
        return said
    own = {name: value for name, value in said.items() if name != within}
    return {**own, f"{within}_id": await _known(session, within, said[within])}


async def _filter(session: AsyncSession, listed: plant_doc.Listed) -> PlaceFilter:
    chosen = {
        f"{kind}_id": await _known(session, kind, reference)
        for kind in LEVELS
        if (reference := getattr(listed, kind, None)) is not None
    }
    return PlaceFilter(find=listed.find, **chosen)


async def _known(session: AsyncSession, kind: PlaceKind, reference: str) -> UUID:
    with references():
        return await plant.called(session, kind, reference)
