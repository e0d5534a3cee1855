"""The tokens of the interface, light and dark, and every form in which they are handed on.

1. A colour is written here and nowhere else: CSS takes it as `var(--ms-...)`, Material UI through `theme_config`,
   Bokeh and HoloViews through `plot_theme`.
2. Colour means a verdict; the one accent means "can be acted on"; the rest is neutral.
3. Text has a contrast of at least 4.5:1 on every ground it may lie on (a test measures it).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from bokeh.themes import Theme

SANS = '"IBM Plex Sans", "Segoe UI", "Helvetica Neue", Arial, sans-serif'
MONO = '"IBM Plex Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace'
BASE_PX, SMALL_PX, MARK_PX, GRID_PX, STRIP_PX = 14, 12, 16, 8, 48

_HEX = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class Hue:
    """One meaning in three strengths: `mark` for shapes, `ink` for words, `tint` as the ground behind them."""

    mark: str
    ink: str
    tint: str

    def __post_init__(self) -> None:
        _must_be_colours(asdict(self))


@dataclass(frozen=True)
class Palette:
    """All colours of one theme. `ground` is the page, `surface` a card, `raised` what lies on a card."""

    mode: str
    ground: str
    surface: str
    raised: str
    line: str
    line_strong: str
    ink: str
    ink_soft: str
    ink_faint: str
    accent: str
    accent_strong: str
    on_accent: str
    focus: str
    verdicts: dict[str, Hue] = field(hash=False)
    signals: dict[str, str] = field(hash=False)

    def __post_init__(self) -> None:
        _must_be_colours(
            {name: value for name, value in vars(self).items() if isinstance(value, str) and name != "mode"}
        )


def _must_be_colours(named: Mapping[str, str]) -> None:
    for name, value in named.items():
        if not _HEX.fullmatch(value):
            raise ValueError(f"expected {name} as #RRGGBB, got {value!r}")


# Okabe and Ito's palette, told apart by colour-blind people; inks are darkened (or lightened) until they read as text.
LIGHT = Palette(
    mode="light",
    ground="#F3F4F6",
    surface="#FFFFFF",
    raised="#F8F9FA",
    line="#DFE2E6",
    line_strong="#B4BAC2",
    ink="#1A1E23",
    ink_soft="#434B55",
    ink_faint="#5F6873",
    accent="#1B5FC1",
    accent_strong="#154A97",
    on_accent="#FFFFFF",
    focus="#1B5FC1",
    verdicts={
        "pass": Hue("#009E73", "#006B4E", "#E4F4EE"),
        "borderline": Hue("#E69F00", "#7A5300", "#FBF1DC"),
        "fail": Hue("#D55E00", "#A34500", "#FBE9DE"),
        "not_judged": Hue("#7A828C", "#525A64", "#ECEEF0"),
    },
    signals={"ocr": "#4A6BC8", "logo": "#A94F93", "signature": "#1F93A6", "surface": "#8A6A43"},
)
DARK = Palette(
    mode="dark",
    ground="#131619",
    surface="#1A1E22",
    raised="#21262B",
    line="#2F353C",
    line_strong="#525B65",
    ink="#E7EAED",
    ink_soft="#B9C0C8",
    ink_faint="#98A1AB",
    accent="#79B0F8",
    accent_strong="#A3C9FB",
    on_accent="#0B1B31",
    focus="#79B0F8",
    verdicts={
        "pass": Hue("#1FBF92", "#4FD6AF", "#12302A"),
        "borderline": Hue("#F0B33A", "#F4C468", "#352B14"),
        "fail": Hue("#F0803A", "#FBA36B", "#3A2416"),
        "not_judged": Hue("#98A1AB", "#B4BCC5", "#2A3036"),
    },
    signals={"ocr": "#8AA4F0", "logo": "#D989C4", "signature": "#57C4D6", "surface": "#C8A478"},
)
PALETTES = {"light": LIGHT, "dark": DARK}


def css_variables(palette: Palette) -> dict[str, str]:
    """Return the palette as CSS custom properties, names without the leading dashes."""
    plain = {name.replace("_", "-"): value for name, value in asdict(palette).items() if isinstance(value, str)}
    verdicts = {
        f"{name.replace('_', '-')}-{part}": value
        for name, hue in palette.verdicts.items()
        for part, value in asdict(hue).items()
    }
    signals = {f"signal-{name}": value for name, value in palette.signals.items()}
    sizes = {"base": f"{BASE_PX}px", "small": f"{SMALL_PX}px", "mark": f"{MARK_PX}px", "strip": f"{STRIP_PX}px"}
    return {**plain, **verdicts, **signals, **sizes, "sans": SANS, "mono": MONO}


@cache
def token_css() -> str:
    """Return the style sheet that defines every token: light, and dark where the root element says so."""
    return f":root{{{_declarations(LIGHT)}}}\n:root[data-theme=dark]{{{_declarations(DARK)}}}\n"


@cache
def fallback_css() -> str:
    """Return the light tokens for a host that has none, such as a notebook; those of the page win where they exist."""
    declared = ";".join(f"--{name}:var(--ms-{name},{value})" for name, value in css_variables(LIGHT).items())
    return f":host{{{declared}}}\n"


def _declarations(palette: Palette) -> str:
    scheme = f"color-scheme:{palette.mode}"
    return ";".join([scheme, *(f"--ms-{name}:{value}" for name, value in css_variables(palette).items())])


def theme_config() -> dict[str, dict[str, Any]]:
    """Return the tokens as panel-material-ui's `theme_config` takes them, for both themes."""
    return {name: _material(palette) for name, palette in PALETTES.items()}


def _material(palette: Palette) -> dict[str, Any]:
    return {
        "palette": _material_palette(palette),
        "typography": _material_typography(),
        "shape": {"borderRadius": 4},
        "spacing": GRID_PX,
        "components": _material_components(palette),
    }


def _material_palette(palette: Palette) -> dict[str, Any]:
    meanings = {"success": "pass", "warning": "borderline", "error": "fail", "info": "not_judged"}
    return {
        "mode": palette.mode,
        "primary": {"main": palette.accent, "dark": palette.accent_strong, "contrastText": palette.on_accent},
        "secondary": {"main": palette.ink_soft, "contrastText": palette.surface},
        **{name: {"main": palette.verdicts[verdict].ink} for name, verdict in meanings.items()},
        "background": {"default": palette.ground, "paper": palette.surface},
        "text": {"primary": palette.ink, "secondary": palette.ink_soft, "disabled": palette.ink_faint},
        "divider": palette.line,
    }


def _material_typography() -> dict[str, Any]:
    def step(size_px: int, weight: int, line: float = 1.45) -> dict[str, Any]:
        return {"fontSize": f"{size_px}px", "fontWeight": weight, "lineHeight": line, "letterSpacing": 0}

    return {
        "fontFamily": SANS,
        "fontSize": BASE_PX,
        "h1": step(20, 600, 1.3),
        "h2": step(16, 600, 1.35),
        **{name: step(BASE_PX, 600) for name in ("h3", "h4", "h5", "h6")},
        **{name: step(BASE_PX, 400) for name in ("body1", "body2")},
        "button": {**step(BASE_PX, 500), "textTransform": "none"},
        "caption": step(SMALL_PX, 400),
    }


def _material_components(palette: Palette) -> dict[str, Any]:
    ring = {"outline": f"2px solid {palette.focus}", "outlineOffset": "2px"}
    bar = {
        "backgroundColor": f"{palette.surface} !important",
        "backgroundImage": "none",
        "color": f"{palette.ink} !important",
        "borderBottom": f"1px solid {palette.line}",
        "boxShadow": "none",
    }
    small = f"{SMALL_PX / BASE_PX:.3f}em"  # the label of a field, which Material UI would make 10.5 px
    toolbar = {"minHeight": f"{STRIP_PX - 1}px !important", "padding": "0 !important", "margin": "0 !important"}
    return {
        "MuiAppBar": {"styleOverrides": {"root": bar}},
        "MuiToolbar": {"styleOverrides": {"root": toolbar}},
        "MuiPaper": {"styleOverrides": {"root": {"backgroundImage": "none"}}},
        "MuiDrawer": {"styleOverrides": {"paper": {"borderRight": f"1px solid {palette.line}"}}},
        "MuiButtonBase": {
            "defaultProps": {"disableRipple": True},
            "styleOverrides": {"root": {"&.Mui-focusVisible": ring}},
        },
        "MuiButton": {"styleOverrides": {"root": {"minHeight": "32px", "boxShadow": "none !important"}}},
        "MuiOutlinedInput": {
            "styleOverrides": {
                "input": {"fontSize": f"{BASE_PX}px"},
                "notchedOutline": {"& legend": {"fontSize": small}},
            }
        },
        "MuiInputLabel": {
            "styleOverrides": {
                "root": {"&.MuiInputLabel-shrink": {"transform": f"translate(14px, -9px) scale({small[:-2]})"}}
            }
        },
    }


@cache
def plot_theme(mode: str) -> Theme:
    """Return the tokens as a Bokeh theme; `mode` is `light` or `dark`. HoloViews draws with it through its renderer."""
    palette = PALETTES[mode]
    text = {"text_font": SANS, "text_color": palette.ink, "text_font_size": f"{BASE_PX}px"}
    axis = {
        "axis_line_color": palette.line_strong,
        "major_tick_line_color": palette.line_strong,
        "minor_tick_line_color": None,
        "axis_label_text_font": SANS,
        "axis_label_text_font_style": "normal",
        "axis_label_text_color": palette.ink_soft,
        "major_label_text_font": SANS,
        "major_label_text_color": palette.ink_soft,
        "major_label_text_font_size": f"{SMALL_PX}px",
    }
    figure = {
        "background_fill_color": palette.surface,
        "border_fill_color": palette.surface,
        "outline_line_color": None,
    }
    return Theme(
        json={"attrs": {"figure": figure, "Axis": axis, "Grid": {"grid_line_color": palette.line}, "Title": text}}
    )
