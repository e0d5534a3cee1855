"""The designed states of a page or a cell: skeleton, empty, error, forbidden, stale; a sentence and an action each."""

from __future__ import annotations

from layouts.elements import element, text
from layouts.verdict import badge


def skeleton(rows: int = 3) -> str:
    """Return grey bars in the place of what is on its way; seen after 300 ms, with words after 5 s."""
    bars = "".join(element("i", class_="bar") for _ in range(rows))
    return element(
        "div", bars, element("p", "Still waiting for the server.", class_="late"), class_="skeleton", aria_busy="true"
    )


def empty(sentence: str, action: str = "", href: str = "") -> str:
    """Return what is shown where there is nothing yet."""
    return _state("empty", sentence, action, href)


def error(sentence: str, action: str = "Try again", href: str = "") -> str:
    """Return what is shown where something failed; an empty `href` loads the page again."""
    return _state("error", sentence, action, href)


def forbidden(sentence: str = "Your role does not allow this page.", action: str = "Back", href: str = "/") -> str:
    """Return what is shown to somebody who may not see the page."""
    return _state("forbidden", sentence, action, href)


def stale(sentence: str, action: str = "Reload", href: str = "") -> str:
    """Return the bar over figures that are no longer fresh."""
    return _state("stale", sentence, action, href)


def waiting(sentence: str) -> str:
    """Return what is shown while an inspection is on its way."""
    return element("div", badge(None, "running"), element("p", text(sentence)), class_="state", role="status")


def _state(kind: str, sentence: str, action: str, href: str) -> str:
    link = element("a", text(action), class_="button", href=href) if action else ""
    role = "alert" if kind in {"error", "stale"} else "status"
    return element("div", element("p", text(sentence)), link, class_=f"state {kind}", role=role)
