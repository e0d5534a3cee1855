"""A station: its folder, its triggers against results, its lot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layouts.elements import element, text


@dataclass(frozen=True)
class Section:
    """A few rows under a heading: (word, value, css class). Beneath, `told` is said (`wrong` or not), then `items`."""

    title: str
    rows: Sequence[tuple[str, str, str]]
    told: str = ""
    wrong: bool = False
    items: Sequence[str] = ()


def sections(shown: Sequence[Section]) -> str:
    """Return the sections as markup."""
    return "".join(_section(section) for section in shown)


def instant(iso: str) -> str:
    """Return a moment (ISO 8601 with zone) as markup, which the browser shows in local time."""
    return element("time", text(iso), datetime=iso)


def _section(section: Section) -> str:
    rows = "".join(
        element("dt", text(word), class_=css or None) + element("dd", value, class_=css or None)
        for word, value, css in section.rows
    )
    items = element("ul", *(element("li", text(item)) for item in section.items)) if section.items else ""
    css = "told wrong" if section.wrong else "told right"
    told = element("p", text(section.told), class_=css, role="status") if section.told else ""
    return element("section", element("h3", text(section.title)), element("dl", rows), told, items)
