"""The shell that every page sits in: the strip on top, the rail on the left, the document's template around both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import param
from jinja2 import Template
from panel.viewable import Viewable
from panel_material_ui.template import Page
from panel_material_ui.template.base import parse_template

from layouts.component import ASSETS, Component, script
from layouts.icons import svgs
from layouts.theme import theme_config, token_css

PAGE_STYLE = {
    "& .main": {"backgroundColor": "var(--ms-ground)"},
    "& nav, & .sidebar": {"width": "var(--ms-rail) !important"},
    "& .header > .MuiLinearProgress-root": {"position": "absolute", "left": 0, "bottom": -1, "height": "2px"},
}
"""Ground, width of the rail (`page.css`), and the busy line on the edge of the strip, so that nothing moves."""
BRAND = (
    '<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor" '
    'stroke-width="1.75" stroke-linecap="round"><rect x="4" y="2.5" width="12" height="15" rx="1.5"/>'
    '<path d="M1.5 6H4M1.5 10H4M1.5 14H4M16 6h2.5M16 10h2.5M16 14h2.5M7 10.2l2.2 2.2L13 8"/></svg>'
)


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
    PageLink("system", "System", "/system", "s"),
)
"""Every page that Marksight is to have, in the order of the rail; only those that are served are shown."""


class Rail(Component):
    """The left rail: the pages by icon and word, or by icon alone."""

    current = param.String(doc="Name of the page that is open.")
    pages = param.List(doc="The pages shown, as dictionaries of name, word, href and key.")

    _constants: ClassVar[dict[str, Any]] = {"icons": svgs("narrow", "wide", *(page.name for page in PAGES))}
    _esm = script("rail")
    _styles = ("rail",)


class Strip(Component):
    """The top strip: brand, place, search, health, theme, keys and person. It listens for the keys of the shell too."""

    health = param.List(
        doc="Parts of the system as dictionaries of word, state (ok, degraded, down, unknown) and says."
    )
    home_href = param.String(default="/", doc="Where the brand leads.")
    inspection_href = param.String(default="/inspection", doc="Where an inspection of a known id is, as `?id=`.")
    keys = param.List(doc="Keys of the page, as pairs of keys (apart by spaces) and meaning.")
    pages = param.List(doc="The pages that `g` and a letter reach.")
    person = param.String(doc="Who is signed in.")
    place = param.List(doc="Site and line chosen, from the large to the small; empty while there is only one.")
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


def template_variables(theme: str | None, rail: str | None) -> dict[str, str]:
    """Return what the template needs.

    `theme` is `light` or `dark` and `rail` is `wide` or `narrow`, as remembered; None: as the system and the window
    wish. Anything else counts as None.
    """
    chosen = (("theme", theme, {"light", "dark"}), ("rail", rail, {"wide", "narrow"}))
    attributes = " ".join(f'data-{name}="{value}"' for name, value, known in chosen if value in known)
    return {"ms_tokens": token_css(), "html_attrs": attributes}


def shell(
    main: Viewable,
    *,
    title: str,
    current: str,
    served: frozenset[str],
    strip: Strip,
    dark: bool = False,
) -> Page:
    """Put `main` into the shell; `served` names the pages to show in the rail, `current` the one that is open."""
    links = [vars(page) for page in PAGES if page.name in served]
    rail = Rail(current=current, pages=links, sizing_mode="stretch_both")
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
