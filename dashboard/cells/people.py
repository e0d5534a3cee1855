"""People in a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dashboard.cells.cell import Act, Cell, follow, nothing
from dashboard.models.people import PeopleModel, standing
from layouts.standing import standing_cell
from layouts.table import RowTable

COLUMNS = [
    {"name": "person", "word": "Person", "kind": "text"},
    {"name": "role", "word": "Role", "kind": "text", "width": "18%"},
    {"name": "state", "word": "State", "kind": "state", "width": "120px"},
    {"name": "sign_ins", "word": "Signed in", "kind": "number", "width": "96px"},
    {"name": "seen", "word": "Last seen", "kind": "time", "width": "136px"},
]
SAYS = {"invited": "They have set no password yet: they need a link.", "disabled": "They cannot come in.", "active": ""}


async def _nothing(_: str) -> None:
    """Do nothing: for a cell that stands alone."""


class PeopleTable(Cell):
    """Those who sign in, the newest first; the one chosen can be given another role, a link, or be let in no more."""

    def __init__(
        self, model: PeopleModel, act: Callable[[str], Awaitable[None]] = _nothing, more: Act = nothing
    ) -> None:
        super().__init__()
        self.model = model
        self.act = act
        self.more = more
        self.table = RowTable(columns=COLUMNS, noun="people", title="People", sizing_mode="stretch_width")
        self.table.on_msg(self.heard)
        self._shows(self.table)
        follow(model, ("rows", "cursor", "loaded", "problem", "selected", "myself"), self._draw)

    async def heard(self, event: Any) -> None:
        """Take over what was chosen, or do what was asked for."""
        said = event.data
        if "select" in said:
            self.model.selected = "" if said["select"] == self.model.selected else str(said["select"])
        elif "more" in said:
            await self.more()
        elif "act" in said:
            await self.act(str(said["act"]))

    def _draw(self) -> None:
        model = self.model
        title, words = self._empty()
        self.table.param.update(
            actions=self._actions(),
            empty_text=words,
            empty_title=title,
            more=model.cursor is not None,
            problem=model.problem if model.rows else "",
            rows=[person_row(person, model.myself) for person in model.rows],
            selected=model.selected,
        )

    def _actions(self) -> list[dict[str, Any]]:
        add = {"act": "add", "word": "Add somebody", "key": "n", "primary": True}
        person = self.model.person
        if person is None:
            return [add]
        turn = ("disable", "Disable") if person["active"] else ("enable", "Let in again")
        link = {"act": "link", "word": "New link", "key": "l"}
        return [
            {"act": "role", "word": "Change role", "key": "r"},
            *([link] if person["active"] else []),
            {"act": "rename", "word": "Rename", "key": "e"},
            *([{"act": "sign-out", "word": "Sign out", "key": "s"}] if person["sign_ins"] else []),
            {"act": turn[0], "word": turn[1], "key": "d"},
            add,
        ]

    def _empty(self) -> tuple[str, str]:
        if self.model.problem:
            return "People cannot be shown", self.model.problem
        return ("Nobody yet", "Add somebody; a link lets them set their password.") if self.model.loaded else ("", "")


def person_row(person: Mapping[str, Any], myself: str = "") -> dict[str, Any]:
    """Return somebody as a row of the table; `myself` is the name of whoever looks at it."""
    stands = standing(person)
    state = standing_cell(stands, SAYS[stands])
    name = f"{person['display_name']} (you)" if person["name"] == myself else person["display_name"]
    cells = {
        "person": {"top": name, "under": "" if person["name"] == person["display_name"] else person["name"]},
        "role": {"top": person["role"], "under": ""},
        "state": state,
        "sign_ins": person["sign_ins"],
        "seen": person["last_seen_at"],
    }
    return {"id": person["id"], "says": f"{name}, {person['role']}, {state['word']}", "cells": cells}
