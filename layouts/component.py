"""The base of our own view components: a script and a style sheet beside it, wearing the tokens of the theme."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from panel.custom import JSComponent

from layouts.theme import fallback_css

ASSETS = Path(__file__).resolve().parent / "assets"


def script(name: str, *pieces: str) -> str:
    """Return the module of the component `name`: what all share, the `pieces` it is built from, then its own script."""
    return "\n".join((ASSETS / "js" / f"{part}.js").read_text(encoding="utf-8") for part in ("dom", *pieces, name))


def styles(*names: str) -> list[str]:
    """Return the style sheets of a component: tokens, what all share, then those of each name."""
    return [
        fallback_css(),
        *((ASSETS / "css" / f"{name}.css").read_text(encoding="utf-8") for name in ("base", *names)),
    ]


class Component(JSComponent):
    """A component drawn by our own script in `assets/js`, with the style sheets of `assets/css` that it names."""

    _styles: tuple[str, ...] = ()

    __abstract = True

    def __init__(self, **params: Any) -> None:
        params.setdefault("stylesheets", styles(*self._styles))
        params.setdefault("margin", 0)
        super().__init__(**params)
