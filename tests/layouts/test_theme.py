from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from layouts.theme import (
    DARK,
    LIGHT,
    PALETTES,
    STRIP_PX,
    Hue,
    Palette,
    css_variables,
    fallback_css,
    plot_theme,
    theme_config,
    token_css,
)

both = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_of_contrast_agrees_with_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@both
def test_text_is_readable_on_every_ground(palette: Palette) -> None:
    inks = (palette.ink, palette.ink_soft, palette.ink_faint, palette.accent)
    grounds = (palette.ground, palette.surface, palette.raised)
    too_faint = {(ink, ground): contrast(ink, ground) for ink, ground in product(inks, grounds)}
    assert {pair: ratio for pair, ratio in too_faint.items() if ratio < 4.5} == {}


@both
@pytest.mark.parametrize("verdict", ["pass", "borderline", "fail", "not_judged"])
def test_a_verdict_is_readable_as_word_and_as_shape(palette: Palette, verdict: str) -> None:
    hue = palette.verdicts[verdict]
    assert contrast(hue.ink, hue.tint) >= 4.5
    assert contrast(hue.ink, palette.surface) >= 4.5


@both
def test_what_can_be_acted_on_is_readable(palette: Palette) -> None:
    assert contrast(palette.on_accent, palette.accent) >= 4.5
    assert contrast(palette.focus, palette.surface) >= 3


@both
def test_signals_keep_apart_from_each_other_and_from_their_ground(palette: Palette) -> None:
    assert len(set(palette.signals.values())) == 4
    assert all(contrast(hue, palette.surface) >= 3 for hue in palette.signals.values())
    assert set(palette.signals.values()).isdisjoint({hue.mark for hue in palette.verdicts.values()})


def test_light_verdicts_are_okabe_and_itos() -> None:
    marks = {name: hue.mark for name, hue in LIGHT.verdicts.items()}
    assert marks == {"pass": "#009E73", "borderline": "#E69F00", "fail": "#D55E00", "not_judged": "#7A828C"}


def test_both_themes_define_the_same_tokens() -> None:
    assert css_variables(LIGHT).keys() == css_variables(DARK).keys()


def test_the_page_has_every_token_in_both_themes() -> None:
    css = token_css()
    assert css.startswith(":root{color-scheme:light")
    assert ":root[data-theme=dark]{color-scheme:dark" in css
    assert css.count("--ms-ink:") == 2


def test_a_notebook_falls_back_to_the_light_tokens() -> None:
    assert f"--ink:var(--ms-ink,{LIGHT.ink})" in fallback_css()


@pytest.mark.parametrize("bad", ["red", "#FFF", "", "#GG0000", "#12345678"])
def test_a_colour_that_is_none_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="#RRGGBB"):
        Hue(bad, "#000000", "#000000")
    with pytest.raises(ValueError, match="#RRGGBB"):
        replace(LIGHT, ink=bad)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_material_ui_gets_the_tokens(mode: str) -> None:
    config = theme_config()[mode]
    assert config["palette"]["mode"] == mode
    assert config["palette"]["primary"]["main"] == PALETTES[mode].accent
    assert config["palette"]["error"]["main"] == PALETTES[mode].verdicts["fail"].ink
    assert config["typography"]["fontFamily"].startswith('"IBM Plex Sans"')
    assert str(STRIP_PX - 1) in config["components"]["MuiToolbar"]["styleOverrides"]["root"]["minHeight"]


def test_no_type_is_smaller_than_small() -> None:
    steps = [step for step in theme_config()["light"]["typography"].values() if isinstance(step, dict)]
    assert min(int(step["fontSize"].removesuffix("px")) for step in steps) == 12


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_plots_get_the_tokens(mode: str) -> None:
    attrs = plot_theme(mode)._json["attrs"]
    assert attrs["figure"]["background_fill_color"] == PALETTES[mode].surface
    assert attrs["Grid"]["grid_line_color"] == PALETTES[mode].line
