"""The places of the plant, and the station in view."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from core.rights import Action
from dashboard.cells.cell import EVERYTHING, Cell, Rights, follow, offered
from dashboard.cells.plant_hours import difference, station_hours
from dashboard.models.plant import PlantModel, StationModel
from layouts.elements import element, text
from layouts.facts import Facts
from layouts.states import error
from layouts.station import Section, sections
from layouts.tree import PlaceTree

Act = Callable[[str], Awaitable[None]]
ACTIONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "": (("add-site", "Add site", "n"),),
    "site": (("add-line", "Add line", "n"), ("change", "Change", "e"), ("delete", "Delete", "Delete"),
             ("add-site", "Add site", "")),
    "line": (("add-station", "Add station", "n"), ("change", "Rename", "e"), ("move", "Move", "m"),
             ("delete", "Delete", "Delete")),
    "station": (("change", "Rename", "e"), ("move", "Move", "m"), ("delete", "Delete", "Delete")),
}  # fmt: skip
"""What can be done with what is chosen: act, word, key."""

PLACES_RIGHT: Action = "plant.edit"
FOLDER_RIGHT: Action = "folder.edit"

HOURS = ((1, "1 h"), (24, "24 h"), (168, "7 days"))
COUNTED = (
    ("received", "Pictures came in", "number"),
    ("refused", "of them refused", "number sub"),
    ("unopened", "of them not opened yet", "number sub"),
    ("inspections", "Inspections", "number"),
    ("waiting", "of them waiting", "number sub"),
    ("judged", "of them judged", "number sub"),
    ("failed", "of them failed to be inspected", "number sub"),
    ("cancelled", "of them cancelled", "number sub"),
)
ALWAYS = {"received", "inspections", "judged"}


async def _nothing(_: str) -> None:
    """Do nothing: for a cell that stands alone."""


class Places(Cell):
    """Sites, lines and stations as a tree; what is chosen can be added to, renamed, moved and deleted."""

    def __init__(self, model: PlantModel, act: Act = _nothing, *, rights: Rights = EVERYTHING) -> None:
        super().__init__()
        self.model = model
        self.act = act
        self.rights = rights
        self.tree = PlaceTree(sizing_mode="stretch_both", min_height=320)
        self.tree.on_msg(self.heard)
        self._shows(self.tree)
        names = ("sites", "lines", "stations", "open", "selected", "find", "problem", "loaded")
        follow(model, names, self._draw)

    async def heard(self, event: Any) -> None:
        """Take over what was chosen, or do what was asked for."""
        said = event.data
        if "select" in said:
            self.model.selected = "" if said["select"] == self.model.selected else str(said["select"])
        elif "toggle" in said:
            self.model.toggle(str(said["toggle"]))
        elif "filter" in said:
            self.model.find = str(said["filter"].get("find", ""))
        elif "act" in said:
            await self.act(str(said["act"]))

    def _draw(self) -> None:
        model = self.model
        chosen = model.chosen
        title, words = self._empty()
        self.tree.param.update(
            actions=self._actions(chosen[0] if chosen else ""),
            empty_text=words,
            empty_title=title,
            filters=[{"name": "find", "word": "Find a place", "value": model.find}],
            problem=model.problem if model.sites else "",
            rows=model.rows,
            selected=model.selected,
        )

    def _actions(self, kind: str) -> list[dict[str, Any]]:
        named = ({"act": act, "word": word, "key": key, "right": PLACES_RIGHT} for act, word, key in ACTIONS[kind])
        return offered(named, self.rights)

    def _empty(self) -> tuple[str, str]:
        model = self.model
        if model.problem:
            return "The plant cannot be shown", model.problem
        if not model.loaded:
            return "", ""
        if model.find:
            return f"No place is called {model.find}", "Search by a piece of a site's, a line's or a station's name."
        if PLACES_RIGHT not in self.rights:
            return "No sites yet", "They are added by an engineer."
        return "No sites yet", "Add a site, then its lines, then their stations."


class StationFacts(Cell):
    """The station in view: its lot, its folder, its triggers against results; without one, nothing is shown."""

    def __init__(self, model: StationModel, act: Act = _nothing, *, rights: Rights = EVERYTHING) -> None:
        super().__init__()
        self.model = model
        self.act = act
        self.rights = rights
        self.facts = Facts(sizing_mode="stretch_width")
        self.facts.on_msg(self.heard)
        self._shows(self.facts)
        names = ("station", "folder", "refused", "reconciled", "by_hour", "hours", "loaded", "problem")
        follow(model, names, self._draw)

    async def heard(self, event: Any) -> None:
        """Do what was asked for."""
        said = event.data
        if "filter" in said and str(said["filter"].get("hours")) in {str(hours) for hours, _ in HOURS}:
            self.model.hours = int(said["filter"]["hours"])
        elif "act" in said:
            await self.act(str(said["act"]))

    def _draw(self) -> None:
        model = self.model
        self.facts.visible = model.station is not None or bool(model.problem)
        hours = [[str(hours), word] for hours, word in HOURS]
        self.facts.param.update(
            actions=self._actions(),
            filters=[{"name": "hours", "word": "Count back", "value": str(model.hours), "options": hours}],
            html=self._html(),
            title=f"Station {model.station['name']}" if model.station else "Station",
        )

    def _actions(self) -> list[dict[str, Any]]:
        if self.model.station is None:
            return []
        words: tuple[tuple[str, str], ...] = (("folder", "Watch a folder"),)
        if self.model.folder is not None:
            rests = "Rest" if self.model.folder["active"] else "Watch again"
            words = (("folder", "Change folder"), ("rest", rests), ("forget-folder", "Stop watching"))
        return offered(({"act": act, "word": word, "right": FOLDER_RIGHT} for act, word in words), self.rights)

    def _html(self) -> str:
        model = self.model
        if model.problem:
            return error(model.problem)
        if model.station is None or not model.loaded:
            return ""
        shown = sections([*self._place(model.station), self._triggers(model.reconciled), self._folder()])
        return shown + station_hours(model.by_hour, model.station["time_zone"])

    def _place(self, station: Mapping[str, Any]) -> list[Section]:
        held = station["lot_state"] == "hold"
        where = f"{station['site']} / {station['line']}, {station['time_zone']}"
        link = element("a", text(station["lot"]), href=_lot_href(station), class_="mark") if station["lot"] else "none"
        told = "On hold: its parts are taken, and fail for it." if held else ""
        return [Section("Place and lot", (("Place", text(where), ""), ("Current lot", link, "")), told, wrong=held)]

    def _triggers(self, counted: Mapping[str, Any]) -> Section:
        if not counted:
            return Section("Triggers against results", ())
        said = counted["triggers"]
        triggers = "the station says nothing" if said is None else f"{said:,}"
        rows = [("Triggers", text(triggers), "" if said is None else "number")]
        rows += [(word, f"{counted[name]:,}", css) for name, word, css in COUNTED if counted[name] or name in ALWAYS]
        wrong = difference(counted)
        fine = "Every picture is judged or on its way."
        fine = fine if said is None else "Every trigger has its picture, and every picture its way or its end."
        return Section("Triggers against results", rows, wrong or fine, wrong=bool(wrong), items=_gaps(counted))

    def _folder(self) -> Section:
        folder = self.model.folder
        if folder is None:
            return Section("Watched folder", (("Folder", "none", ""),))
        rows = [
            ("Folder", text(folder["path"]), "path"),
            ("Names say", text(folder["naming"] or "nothing"), "path"),
            ("Recipe", text(folder["recipe"] or "none: read and not judged"), ""),
            ("State", "watched" if folder["active"] else "resting: its files wait", ""),
        ]
        refused = [f"{one['name']}: {one['detail']}" for one in self.model.refused[:3]]
        told = "" if not self.model.refused else "Refused last; they lie in its folder refused:"
        return Section("Watched folder", rows, told, items=refused)


def _gaps(counted: Mapping[str, Any]) -> list[str]:
    gaps = [f"{gap['first']}" if gap["first"] == gap["last"] else f"{gap['first']} to {gap['last']}"
            for gap in counted.get("gaps", ())[:5]]  # fmt: skip
    return [f"Trigger numbers without a picture: {', '.join(gaps)}"] if gaps else []


def _lot_href(station: Mapping[str, Any]) -> str:
    return f"/plant?{urlencode({'place': 'station:' + station['id'], 'lot': station['lot']})}"
