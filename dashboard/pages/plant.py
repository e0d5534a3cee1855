"""The Plant page: its models, its cells, and what keeps them up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from panel.viewable import Viewable

from dashboard.cells.address import AddressLine
from dashboard.cells.asking import AskingDialog
from dashboard.cells.lots import LotTable, UnitTable
from dashboard.cells.plant import Places, StationFacts
from dashboard.cells.trail import Trail
from dashboard.models.asking import AskingModel
from dashboard.models.lots import LotsModel, UnitsModel, known_state
from dashboard.models.plant import PlantModel, StationModel, open_at_first, open_lines
from dashboard.models.results import searched
from dashboard.models.trail import TrailModel
from dashboard.page_user import rights
from dashboard.pages.away import LOOKS, while_away
from dashboard.pages.context import PageContext
from dashboard.pages.following import look_on
from dashboard.pages.life import arguments, draw, while_open
from dashboard.pages.lot_acts import LotActs
from dashboard.pages.plant_acts import PlantActs
from dashboard.pages.plant_reads import PlantReads, Rows, Standing, Tree
from dashboard.pages.trail import RowTrail
from dashboard.pages.unit_acts import UnitActs
from layouts.plant import plant_page

LOOK_S = 5.0
SETTLE_S = 0.3
"""What happens close together is looked at together."""

NO_STATION = "There is no such station any more."
NO_LOT = "There is no such lot."


class PlantPage:
    """One open Plant page."""

    def __init__(self, context: PageContext) -> None:
        self.context = context
        self.reads = PlantReads(context.services)
        self.plant, self.station = PlantModel(), StationModel()
        self.lots, self.units, self.asking = LotsModel(), UnitsModel(), AskingModel()
        self.rights = rights()
        self.trail = RowTrail(context.services, TrailModel(), whole="audit.read" in self.rights)
        self._told = asyncio.Event()
        self._shown: dict[str, Any] = {}
        self.address = AddressLine(self.choose)
        self.choose(arguments())
        self.plant.param.watch(lambda *_: self._chosen(), ["selected", "find", "open"])
        self.lots.param.watch(lambda *_: self._chosen(), ["selected", "state", "code"])
        self.station.param.watch(lambda *_: self._chosen(), ["hours"])

    def view(self) -> Viewable:
        """Lay out the page and begin to follow."""
        while_open(self.follow)
        services, changed, may = self.context.services, self._told.set, self.rights
        places = PlantActs(services, self.asking, plant=self.plant, station=self.station, changed=changed)
        lots = LotActs(services, self.asking, reads=self.reads, lots=self.lots, changed=changed)
        units = UnitActs(services, self.asking, units=self.units, changed=changed, leave=self.leave_lot)
        return plant_page(
            address=self.address,
            asking=AskingDialog(self.asking),
            places=Places(self.plant, places.act, rights=may),
            station=StationFacts(self.station, self._leaving_place(places), rights=may),
            lots=LotTable(self.lots, lots.act, self.more_lots, rights=may),
            units=UnitTable(self.units, units.act, self.more_units, rights=may),
            trail=Trail(self.trail.model, self.trail.more, noun="lot", title=f"{self.trail.title} of the lot"),
        )

    def choose(self, query: Mapping[str, str]) -> None:
        """Take over what an address says."""
        hours = query.get("hours", "")
        self.plant.param.update(selected=query.get("place", ""), find=searched(query.get("name", "")))
        self.lots.param.update(
            selected=query.get("lot", "").replace("\x00", ""),  # which the database does not take
            state=known_state(query.get("state", "")),
            code=searched(query.get("code", "")),
        )
        self.station.hours = int(hours) if hours in {"1", "168"} else 24

    async def follow(self) -> None:
        """Keep what is shown up to date while the page is open."""
        with self.context.news.follow(self._told):
            await look_on(self._look, self._told, every_s=LOOK_S, settle_s=SETTLE_S)

    def leave_lot(self) -> None:
        """Have no lot in view."""
        self.lots.selected = ""

    async def more_lots(self, _: str) -> None:
        """Fetch older lots, unless others are wanted meanwhile."""
        model = self.lots
        wanted, cursor = self._lots_wanted(model.station), model.cursor
        if cursor is None:
            return
        with while_away(lambda: draw(self._away)):
            older = await self.reads.lots(**wanted, cursor=cursor)
            if (self._lots_wanted(model.station), model.cursor) == (wanted, cursor):
                draw(model.append, older.rows, older.cursor)

    async def more_units(self, _: str) -> None:
        """Fetch older units, unless those of another lot are wanted meanwhile."""
        asked = (self.lots.selected, self.units.cursor)
        if self.units.cursor is None:
            return
        with while_away(lambda: draw(self._away)):
            older = await self.reads.units(*asked)
            if older is not None and (self.lots.selected, self.units.cursor) == asked:
                draw(self.units.append, older.rows, older.cursor)

    def _leaving_place(self, acts: PlantActs) -> Any:
        async def act(act: str) -> None:
            if act == "leave":
                self.plant.selected = ""
            else:
                await acts.act(act)

        return act

    def _chosen(self) -> None:
        hours = "" if self.station.hours == 24 else str(self.station.hours)
        self.address.say(
            {
                "place": self.plant.selected,
                "name": self.plant.find,
                "hours": hours,
                "state": self.lots.state,
                "code": self.lots.code,
                "lot": self.lots.selected,
            }
        )
        self._told.set()

    async def _look(self) -> None:
        self._told.clear()  # what is told from here on is looked at again
        with while_away(lambda: draw(self._away)):
            await self._look_at_plant()
            await self._look_at_station()
            await self._look_at_lots()
            await self._look_at_units()

    async def _look_at_plant(self) -> None:
        model = self.plant
        opened = model.open
        if not model.loaded:
            tree = await self.reads.tree([])
            opened = [*open_at_first(tree.sites, tree.lines), *await self._around(model.selected, tree)]
        tree = await self.reads.tree(open_lines(opened), model.find)
        draw(self._show_plant, tree, list(dict.fromkeys(opened)))

    def _show_plant(self, tree: Tree, opened: list[str]) -> None:
        if not self.plant.loaded:
            self.plant.open = opened
        self.plant.take(tree.sites, tree.lines, tree.stations)

    async def _around(self, selected: str, tree: Tree) -> list[str]:
        """Return the ids of the places in which the one in view lies."""
        kind, _, id_ = selected.partition(":")
        if kind == "station" and (found := await self.reads.station(id_)) is not None:
            return [f"site:{found.site_id}", f"line:{found.line_id}"]
        return [f"site:{line['site_id']}" for line in tree.lines if kind == "line" and line["id"] == id_]

    async def _look_at_station(self) -> None:
        kind, _, id_ = self.plant.selected.partition(":")
        if kind != "station":
            draw(self._leave_station)
            return
        found = await self.reads.station(id_)
        if found is None:
            draw(self.station.param.update, station=None, problem=NO_STATION)
            draw(self.lots.param.update, station="")
            return
        standing = await self.reads.standing(found, self.station.hours)
        if self.plant.selected == f"station:{found.id}":
            draw(self._show_station, standing)

    def _show_station(self, standing: Standing) -> None:
        self.station.show(**vars(standing))

    def _leave_station(self) -> None:
        self.station.leave()

    async def _look_at_lots(self) -> None:
        station = await self._station_name()
        wanted = self._lots_wanted(station)
        found = await self.reads.lots(**wanted)
        if wanted != self._lots_wanted(station):
            return
        same = self._shown.get("lots") == wanted
        self._shown["lots"] = wanted
        draw(self._show_lots, station, found, same=same)

    def _lots_wanted(self, station: str) -> dict[str, str]:
        return {"state": self.lots.state, "code": self.lots.code, "station": station}

    async def _station_name(self) -> str:
        kind, _, id_ = self.plant.selected.partition(":")
        found = await self.reads.station(id_) if kind == "station" else None
        return found.name if found else ""

    def _show_lots(self, station: str, found: Rows, *, same: bool) -> None:
        self.lots.station = station
        show = self.lots.take if same else self.lots.replace
        show(found.rows, found.cursor)

    async def _look_at_units(self) -> None:
        code = self.lots.selected
        if not code:
            self._shown["units"] = ""
            draw(self._leave_units)
            self.trail.leave()
            return
        found = await self.reads.units(code)
        if code != self.lots.selected:
            return
        same = self._shown.get("units") == code
        self._shown["units"] = code
        draw(self._show_units, found, same=same)
        await self._look_at_trail(found)

    async def _look_at_trail(self, found: Rows | None) -> None:
        if found is None or found.lot is None:
            self.trail.leave()
        else:
            await self.trail.look(found.lot["id"])

    def _show_units(self, found: Rows | None, *, same: bool) -> None:
        if found is None or found.lot is None:
            self.units.param.update(lot=None, rows=[], cursor=None, loaded=True, problem=NO_LOT)
            return
        self.lots.current = found.lot
        show = self.units.take if same else self.units.replace
        show(found.lot, found.rows, found.cursor)

    def _leave_units(self) -> None:
        self.lots.current = None
        self.units.leave()

    def _away(self) -> None:
        self.plant.problem = LOOKS
        self.lots.problem = LOOKS
        if self.lots.selected:
            self.units.problem = LOOKS
            self.trail.away()
        if self.plant.selected.startswith("station:"):
            self.station.problem = LOOKS
