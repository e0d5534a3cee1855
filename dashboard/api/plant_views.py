"""Sites, lines and stations as the API answers with them."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from dashboard.api.paging import ListView
from dashboard.api.schemas import EXAMPLE_ID
from data.queries import plant
from data.tables import LotState


class PlaceRef(BaseModel):
    """The place that another lies in."""

    id: UUID
    name: str


class SiteView(BaseModel):
    """A plant; `time_zone` is a name of the tz database."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": EXAMPLE_ID,
                    "name": "North",
                    "time_zone": "Europe/Berlin",
                    "lines": 2,
                    "stations": 5,
                    "url": f"/v1/sites/{EXAMPLE_ID}",
                }
            ]
        }
    )

    id: UUID
    name: str
    time_zone: str
    lines: int
    stations: int
    url: str

    @classmethod
    def of(cls, found: plant.SiteView) -> Self:
        """Make it from what the query found."""
        told = {name: getattr(found, name) for name in ("id", "name", "time_zone", "lines", "stations")}
        return cls(**told, url=f"/v1/sites/{found.id}")


class LineView(BaseModel):
    """A production line of a site."""

    id: UUID
    name: str
    site: PlaceRef
    stations: int
    url: str

    @classmethod
    def of(cls, found: plant.LineView) -> Self:
        """Make it from what the query found."""
        site = PlaceRef(id=found.site_id, name=found.site)
        return cls(id=found.id, name=found.name, site=site, stations=found.stations, url=f"/v1/lines/{found.id}")


class CurrentLot(BaseModel):
    """The lot that was started last at a station and is not closed."""

    code: str
    state: LotState


class StationView(BaseModel):
    """Where pictures are taken; machines send its name. `watched` says whether its drop folder is watched."""

    id: UUID
    name: str
    line: PlaceRef
    site: PlaceRef
    lot: CurrentLot | None
    watched: bool
    url: str

    @classmethod
    def of(cls, found: plant.StationView) -> Self:
        """Make it from what the query found."""
        lot = (
            None if found.lot is None or found.lot_state is None else CurrentLot(code=found.lot, state=found.lot_state)
        )
        return cls(
            id=found.id,
            name=found.name,
            line=PlaceRef(id=found.line_id, name=found.line),
            site=PlaceRef(id=found.site_id, name=found.site),
            lot=lot,
            watched=found.watched,
            url=f"/v1/stations/{found.id}",
        )


class SitePage(ListView[SiteView]):
    """Some sites, the newest first, and the cursor of those that follow, or null at the end."""


class LinePage(ListView[LineView]):
    """Some lines, the newest first, and the cursor of those that follow, or null at the end."""


class StationPage(ListView[StationView]):
    """Some stations, the newest first, and the cursor of those that follow, or null at the end."""
