"""The pages by address: cells wired into their layouts, in the shell, for whoever is signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import panel as pn
from panel.viewable import Viewable

from dashboard.auth import resolve
from dashboard.pages.context import PageContext
from dashboard.pages.following import told_within
from dashboard.pages.inspect import InspectPage
from dashboard.pages.inspection import InspectionPage
from dashboard.pages.life import draw, while_open
from dashboard.pages.news import News
from dashboard.pages.plant import PlantPage
from dashboard.pages.pulse import Pulse
from dashboard.pages.reads import PageReads
from dashboard.pages.runs import RunsPage
from dashboard.pages.system import SystemPage
from dashboard.pages.system_parts import reader
from data.listening import Listener
from layouts import inspect, inspection, plant, runs, system
from layouts.shell import Strip, shell, template_variables
from workers.composition import Services

Routes = dict[str, Callable[[], Viewable]]
Keys = Sequence[tuple[str, str]]
HEALTH_S = 10.0
SERVED = frozenset({"inspect", "plant", "runs", "system"})
"""Pages in the rail: those that exist and that the role may see."""


class OpenPage(Protocol):
    """One open page: its view, which begins to follow when it is drawn."""

    def view(self) -> Viewable:
        """Lay out the page and begin to follow."""
        ...


def routes(services: Services, listener: Listener) -> Routes:
    """Return the page of each address; every call of one makes a page of its own for a new session."""
    return routes_of(context_of(services, listener))


def context_of(services: Services, listener: Listener) -> PageContext:
    """Return what all pages of this process share."""
    return PageContext(services, PageReads(services), News(listener), Pulse(reader(services)))


def routes_of(context: PageContext) -> Routes:
    """Return the page of each address, over what they share."""
    return {
        "/inspect": _page(context, InspectPage, title="Inspect", current="inspect", keys=inspect.KEYS),
        "/inspection": _page(context, InspectionPage, title="Inspection", current="inspect", keys=inspection.KEYS),
        "/plant": _page(context, PlantPage, title="Plant", current="plant", keys=plant.KEYS),
        "/runs": _page(context, RunsPage, title="Runs", current="runs", keys=runs.KEYS),
        "/system": _page(context, SystemPage, title="System", current="system", keys=system.KEYS),
    }


def _page(
    context: PageContext, make: Callable[[PageContext], OpenPage], *, title: str, current: str, keys: Keys
) -> Callable[[], Viewable]:
    def page() -> Viewable:
        cookies: dict[str, str] = pn.state.cookies
        theme, rail = cookies.get("marksight_theme"), cookies.get("marksight_rail")
        pn.state.curdoc.template_variables.update(template_variables(theme, rail))
        user = resolve(cookie=cookies.get("user"))
        strip = Strip(person=user.name.capitalize(), keys=[list(key) for key in keys], sizing_mode="stretch_width")
        while_open(lambda: _health(context.pulse, strip))
        main = make(context).view()
        return shell(main, title=title, current=current, served=SERVED, strip=strip, dark=theme == "dark")

    return page


async def _health(pulse: Pulse, strip: Strip) -> None:
    """Keep the dots of the strip up to date."""
    told = asyncio.Event()
    with pulse.follow(told):
        while True:
            if pulse.parts and (health := pulse.health()) != strip.health:
                draw(strip.param.update, health=health)
            await told_within(told, HEALTH_S)
