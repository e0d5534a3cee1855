"""Writes sites, lines and stations."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import NotFound
from data.tables import Line, Site, Station

DEFAULT_NAME = "bench"
"""The site, line and station of whoever has not described a plant."""


class Plant:
    """The plant as it is written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def station_id(self, name: str | None) -> UUID:
        """Return the id of the station called `name`, or of the default one, which is made if it is not there.

        Raises:
            NotFound: no station has that name.
        """
        wanted = name or DEFAULT_NAME
        found = await self._session.scalar(select(Station.id).where(Station.name == wanted))
        if found is None and wanted != DEFAULT_NAME:
            raise NotFound("station", wanted)
        return found or await self.add_station(wanted, line=DEFAULT_NAME, site=DEFAULT_NAME)

    async def add_station(self, name: str, *, line: str, site: str) -> UUID:
        """Return the id of a station; it, its line and its site are made where they are missing."""
        site_id = await self._site_id(site)
        line_id = await self._line_id(site_id, line)
        row = {"id": self._new_id(), "line_id": line_id, "name": name}
        await self._session.execute(insert(Station).values(row).on_conflict_do_nothing(index_elements=["name"]))
        return (await self._session.scalars(select(Station.id).where(Station.name == name))).one()

    async def _site_id(self, name: str) -> UUID:
        row = {"id": self._new_id(), "name": name}
        await self._session.execute(insert(Site).values(row).on_conflict_do_nothing(index_elements=["name"]))
        return (await self._session.scalars(select(Site.id).where(Site.name == name))).one()

    async def _line_id(self, site_id: UUID, name: str) -> UUID:
        row = {"id": self._new_id(), "site_id": site_id, "name": name}
        await self._session.execute(insert(Line).values(row).on_conflict_do_nothing(index_elements=["site_id", "name"]))
        return (await self._session.scalars(select(Line.id).where(Line.site_id == site_id, Line.name == name))).one()
