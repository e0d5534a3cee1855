"""One's own account: who one is, where one is signed in, what one prefers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from panel.layout import Column
from panel_material_ui.widgets import AutocompleteInput, RadioButtonGroup

from dashboard.cells.cell import Cell, follow
from dashboard.models.account import HERE, SYSTEM, AccountModel, browser
from layouts.card import card
from layouts.elements import element, text
from layouts.facts import Facts
from layouts.markup import pane
from layouts.runs import CHOICE_STYLE
from layouts.standing import standing_cell
from layouts.table import RowTable

Named = Callable[[str], Awaitable[None]]
Prefer = Callable[[dict[str, Any]], Awaitable[None]]
THEMES = {"As the system": SYSTEM, "Light": "light", "Dark": "dark"}
BROWSERS = "That of the browser"
NO_SIGN_IN = (
    "Whoever reaches this server is let in, as its one user: there is no sign-in, and no password, "
    "until it is started without MARKSIGHT_SINGLE_USER. What you prefer is kept in this browser."
)
ZONE_HELP = "All times on the pages are told in it; the hours of a station are those of its site."
COLUMNS = [
    {"name": "browser", "word": "Browser", "kind": "text"},
    {"name": "since", "word": "Signed in", "kind": "time", "width": "128px"},
    {"name": "seen", "word": "Last used", "kind": "time", "width": "128px"},
    {"name": "until", "word": "Over at the latest", "kind": "time", "width": "136px"},
    {"name": "state", "word": "Where", "kind": "state", "width": "112px"},
]


async def _nothing(_: str) -> None:
    """Do nothing: for a cell that stands alone."""


async def _nowhere(_: dict[str, Any]) -> None:
    """Keep nothing: for a cell that stands alone."""


class WhoOneIs(Cell):
    """The name, the role, and all that it allows in words; the password can be changed."""

    def __init__(self, model: AccountModel, act: Named = _nothing) -> None:
        super().__init__()
        self.model = model
        self.act = act
        self.facts = Facts(title="Your account", leaves=False, sizing_mode="stretch_width")
        self.facts.on_msg(self.heard)
        self._shows(self.facts)
        follow(model, ("name", "display_name", "role", "rights", "has_account"), self._draw)

    async def heard(self, event: Any) -> None:
        """Do what was asked for."""
        if "act" in event.data:
            await self.act(str(event.data["act"]))

    def _draw(self) -> None:
        password = {"act": "password", "word": "Change password", "key": "p"}
        self.facts.param.update(actions=[password] if self.model.has_account else [], html=self._html())

    def _html(self) -> str:
        model = self.model
        told = [("Name", model.display_name), ("Signs in as", model.name), ("Role", model.role)]
        rows = "".join(element("dt", word) + element("dd", text(value)) for word, value in told)
        if not model.has_account:
            return element("section", element("p", text(NO_SIGN_IN), class_="told right"), class_="whole")
        may = element("ul", *(element("li", text(words)) for words in model.allowed))
        allowed = element("details", element("summary", "What your role allows you to do"), may, class_="whole")
        return element("section", element("dl", rows), class_="whole") + allowed


class SignInTable(Cell):
    """The browsers in which one is signed in, this one marked; one of them, or all others, can be ended."""

    def __init__(self, model: AccountModel, act: Named = _nothing) -> None:
        super().__init__()
        self.model = model
        self.act = act
        title = "Where you are signed in"
        self.table = RowTable(columns=COLUMNS, noun="sign-ins", title=title, sizing_mode="stretch_width")
        self.table.on_msg(self.heard)
        self._shows(self.table)
        follow(model, ("sign_ins", "selected", "loaded", "problem"), self._draw)

    async def heard(self, event: Any) -> None:
        """Take over what was chosen, or do what was asked for."""
        said = event.data
        if "select" in said:
            self.model.selected = "" if said["select"] == self.model.selected else str(said["select"])
        elif "act" in said:
            await self.act(str(said["act"]))

    def _draw(self) -> None:
        model = self.model
        others = [each for each in model.sign_ins if not each["current"]]
        end = {"act": "end", "word": "End it", "key": "Delete"}
        end_others = {"act": "end-others", "word": "Sign out everywhere else"}
        title = "They cannot be shown" if model.problem else "You are signed in nowhere" if model.loaded else ""
        self.table.param.update(
            actions=[*([end] if model.sign_in else []), *([end_others] if others else [])],
            empty_text=model.problem,
            empty_title=title,
            problem=model.problem if model.sign_ins else "",
            rows=[sign_in_row(each) for each in model.sign_ins],
            selected=model.selected,
        )


class PreferenceChoice(Cell):
    """What one prefers: theme and time zone; each is kept as it is chosen."""

    def __init__(self, model: AccountModel, prefer: Prefer = _nowhere, zones: Sequence[str] = ()) -> None:
        super().__init__()
        self.model = model
        self.prefer = prefer
        wide: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": (0, 0, 12, 0), "size": "small"}
        self.theme = RadioButtonGroup(options=THEMES, value=model.theme, color="default", sx=CHOICE_STYLE, **wide)
        self.zone = AutocompleteInput(
            label="Time zone", options=[BROWSERS, *zones], value=BROWSERS, restrict=True, case_sensitive=False,
            min_characters=0, search_strategy="includes", **wide,
        )  # fmt: skip
        label = pane(element("p", "Theme", class_="small soft"))
        help_ = pane(element("p", ZONE_HELP, class_="small soft"))
        fields = Column(label, self.theme, self.zone, help_, sizing_mode="stretch_width", margin=0)
        self._shows(card("Preferences", fields))
        follow(model, ("theme", "time_zone"), self._draw)
        self.theme.param.watch(self._chose_theme, "value")
        self.zone.param.watch(self._chose_zone, "value")

    async def _chose_theme(self, event: Any) -> None:
        if event.new and event.new != self.model.theme:
            await self.prefer({"theme": event.new})

    async def _chose_zone(self, event: Any) -> None:
        wanted = HERE if event.new in {BROWSERS, None, ""} else str(event.new)
        if wanted != self.model.time_zone:
            await self.prefer({"time_zone": wanted or None})

    def _draw(self) -> None:
        self.theme.value = self.model.theme
        self.zone.value = self.model.time_zone or BROWSERS


def sign_in_row(each: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sign-in as a row of its table."""
    state = standing_cell("here" if each["current"] else "elsewhere")
    words = browser(each["user_agent"])
    cells = {
        "browser": {"top": words, "under": each["address"]},
        "since": each["since"],
        "seen": each["last_seen_at"],
        "until": each["expires_at"],
        "state": state,
    }
    return {"id": each["id"], "says": f"{words}, {each['address']}, {state['word']}", "cells": cells}
