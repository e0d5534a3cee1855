"""Lots in a table, and the units of the one in view."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dashboard.cells.cell import EVERYTHING, Cell, Rights, follow, offered
from dashboard.models.lots import LotsModel, UnitsModel, known_state
from layouts.lot_state import LOT_LOOKS
from layouts.table import RowTable

Act = Callable[[str], Awaitable[None]]
BESIDE_UNITS_PX = 260
"""Height of the lots while the units of one are shown beneath."""

TEXT_WORDS = {"date": "date", "lot": "lot", "trace": "trace"}

LOT_COLUMNS = [
    {"name": "code", "word": "Lot", "kind": "mono", "width": "140px"},
    {"name": "state", "word": "State", "kind": "state", "width": "96px"},
    {"name": "recipe", "word": "Recipe and expected texts", "kind": "text"},
    {"name": "passed", "word": "Pass", "kind": "number", "width": "40px", "look": "pass"},
    {"name": "borderline", "word": "Borderline", "kind": "number", "width": "40px", "look": "borderline"},
    {"name": "failed", "word": "Fail", "kind": "number", "width": "40px", "look": "fail"},
    {"name": "not_judged", "word": "Not judged", "kind": "number", "width": "40px", "look": "not_judged"},
    {"name": "waiting", "word": "Waiting", "kind": "number", "width": "40px", "look": "queued"},
    {"name": "ended", "word": "Ended without a verdict", "kind": "number", "width": "40px", "look": "cancelled"},
    {"name": "began", "word": "Started", "kind": "time", "width": "116px"},
]
UNIT_COLUMNS = [
    {"name": "unit", "word": "Unit", "kind": "mono", "width": "32%"},
    {"name": "attempts", "word": "Attempts", "kind": "number", "width": "88px"},
    {"name": "looks", "word": "Inspections, the newest at the right", "kind": "looks"},
    {"name": "began", "word": "First seen", "kind": "time", "width": "116px"},
]
LOOK_WORDS = {
    "pass": "pass",
    "borderline": "borderline",
    "fail": "fail",
    "not_judged": "not judged",
    "received": "waiting",
    "queued": "waiting",
    "running": "being inspected",
    "failed": "could not be inspected",
    "cancelled": "cancelled",
}


async def _nothing(_: str) -> None:
    """Do nothing: for a cell that stands alone."""


class LotTable(Cell):
    """Lots newest first, with what becomes of their parts; the one chosen can be held, released and closed."""

    def __init__(
        self, model: LotsModel, act: Act = _nothing, more: Act = _nothing, *, rights: Rights = EVERYTHING
    ) -> None:
        super().__init__()
        self.model = model
        self.act = act
        self.more = more
        self.rights = rights
        self.table = RowTable(columns=LOT_COLUMNS, noun="lots", sizing_mode="stretch_width")
        self.table.on_msg(self.heard)
        self._shows(self.table)
        names = ("rows", "cursor", "loaded", "problem", "selected", "state", "code", "station", "current")
        follow(model, names, self._draw)

    async def heard(self, event: Any) -> None:
        """Take over what was chosen, or do what was asked for."""
        said = event.data
        if "select" in said:
            chosen = next((lot["code"] for lot in self.model.rows if lot["id"] == said["select"]), "")
            self.model.selected = "" if chosen == self.model.selected else chosen
        elif "filter" in said:
            self._filter(said["filter"])
        elif "more" in said:
            await self.more("")
        elif "act" in said:
            await self.act(str(said["act"]))

    def _filter(self, said: Mapping[str, Any]) -> None:
        if "state" in said:
            self.model.state = known_state(str(said["state"]))
        if "code" in said:
            self.model.code = str(said["code"])

    def _draw(self) -> None:
        model = self.model
        title, words = self._empty()
        states = [["", "All"], *([name, look.word] for name, look in LOT_LOOKS.items())]
        selected = model.lot
        self.table.param.update(
            actions=offered(self._actions(), self.rights),
            empty_text=words,
            empty_title=title,
            filters=[
                {"name": "code", "word": "Find a lot", "value": model.code},
                {"name": "state", "word": "Show lots that are", "value": model.state, "options": states},
            ],
            more=model.cursor is not None,
            most_px=BESIDE_UNITS_PX if model.selected else 0,
            problem=model.problem if model.rows else "",
            rows=[lot_row(lot) for lot in model.rows],
            selected=str(selected["id"]) if selected else "",
            title=f"Lots of {model.station}" if model.station else "Lots",
        )

    def _actions(self) -> list[dict[str, Any]]:
        begin = {"act": "start", "word": "Start a lot", "key": "b", "primary": True, "right": "lot.start"}
        lot = self.model.lot
        if lot is None or lot["state"] == "closed":
            return [begin]
        turn = ("release", "Release") if lot["state"] == "hold" else ("hold", "Hold")
        correct = {"act": "correct", "word": "Correct", "key": "e", "right": "lot.start"}
        delete = {"act": "delete", "word": "Delete", "key": "Delete", "right": "lot.start"}
        unused = [*([correct] if lot["started_at"] else []), delete]
        return [
            {"act": turn[0], "word": turn[1], "key": "h", "right": f"lot.{turn[0]}"},
            {"act": "close", "word": "Close lot", "key": "c", "right": "lot.close"},
            *([] if any(lot["counts"].values()) else unused),
            begin,
        ]

    def _empty(self) -> tuple[str, str]:
        model = self.model
        if model.problem:
            return "Lots cannot be shown", model.problem
        if not model.loaded:
            return "", ""
        if model.code:
            return f"No lot is called {model.code}", "Search by a piece of its code."
        if model.state:
            return f"No lot is {LOT_LOOKS[model.state].word.lower()}", "Choose another state."
        if "lot.start" not in self.rights:
            return "No lots yet", "They come with the first pictures that name them, or are started by an engineer."
        return "No lots yet", "Start one, or send pictures that name theirs."


class UnitTable(Cell):
    """Units of the lot in view with every look at each, a link to its inspection; without a lot, nothing is shown.

    Units can be told before their pictures come, and those that nobody looked at taken back.
    """

    def __init__(
        self, model: UnitsModel, act: Act = _nothing, more: Act = _nothing, *, rights: Rights = EVERYTHING
    ) -> None:
        super().__init__()
        self.model = model
        self.act = act
        self.more = more
        self.rights = rights
        self.table = RowTable(columns=UNIT_COLUMNS, noun="units", sizing_mode="stretch_width")
        self.table.on_msg(self.heard)
        self._shows(self.table)
        follow(model, ("rows", "cursor", "loaded", "problem", "lot", "selected"), self._draw)

    async def heard(self, event: Any) -> None:
        """Take over what was chosen, or do what was asked for."""
        if "select" in event.data:
            chosen = str(event.data["select"])
            self.model.selected = "" if chosen == self.model.selected else chosen
        elif "more" in event.data:
            await self.more("")
        elif "act" in event.data:
            await self.act(str(event.data["act"]))

    def _draw(self) -> None:
        model = self.model
        lot = model.lot
        self.table.visible = lot is not None or bool(model.problem)
        title, words = self._empty()
        self.table.param.update(
            actions=offered(self._actions(), self.rights),
            empty_text=words,
            empty_title=title,
            more=model.cursor is not None,
            note=_note(lot) if lot else "",
            problem=model.problem if model.rows else "",
            rows=[unit_row(unit) for unit in model.rows],
            selected=model.selected,
            title=f"Units of lot {lot['code']}" if lot else "Units",
        )

    def _empty(self) -> tuple[str, str]:
        model = self.model
        if model.problem:
            return "Units cannot be shown", model.problem
        if not model.loaded:
            return "", ""
        added = ", or are added before" if "unit.tell" in self.rights else ""
        return "No units yet", f"They come with the first pictures that name this lot{added}."

    def _actions(self) -> list[dict[str, Any]]:
        leave = {"act": "leave", "word": "Close"}
        lot, unit = self.model.lot, self.model.unit
        take_back = {"act": "take-back", "word": "Delete unit", "key": "Delete", "right": "unit.tell"}
        tell = {"act": "tell", "word": "Add unit", "key": "n", "right": "unit.tell"}
        taken_back = [take_back] if unit and not unit["attempts"] else []
        add = [tell] if lot is not None and lot["state"] != "closed" else []
        return [*taken_back, *add, leave]


def lot_row(lot: Mapping[str, Any]) -> dict[str, Any]:
    """Return a lot as a row of its table."""
    look = LOT_LOOKS[lot["state"]]
    recipe = lot["recipe"]
    judged_by = f"{recipe['name']}, version {recipe['version']}" if recipe else "no recipe bound"
    texts = ", ".join(f"{TEXT_WORDS[name]} {lot['texts'][name]}" for name in TEXT_WORDS if name in lot["texts"])
    counts = lot["counts"]
    cells = {
        "code": {"top": lot["code"], "under": lot["station"] or "any station"},
        "state": {"word": look.word, "css": look.css, "shape": look.svg, "says": lot["reason"]},
        "recipe": {"top": judged_by, "under": texts or "no texts expected"},
        "began": lot["started_at"] or lot["created_at"],
        **{name: counts[name] for name in ("passed", "borderline", "failed", "not_judged", "waiting", "ended")},
    }
    return {"id": lot["id"], "says": f"Lot {lot['code']}, {look.word}, {judged_by}", "cells": cells}


def unit_row(unit: Mapping[str, Any]) -> dict[str, Any]:
    """Return a unit as a row of its table."""
    place = f"{unit['carrier']}, row {unit['row']}, column {unit['column']}" if unit["carrier"] else ""
    name = unit["serial"] or place or "loose part"
    looks = [
        {
            "verdict": look["verdict"],
            "state": look["state"],
            "number": look["attempt"],
            "href": f"/inspection?id={look['inspection_id']}",
            "says": f"Attempt {look['attempt']}: {LOOK_WORDS[look['verdict'] or look['state']]}",
        }
        for look in unit["looks"]
    ]
    cells = {
        "unit": {"top": name, "under": place if unit["serial"] else ""},
        "attempts": unit["attempts"],
        "looks": looks,
        "began": unit["created_at"],
    }
    return {"id": unit["id"], "says": f"Unit {name}, {unit['attempts']} attempts", "cells": cells}


def _note(lot: Mapping[str, Any]) -> str:
    """Return what is to be known of a lot beside its units: why it is as it is, and what its marks say."""
    marks = [f"{mark['text']} ({mark['units']:,})" for mark in lot["marks"][:5]]
    several = len({mark["text"] for mark in lot["marks"]}) > len({mark["expected"] for mark in lot["marks"]})
    said = f"Marks {'differ' if several else 'read'}: {', '.join(marks)}." if marks else ""
    reason = f"{LOT_LOOKS[lot['state']].word}: {lot['reason']}" if lot["reason"] else ""
    return "  ".join(part for part in (reason, said) if part)
