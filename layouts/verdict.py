"""A verdict on screen: always by colour, shape and word together, so that none of the three is needed alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """How one verdict or state is shown: its word, the class that colours it, and its shape on a 16 by 16 grid."""

    word: str
    css: str
    shape: str


_CHECK = '<path d="M3 8.5l3.4 3.5L13 4.5" fill="none" stroke="currentColor" stroke-width="2.4"/>'
_TRIANGLE = '<path d="M8 2.2L14.6 13.8H1.4z" fill="currentColor"/>'
_CROSS = '<path d="M3.5 3.5l9 9M12.5 3.5l-9 9" fill="none" stroke="currentColor" stroke-width="2.4"/>'
_RING = '<circle cx="8" cy="8" r="5.4" fill="none" stroke="currentColor" stroke-width="2"/>'
DOTS = '<path d="M3 8h.01M8 8h.01M13 8h.01" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/>'
STRUCK = (
    '<circle cx="8" cy="8" r="5.4" fill="none" stroke="currentColor" stroke-width="2"/>'
    '<path d="M4.2 11.8l7.6-7.6" stroke="currentColor" stroke-width="2"/>'
)

LOOKS = {
    "pass": Look("Pass", "pass", _CHECK),
    "borderline": Look("Borderline", "borderline", _TRIANGLE),
    "fail": Look("Fail", "fail", _CROSS),
    "not_judged": Look("Not judged", "not-judged", _RING),
    "received": Look("Waiting", "waiting", DOTS),
    "queued": Look("Waiting", "waiting", DOTS),
    "running": Look("Inspecting", "waiting", DOTS),
    "failed": Look("Could not inspect", "not-judged", _CROSS),
    "cancelled": Look("Cancelled", "waiting", STRUCK),
}
"""By verdict, and, where there is no verdict yet, by the state of the inspection."""


def look(verdict: str | None, state: str = "queued") -> Look:
    """Return how to show `verdict`, or the `state` while there is no verdict.

    Raises:
        KeyError: neither is known.
    """
    return LOOKS[verdict or state]


def badge(verdict: str | None, state: str = "queued", *, large: bool = False) -> str:
    """Return the badge as HTML."""
    shown = look(verdict, state)
    size = "verdict large" if large else "verdict"
    return f'<span class="{size} {shown.css}">{shape(shown)}<span>{shown.word}</span></span>'


def shape(shown: Look) -> str:
    """Return the shape alone as inline SVG; the word beside it speaks for it."""
    return f'<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{shown.shape}</svg>'


def badges() -> dict[str, dict[str, str]]:
    """Return every badge's word, class and shape by verdict or state, as the script of a component takes them."""
    return {name: {"word": shown.word, "css": shown.css, "shape": shape(shown)} for name, shown in LOOKS.items()}
