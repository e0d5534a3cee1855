"""A lot's state on screen: by shape and word; only a held lot has a colour, since its parts fail for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LotLook:
    """How a state is shown: its word, the class that colours it, and its shape as inline SVG."""

    word: str
    css: str
    svg: str


def _svg(inner: str) -> str:
    return f'<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{inner}</svg>'


LOT_LOOKS = {
    "open": LotLook("Open", "open", _svg('<path d="M4.5 3v10l8-5z" fill="currentColor"/>')),
    "hold": LotLook(
        "On hold", "hold", _svg('<path d="M5 3v10M11 3v10" stroke="currentColor" stroke-width="3" fill="none"/>')
    ),
    "closed": LotLook(
        "Closed", "closed",
        _svg('<rect x="3.5" y="3.5" width="9" height="9" fill="none" stroke="currentColor" stroke-width="1.5"/>'),
    ),
}  # fmt: skip
"""By the state of `data.tables.part`."""
