"""What can be done with places and with a station's folder: each a question, and a use case for its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from dashboard.models.asking import AnswerRefused, AskingModel, Field, Question, Values
from dashboard.models.plant import PlantModel, StationModel
from dashboard.pages.refusals import refusing
from data.repositories.plant import PlaceKind
from data.repositories.watched import Drop
from workers.composition import Services
from workers.watched_folders import forget_folder, name_folder, rest_folder

Place = Mapping[str, Any]
NAME_HELP = {
    "site": "Unique in the whole plant.",
    "line": "Unique in its site.",
    "station": "What machines send with a picture; unique in the whole plant.",
}
NAMING_HELP = "How files say lot and unit, such as {lot}_{serial}; empty: they say nothing."


class PlantActs:
    """Asks, and does: with the places of `plant`, and the station in view of `station`; then `changed` is called."""

    def __init__(
        self,
        services: Services,
        asking: AskingModel,
        *,
        plant: PlantModel,
        station: StationModel,
        changed: Callable[[], None],
    ) -> None:
        self.services = services
        self.asking = asking
        self.plant = plant
        self.station = station
        self.changed = changed
        self._acts: dict[str, Callable[[], Awaitable[None]]] = {
            "add-site": self._ask_site,
            "add-line": self._ask_line,
            "add-station": self._ask_station,
            "change": self._ask_change,
            "move": self._ask_move,
            "delete": self._ask_delete,
            "folder": self._ask_folder,
            "rest": self._rest,
            "forget-folder": self._ask_forget,
        }

    async def act(self, act: str) -> None:
        """Do, or ask for, what is called so; anything else is nothing."""
        if act in self._acts:
            await self._acts[act]()

    async def _ask_site(self) -> None:
        async def add(said: Values) -> None:
            await self._add("site", said, opened="")

        self.asking.ask(Question("Add a site", "Add site", add, (_name("site"), _zone("UTC"))))

    async def _ask_line(self) -> None:
        site = self._chosen("site")
        if site is None:
            return

        async def add(said: Values) -> None:
            await self._add("line", {**said, "site_id": UUID(site["id"])}, opened=f"site:{site['id']}")

        self.asking.ask(Question(f"Add a line to {site['name']}", "Add line", add, (_name("line"),)))

    async def _ask_station(self) -> None:
        line = self._chosen("line")
        if line is None:
            return

        async def add(said: Values) -> None:
            await self._add("station", {**said, "line_id": UUID(line["id"])}, opened=f"line:{line['id']}")

        self.asking.ask(Question(f"Add a station to {line['name']}", "Add station", add, (_name("station"),)))

    async def _ask_change(self) -> None:
        if self.plant.chosen is None:
            return
        kind, place = self.plant.chosen
        fields = (_name(kind, place["name"]), *((_zone(place["time_zone"]),) if kind == "site" else ()))
        intro = (
            "Machines send its new name from then on; what was inspected stays with it." if kind == "station" else ""
        )

        async def change(said: Values) -> None:
            await self._change(kind, place, said)

        self.asking.ask(Question(f"Change the {kind} {place['name']}", "Save", change, fields, intro))

    async def _ask_move(self) -> None:
        if self.plant.chosen is None or self.plant.chosen[0] == "site":
            return
        kind, place = self.plant.chosen
        within = "site" if kind == "line" else "line"
        options = self._sites() if kind == "line" else self._lines()
        field = Field(within, within.capitalize(), "select", str(place[f"{within}_id"]), options=options)

        async def move(said: Values) -> None:
            await self._change(kind, place, {f"{within}_id": UUID(said[within])})
            self.plant.reveal([f"{within}:{said[within]}", *self._site_of(said[within])])

        self.asking.ask(Question(f"Move the {kind} {place['name']}", "Move", move, (field,)))

    async def _ask_delete(self) -> None:
        if self.plant.chosen is None:
            return
        kind, place = self.plant.chosen
        intro = "It cannot be undone. What something hangs on is not deleted."

        async def delete(_: Values) -> None:
            with refusing("plant.edit"):
                async with self.services.database.unit_of_work() as work:
                    await work.plant.remove(_kind(kind), UUID(place["id"]), tag=place["tag"])
                    await work.commit()
            self.plant.selected = ""
            self.changed()

        title = f"Delete the {kind} {place['name']}?"
        self.asking.ask(Question(title, "Delete", delete, intro=intro, danger=True))

    async def _ask_folder(self) -> None:
        if self.station.station is None:
            return
        name, id_ = self.station.station["name"], self.station.station["id"]
        drop = self.station.folder or {}
        fields = (
            Field("path", "Folder", value=drop.get("path", ""), help="An absolute path on this machine.", mono=True),
            Field("naming", "Naming rule", value=drop.get("naming", ""), help=NAMING_HELP, mono=True),
            Field("recipe", "Recipe", value=drop.get("recipe", ""),
                  help="A recipe's name or a part number, for pictures without a started lot; empty: not judged."),
            Field("settle_s", "Whole after, seconds", value=f"{drop.get('settle_s', 2.0):g}",
                  help="A file is taken when it has not changed for so long."),
            Field("elsewhere", "The folder is on another machine, the one that watches", "check", "false"),
        )  # fmt: skip

        async def watch(said: Values) -> None:
            settle_s = _seconds(said["settle_s"])
            with refusing("folder.edit"):
                drop = Drop(said["path"].strip(), said["naming"].strip(), said["recipe"].strip(), settle_s)
                await name_folder(self.services, id_, drop, elsewhere=said["elsewhere"] == "true")
            self.changed()

        self.asking.ask(Question(f"Watch a folder for {name}", "Watch", watch, fields))

    async def _rest(self) -> None:
        if self.station.station is None or self.station.folder is None:
            return
        active = not self.station.folder["active"]
        try:
            with refusing("folder.edit"):
                await rest_folder(self.services, self.station.station["id"], active=active)
        except AnswerRefused as error:
            self.station.problem = error.detail
        self.changed()

    async def _ask_forget(self) -> None:
        if self.station.station is None:
            return
        name, id_ = self.station.station["name"], self.station.station["id"]

        async def forget(_: Values) -> None:
            with refusing("folder.edit"):
                await forget_folder(self.services, id_)
            self.changed()

        intro = "What lies in it stays there."
        self.asking.ask(Question(f"Stop watching the folder of {name}?", "Stop watching", forget, intro=intro))

    async def _add(self, kind: PlaceKind, said: Mapping[str, Any], *, opened: str) -> None:
        with refusing("plant.edit"):
            async with self.services.database.unit_of_work() as work:
                id_ = await work.plant.add(kind, said)
                await work.commit()
        self.plant.reveal([opened] if opened else [])
        self.plant.reveal([] if kind == "station" else [f"{kind}:{id_}"])
        self.plant.selected = f"{kind}:{id_}"
        self.changed()

    async def _change(self, kind: str, place: Place, said: Mapping[str, Any]) -> None:
        with refusing("plant.edit"):
            async with self.services.database.unit_of_work() as work:
                await work.plant.change(_kind(kind), UUID(place["id"]), said, tag=place["tag"])
                await work.commit()
        self.changed()

    def _chosen(self, kind: str) -> Place | None:
        chosen = self.plant.chosen
        return chosen[1] if chosen is not None and chosen[0] == kind else None

    def _sites(self) -> tuple[tuple[str, str], ...]:
        return tuple((str(site["id"]), str(site["name"])) for site in self.plant.sites)

    def _lines(self) -> tuple[tuple[str, str], ...]:
        sites = dict(self._sites())
        named = [(str(line["id"]), f"{sites.get(line['site_id'], '')} / {line['name']}") for line in self.plant.lines]
        return tuple(sorted(named, key=lambda pair: pair[1]))

    def _site_of(self, line_id: str) -> list[str]:
        return [f"site:{line['site_id']}" for line in self.plant.lines if line["id"] == line_id]


def _kind(word: str) -> PlaceKind:
    kinds: dict[str, PlaceKind] = {"site": "site", "line": "line", "station": "station"}
    return kinds[word]


def _name(kind: str, value: str = "") -> Field:
    return Field("name", "Name", value=value, help=NAME_HELP[kind])


def _zone(value: str) -> Field:
    zones = tuple((zone, zone) for zone in sorted({"UTC", *available_timezones()}))
    return Field("time_zone", "Time zone", value=value, help="Such as Europe/Berlin.", options=zones)


def _seconds(text: str) -> float:
    try:
        seconds = float(text.replace(",", "."))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise AnswerRefused("Expected a number of seconds above 0, up to 3,600.", "settle_s")
    return seconds
