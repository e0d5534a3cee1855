"""A verdict with its reasons, and what made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layouts.elements import element, text
from layouts.verdict import badge


def judgement(
    *,
    verdict: str | None,
    state: str,
    reasons: Sequence[str],
    recipe: Mapping[str, Any] | None,
    created_at: str = "",
    file_name: str = "",
) -> str:
    """Return the verdict large, the reasons gravest first, and beneath in small what judged what."""
    if not state:
        return ""
    told = element("ol", *(element("li", text(reason)) for reason in reasons), class_="reasons") if reasons else ""
    calm = "" if reasons else element("p", "Everything is as the recipe expects.", class_="soft")
    return element(
        "div", badge(verdict, state, large=True), told or calm, _about(recipe, file_name), class_="judgement"
    )


def _about(recipe: Mapping[str, Any] | None, file_name: str) -> str:
    version = f", version {recipe['version']}" if recipe and recipe.get("version") is not None else ""
    judged_by = f"{recipe['name']}{version}" if recipe else "no recipe, read only"
    rows = [("Recipe", judged_by), ("File", file_name)]
    return element(
        "dl", *(element("dt", name) + element("dd", text(value)) for name, value in rows if value), class_="about"
    )
