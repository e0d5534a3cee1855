"""The shell that every page sits in: the strip on top, the rail on the left, the document's template around both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Self

import param
from jinja2 import Template
from panel.viewable import Viewable
from panel_material_ui.template import Page
from panel_material_ui.template.base import parse_template

from layouts.brand import BRAND
from layouts.component import ASSETS, Component, script
from layouts.elements import text
from layouts.icons import svgs
from layouts.theme import theme_config, token_css

PAGE_STYLE = {
    "& .main": {"backgroundColor": "var(--ms-ground)"},
    "& nav, & .sidebar": {"width": "var(--ms-rail) !important"},
    "& .header > .MuiLinearProgress-root": {"position": "absolute", "left": 0, "bottom": -1, "height": "2px"},
}
"""Ground, width of the rail (`page.css`), and the busy line on the edge of the strip, so that nothing moves."""


@dataclass(frozen=True)
class PageLink:
    """One page in the rail; `key` follows `g` on the keyboard."""

    name: str
    word: str
    href: str
    key: str


PAGES = (
    PageLink("live", "Live", "/live", "l"),
    PageLink("inspect", "Inspect", "/inspect", "i"),
    PageLink("runs", "Runs", "/runs", "r"),
    PageLink("tune", "Tune", "/tune", "t"),
    PageLink("review", "Review", "/review", "v"),
    PageLink("yield", "Yield", "/yield", "y"),
    PageLink("plant", "Plant", "/plant", "p"),
    PageLink("people", "People", "/people", "e"),
    PageLink("system", "System", "/system", "s"),
)
"""Every page that Marksight is to have, in the order of the rail; only those that are served are shown."""


class Rail(Component):
    """The left rail: the pages by icon and word, or by icon alone; it sends `{'prefer': ...}` when that is changed."""

    current = param.String(doc="Name of the page that is open.")
    pages = param.List(doc="The pages shown, as dictionaries of name, word, href and key.")

    _constants: ClassVar[dict[str, Any]] = {"icons": svgs("narrow", "wide", *(page.name for page in PAGES))}
    _esm = script("rail")
    _styles = ("rail",)


class Strip(Component):
    """The top strip: brand, place, search, health, theme, keys and person. It listens for the keys of the shell too.

    It sends `{'prefer': ...}` when the theme is changed, and lets the document look as `preferred` says.
    """

    health = param.List(
        doc="Parts of the system as dictionaries of word, state (ok, degraded, down, unknown) and says."
    )
    home_href = param.String(default="/", doc="Where the brand leads.")
    inspection_href = param.String(default="/inspection", doc="Where an inspection of a known id is, as `?id=`.")
    keys = param.List(doc="Keys of the page, as pairs of keys (apart by spaces) and meaning.")
    pages = param.List(doc="The pages that `g` and a letter reach.")
    account_href = param.String(default="/account", doc="Where one's own account is.")
    everybody = param.Boolean(doc="Whether whoever reaches the server is let in, as its one user.")
    person = param.String(doc="Who is signed in.")
    place = param.List(doc="Site and line chosen, from the large to the small; empty while there is only one.")
    preferred = param.Dict(default={}, doc="What one prefers, as `workers.preferences` keeps it.")
    role = param.String(doc="The role of who is signed in.")
    search_href = param.String(default="/inspect", doc="Page that answers a search, as `?find=`.")
    system_href = param.String(default="/system", doc="Where the health dots lead.")

    _constants: ClassVar[dict[str, Any]] = {
        "icons": {**svgs("search", "light", "dark", "help", "close", "person"), "brand": BRAND}
    }
    _esm = script("strip")
    _styles = ("strip",)


@cache
def template() -> Template:
    """Return the document's template: panel-material-ui's own, with our fonts, tokens and loading state."""
    parsed: Template = parse_template((ASSETS / "shell.html").read_text(encoding="utf-8"))
    return parsed


@dataclass(frozen=True)
class Looks:
    """How a document is to look: `theme` is system, light or dark, `rail` wide or narrow, `zone` a time zone.

    Empty: as the browser remembers or wishes. Anything else that is no such word counts as empty.
    """

    theme: str = ""
    rail: str = ""
    zone: str = ""

    @classmethod
    def of(cls, preferred: Mapping[str, Any], cookies: Mapping[str, str]) -> Self:
        """Return how somebody prefers it and, where they never said, how this browser remembers it."""
        theme = preferred.get("theme") or cookies.get("marksight_theme", "")
        rail = preferred.get("pages", {}).get("shell", {}).get("rail") or cookies.get("marksight_rail", "")
        return cls(str(theme), str(rail), str(preferred.get("time_zone") or ""))

    @property
    def dark(self) -> bool:
        """Whether it is dark whatever the system wishes."""
        return self.theme == "dark"


def template_variables(looks: Looks) -> dict[str, str]:
    """Return what the template needs."""
    said = {
        "theme": looks.theme if looks.theme in {"light", "dark"} else "",
        "wish": "system" if looks.theme == "system" else "",
        "rail": looks.rail if looks.rail in {"wide", "narrow"} else "",
        "zone": looks.zone,
    }
    attributes = " ".join(f'data-{name}="{text(value)}"' for name, value in said.items() if value)
    return {"ms_tokens": token_css(), "html_attrs": attributes}


def shell(  # noqa: PLR0913
    main: Viewable,
    *,
    title: str,
    current: str,
    served: frozenset[str],
    strip: Strip,
    rail: Rail | None = None,
    dark: bool = False,
) -> Page:
    """Put `main` into the shell; `served` names the pages to show in the rail, `current` the one that is open."""
    links = [vars(page) for page in PAGES if page.name in served]
    rail = rail or Rail(sizing_mode="stretch_both")
    rail.param.update(current=current, pages=links)
    strip.pages = links
    return Page(
        meta_title=f"{title} – Marksight",
        header=[strip],
        sidebar=[rail],
        main=[main],
        dark_theme=dark,
        theme_config=theme_config(),
        theme_toggle=False,
        sidebar_variant="permanent",
        sidebar_resizable=False,
        sx=PAGE_STYLE,
        template=template(),
        favicon=ASSETS / "favicon.svg",
    )
