"""The icons of the interface: our own drawings on a 20 by 20 grid, stroked with the colour of the text beside them."""

from __future__ import annotations

from html import escape

PATHS = {
    "live": "M3 6.5h9v7H3zM12 9l5-2.5v7L12 11",
    "inspect": "M5 3.5h7.5v6M5 3.5V14h5M2.5 6H5M2.5 8.75H5M2.5 11.5H5M12.5 6H15M16 16.5l-2-2"
    "M14.5 12.6a2.4 2.4 0 1 1-4.8 0 2.4 2.4 0 0 1 4.8 0",
    "runs": "M3 6l7-3 7 3-7 3zM3 10l7 3 7-3M3 14l7 3 7-3",
    "tune": "M3 5.5h6M13 5.5h4M3 10h2M9 10h8M3 14.5h8M15 14.5h2M11 3.5v4M7 8v4M13 12.5v4",
    "review": "M2 10c2-3.7 4.7-5.5 8-5.5s6 1.8 8 5.5c-2 3.7-4.7 5.5-8 5.5S4 13.7 2 10"
    "M12.4 10a2.4 2.4 0 1 1-4.8 0 2.4 2.4 0 0 1 4.8 0",
    "yield": "M3 3v14h14M6 13l3.5-4 2.5 2.5L16.5 6",
    "system": "M2 10.5h3.5l2-5.5 4 10.5 2.2-5H18",
    "plant": "M2.5 17h15M4 17V8.5l4.5 3V8.5l4.5 3V3.5h3V17M7 14.5h.01M10 14.5h.01M13 14.5h.01",
    "search": "M13 8.5a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0M16.5 16.5L12 12",
    "help": "M7 7.2A3 3 0 0 1 10 4.5c1.7 0 3 1.1 3 2.7 0 2.3-3 2.3-3 4.6M10 15v.4",
    "light": "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2"
    "M4 4l1.4 1.4M14.6 14.6L16 16M4 16l1.4-1.4M14.6 5.4L16 4",
    "dark": "M16.5 12A7 7 0 1 1 8 3.5a5.5 5.5 0 0 0 8.5 8.5",
    "person": "M13 6.5a3 3 0 1 1-6 0 3 3 0 0 1 6 0M4 17c.5-3.3 2.6-5 6-5s5.5 1.7 6 5",
    "people": "M10 6.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0M2 16c.4-3 2.2-4.5 5.5-4.5S12.6 13 13 16"
    "M12.5 4.2a2.5 2.5 0 0 1 0 4.7M14.5 11.7c2 .6 3.1 2 3.5 4.3",
    "narrow": "M12 5l-5 5 5 5",
    "wide": "M8 5l5 5-5 5",
    "upload": "M10 13V3.5M6 7.5l4-4 4 4M3 13v3.5h14V13",
    "fit": "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4",
    "package": "M6.5 5.5h7v9h-7zM3 3h3M3 3v3M17 3h-3M17 3v3M3 17h3M3 17v-3M17 17h-3M17 17v-3",
    "contrast": "M10 3a7 7 0 1 0 0 14a7 7 0 1 0 0-14M10 5.5v9M12.5 6.5v7M14.7 9v2",
    "upright": "M5 16.5h10M7 13.5L10 4l3 9.5M8 10.5h4",
    "plus": "M10 4v12M4 10h12",
    "minus": "M4 10h12",
    "close": "M5 5l10 10M15 5L5 15",
    "folder": "M2.5 15.5v-11h5l2 2h8v9z",
    "download": "M10 3.5V13M6 9l4 4 4-4M3 13v3.5h14V13",
    "link": "M8.5 11.5l3-3M7 9l-2 2a2.8 2.8 0 0 0 4 4l2-2M13 11l2-2a2.8 2.8 0 0 0-4-4L9 7",
    "again": "M16 10a6 6 0 1 1-2-4.5L16 7M16 3v4h-4",
    "pause": "M7 4.5v11M13 4.5v11",
    "play": "M6 4l10 6-10 6z",
    "file": "M5 2.5h6.5L15 6v11.5H5zM11.5 2.5V6H15",
}
"""Path data by name; every path is drawn open, 1.5 px wide."""


def svg(name: str, size_px: int = 20, label: str = "") -> str:
    """Return the icon as inline SVG; without a `label` it is hidden from screen readers.

    Raises:
        KeyError: there is no icon of that name.
    """
    voice = f'role="img" aria-label="{escape(label, quote=True)}"' if label else 'aria-hidden="true"'
    return (
        f'<svg class="icon" viewBox="0 0 20 20" width="{size_px}" height="{size_px}" {voice} fill="none" '
        f'stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">'
        f'<path d="{PATHS[name]}"/></svg>'
    )


def svgs(*names: str) -> dict[str, str]:
    """Return several icons by name, as the script of a component takes them."""
    return {name: svg(name) for name in names}
