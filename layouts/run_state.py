"""The state of a run and of its files on screen: by word and shape; colour is left to verdicts."""

from __future__ import annotations

from layouts.verdict import DOTS, STRUCK, Look, shape

_ARROW = '<path d="M8 2.5v10M4 8.8L8 12.8l4-4" fill="none" stroke="currentColor" stroke-width="2"/>'
_LEAVES = (
    '<path d="M2 5.5L8 2.5l6 3-6 3zM2 9.5l6 3 6-3" fill="none" stroke="currentColor" stroke-width="1.8" '
    'stroke-linejoin="round"/>'
)
_HALF = (
    '<circle cx="8" cy="8" r="5.4" fill="none" stroke="currentColor" stroke-width="2"/>'
    '<path d="M8 2.6a5.4 5.4 0 0 1 0 10.8z" fill="currentColor"/>'
)
_FULL = '<circle cx="8" cy="8" r="6.2" fill="currentColor"/>'
_BLOCK = '<path d="M2.5 2.5h11v11h-11z" fill="none" stroke="currentColor" stroke-width="2"/>' \
    '<path d="M8 5v3.6M8 10.8v.4" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>'  # fmt: skip

RUN_LOOKS = {
    "pending": Look("Receiving", "moving", _ARROW),
    "stored": Look("Opening", "moving", _LEAVES),
    "queued": Look("Waiting", "moving", DOTS),
    "running": Look("Inspecting", "moving", _HALF),
    "done": Look("Done", "ended", _FULL),
    "failed": Look("Failed", "bad", _BLOCK),
    "cancelled": Look("Cancelled", "ended", STRUCK),
}
"""By state of a run."""

FILE_LOOKS = {
    "receiving": Look("Coming", "moving", _ARROW),
    "stored": Look("Stored", "moving", DOTS),
    "opening": Look("Opening", "moving", _LEAVES),
    "opened": Look("Opened", "ended", _FULL),
    "refused": Look("Refused", "bad", _BLOCK),
    "cancelled": Look("Cancelled", "ended", STRUCK),
}
"""By state of a file of a run."""


def drawn(looks: dict[str, Look]) -> dict[str, dict[str, str]]:
    """Return word, class and shape by state, as the script of a component takes them."""
    return {name: {"word": look.word, "css": look.css, "shape": shape(look)} for name, look in looks.items()}
