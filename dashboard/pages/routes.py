"""The pages by address: cells wired into their layouts, in the shell, for whoever is signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import panel as pn
from panel.viewable import Viewable

from dashboard.page_rights import seen_by
from dashboard.page_user import page_preferences, page_user, rights
from dashboard.pages.account import AccountPage
from dashboard.pages.context import PageContext
from dashboard.pages.following import told_within
from dashboard.pages.inspect import InspectPage
from dashboard.pages.inspection import InspectionPage
from dashboard.pages.life import draw, while_open
from dashboard.pages.news import News
from dashboard.pages.people import PeoplePage
from dashboard.pages.plant import PlantPage
from dashboard.pages.preferring import COOKIE, Preferring, in_cookie, of_somebody
from dashboard.pages.pulse import Pulse
from dashboard.pages.reads import PageReads
from dashboard.pages.runs import RunsPage
from dashboard.pages.system import SystemPage
from dashboard.pages.system_parts import reader
from data.listening import Listener
from layouts import account, inspect, inspection, people, plant, runs, system
from layouts.keys import Key, working
from layouts.markup import pane
from layouts.shell import Looks, Rail, Strip, shell, template_variables
from layouts.states import forbidden
from workers.composition import Services
from workers.who import Who

Routes = dict[str, Callable[[], Viewable]]
HEALTH_S = 10.0


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
        "/account": _page(context, AccountPage, title="Account", current="account", keys=account.KEYS),
        "/inspect": _page(context, InspectPage, title="Inspect", current="inspect", keys=inspect.KEYS),
        "/inspection": _page(context, InspectionPage, title="Inspection", current="inspect", keys=inspection.KEYS),
        "/people": _page(context, PeoplePage, title="People", current="people", keys=people.KEYS),
        "/plant": _page(context, PlantPage, title="Plant", current="plant", keys=plant.KEYS),
        "/runs": _page(context, RunsPage, title="Runs", current="runs", keys=runs.KEYS),
        "/system": _page(context, SystemPage, title="System", current="system", keys=system.KEYS),
    }


def _page(
    context: PageContext, make: Callable[[PageContext], OpenPage], *, title: str, current: str, keys: Sequence[Key]
) -> Callable[[], Viewable]:
    def page() -> Viewable:
        who, cookies = page_user(), dict(pn.state.cookies)
        kept = page_preferences() if who and who.user_id else in_cookie(cookies.get(COOKIE, ""))
        preferring = of_somebody(context.services, who, kept)
        looks = Looks.of(kept, cookies)
        pn.state.curdoc.template_variables.update(template_variables(looks))
        strip = _strip(who, keys, preferring, everybody=context.services.settings.single_user)
        served = seen_by(who)
        if current in served:
            if "system.read" in rights():
                while_open(lambda: _health(context.pulse, strip))
            main = make(replace(context, preferring=preferring)).view()
        else:
            main = pane(forbidden(), "states")
        rail = Rail(sizing_mode="stretch_both")
        rail.on_msg(preferred(preferring))
        return shell(main, title=title, current=current, served=served, strip=strip, rail=rail, dark=looks.dark)

    return page


def _strip(who: Who | None, keys: Sequence[Key], preferring: Preferring, *, everybody: bool) -> Strip:
    strip = Strip(
        person=who.display_name if who else "",
        role=str(who.role) if who else "",
        everybody=everybody,
        keys=working(keys, rights()),
        preferred=preferring.document,
        sizing_mode="stretch_width",
    )
    strip.on_msg(preferred(preferring))
    preferring.seen.append(lambda document: strip.param.update(preferred=document))
    return strip


def preferred(preferring: Preferring) -> Callable[[Any], Awaitable[None]]:
    """Return what hears from a component what its user prefers."""

    async def heard(event: Any) -> None:
        if "prefer" in event.data:
            await preferring.told(event.data["prefer"])

    return heard


async def _health(pulse: Pulse, strip: Strip) -> None:
    """Keep the dots of the strip up to date."""
    told = asyncio.Event()
    with pulse.follow(told):
        while True:
            if pulse.parts and (health := pulse.health()) != strip.health:
                draw(strip.param.update, health=health)
            await told_within(told, HEALTH_S)
