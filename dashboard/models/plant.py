"""The places of the plant as a tree, and the station in view."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import param

Place = Mapping[str, Any]
STATIONS_SHOWN = 300
"""Stations drawn in the tree at once; a filter finds the rest."""


class PlantModel(param.Parameterized):
    """Sites, lines and stations as dictionaries; ids in the tree are `site:<id>`, `line:<id>` and `station:<id>`."""

    find = param.String(doc="A piece of the names shown; empty: all.")
    lines = param.List(default=[], doc="Lines: id, name, site_id, stations (a number), tag.")
    loaded = param.Boolean(doc="The plant has come.")
    open = param.List(default=[], item_type=str, doc="Ids of the sites and lines whose contents are shown.")
    problem = param.String(doc="Why the plant is not known, in words; empty: it is.")
    selected = param.String(doc="Id of the place in view; empty: the whole plant.")
    sites = param.List(default=[], doc="Sites: id, name, time_zone, lines and stations (numbers), tag.")
    stations = param.List(
        default=[], doc="Stations of the open lines: id, name, line_id, lot, lot_state, watched, tag."
    )

    def take(self, sites: Sequence[Place], lines: Sequence[Place], stations: Sequence[Place]) -> None:
        """Take over the plant as it is now."""
        new = {"sites": list(sites), "lines": list(lines), "stations": list(stations)}
        changed = {name: value for name, value in new.items() if value != getattr(self, name)}
        self.param.update(**changed, loaded=True, problem="")

    def toggle(self, id_: str) -> None:
        """Show or hide what is in a site or a line."""
        self.open = [one for one in self.open if one != id_] if id_ in self.open else [*self.open, id_]

    def reveal(self, ids: Iterable[str]) -> None:
        """Show what is in these sites and lines."""
        missing = [id_ for id_ in ids if id_ not in self.open]
        if missing:
            self.open = [*self.open, *missing]

    @property
    def chosen(self) -> tuple[str, Place] | None:
        """The kind of the place in view and the place itself, if it is known."""
        kind, _, id_ = self.selected.partition(":")
        places = {"site": self.sites, "line": self.lines, "station": self.stations}.get(kind, [])
        found = next((place for place in places if place["id"] == id_), None)
        return None if found is None else (kind, found)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The tree as rows, from above; with a filter, everything it found is open."""
        rows: list[dict[str, Any]] = []
        for site in self.sites:
            below = self._below_site(site)
            if self.find and not below and not self._fits(site):
                continue
            rows += [self._site(site), *below]
        return rows

    def is_open(self, id_: str) -> bool:
        """Whether what is in a site or a line is shown."""
        return bool(self.find) or id_ in self.open

    def _below_site(self, site: Place) -> list[dict[str, Any]]:
        if not self.is_open(f"site:{site['id']}"):
            return []
        rows: list[dict[str, Any]] = []
        for line in (line for line in self.lines if line["site_id"] == site["id"]):
            below = self._below_line(line)
            if self.find and not below and not self._fits(line):
                continue
            rows += [self._line(line), *below]
        return rows

    def _below_line(self, line: Place) -> list[dict[str, Any]]:
        if not self.is_open(f"line:{line['id']}"):
            return []
        of_line = (station for station in self.stations if station["line_id"] == line["id"])
        own = [station for station in of_line if self._fits(station)]
        rows = [self._station(station) for station in own]
        missing = 0 if self.find else line["stations"] - len(own)
        words = f"{missing:,} more: find them by a piece of their name" if missing > 0 else ""
        note = {"id": f"note:{line['id']}", "kind": "note", "name": words, "level": 2, "open": None}
        return [*rows, note] if words else rows

    def _fits(self, place: Place) -> bool:
        """Tell whether the filter finds a place; without one, it finds all."""
        return self.find.casefold() in str(place["name"]).casefold()

    def _site(self, site: Place) -> dict[str, Any]:
        about = f"{_count(site['lines'], 'line')}, {site['time_zone']}"
        return self._row("site", site, about, 0, "")

    def _line(self, line: Place) -> dict[str, Any]:
        return self._row("line", line, _count(line["stations"], "station"), 1, f"site:{line['site_id']}")

    def _station(self, station: Place) -> dict[str, Any]:
        row = self._row("station", station, "", 2, f"line:{station['line_id']}")
        row["open"] = None
        if not station["lot"]:
            return row
        held = station["lot_state"] == "hold"
        says = f"lot {station['lot']}, on hold" if held else f"lot {station['lot']}"
        return {**row, "flag": "hold" if held else "open", "flag_word": station["lot"], "flag_says": says}

    def _row(self, kind: str, place: Place, about: str, level: int, parent: str) -> dict[str, Any]:
        id_ = f"{kind}:{place['id']}"
        row = {"id": id_, "kind": kind, "word": kind.capitalize(), "name": place["name"], "about": about}
        return {**row, "level": level, "parent": parent, "open": self.is_open(id_)}


def open_at_first(sites: Sequence[Place], lines: Sequence[Place]) -> list[str]:
    """Return what is open on a page that nobody has touched: all of a small plant, the sites of a large one."""
    small = sum(int(line["stations"]) for line in lines) <= STATIONS_SHOWN // 3
    opened = [f"site:{site['id']}" for site in sites] if len(sites) * len(lines) <= STATIONS_SHOWN or small else []
    return [*opened, *(f"line:{line['id']}" for line in lines)] if small else opened


def open_lines(opened: Collection[str]) -> list[str]:
    """Return the ids of the lines among what is open."""
    return [id_.removeprefix("line:") for id_ in opened if id_.startswith("line:")]


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


class StationModel(param.Parameterized):
    """The station in view: where it is, its lot, its folder, and whether triggers and results go together."""

    by_hour = param.List(default=[], doc="The same hour by hour, the oldest first.")
    folder = param.Dict(
        default=None, allow_None=True, doc="Its watched folder: path, naming, recipe, settle_s, active; None: none."
    )
    hours = param.Selector(default=24, objects=[1, 24, 168], doc="How far back triggers and results are counted.")
    loaded = param.Boolean(doc="What is known of it has come.")
    problem = param.String(doc="Why nothing is known of it, in words; empty: it is.")
    reconciled = param.Dict(default={}, doc="Triggers and results, as `data.queries.reconciliation` counts them.")
    refused = param.List(default=[], doc="Files of its folder that were refused last: name, detail, refused_at.")
    station = param.Dict(
        default=None, allow_None=True, doc="The station: id, name, line, site, time_zone, lot, lot_state; None: none."
    )

    def show(
        self,
        station: Place,
        folder: Place | None,
        refused: Sequence[Place],
        reconciled: Mapping[str, Any],
        by_hour: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Take over what is known of a station."""
        self.param.update(
            station=dict(station),
            folder=dict(folder) if folder else None,
            refused=[dict(one) for one in refused],
            reconciled=dict(reconciled),
            by_hour=[dict(hour) for hour in by_hour],
            loaded=True,
            problem="",
        )

    def leave(self) -> None:
        """Have no station in view."""
        known: dict[str, Any] = {"station": None, "folder": None, "refused": [], "reconciled": {}, "by_hour": []}
        self.param.update(**known, loaded=False, problem="")
