"""A signal's score against its limits, as a gauge: a row a signal, one scale for all, in the signal's own hue."""

from __future__ import annotations

from dataclasses import dataclass

from core.signals import SIGNAL_WORDS
from layouts.elements import element, text

FULL = 10_000
"""Scores and margins are ten-thousandths, as stored."""


@dataclass(frozen=True)
class Gauge:
    """One signal: `score` and `margin` in ten-thousandths (None: not measured), limits in 0..1 (None: no recipe)."""

    signal: str
    score: int | None
    margin: int | None
    accept: float | None = None
    reject: float | None = None
    margin_limit: float | None = None
    required: bool = True

    @property
    def fits(self) -> bool | None:
        """Whether score and margin reach their accept limits; None where there is no limit or no score."""
        if self.score is None or self.accept is None:
            return None
        margin_fits = self.margin is None or self.margin_limit is None or self.margin >= self.margin_limit * FULL
        return self.score >= self.accept * FULL and margin_fits


def gauges(rows: list[Gauge]) -> str:
    """Return the gauges as markup."""
    if not rows:
        return element("p", "No signal was measured.", class_="soft")
    return element("div", *(_row(row) for row in rows), class_="gauges")


def _row(row: Gauge) -> str:
    name = SIGNAL_WORDS.get(row.signal, row.signal)
    optional = "" if row.required else element("small", "optional", class_="faint")
    head = element("div", element("span", text(name)), optional, element("b", _score(row)), class_="name")
    return element("div", head, _track(row), element("small", text(_said(row)), class_="soft"), class_="gauge")


def _score(row: Gauge) -> str:
    return "not measured" if row.score is None else _share(row.score)


def _share(stored: int) -> str:
    """Return ten-thousandths as a share, cut and not rounded: what is under its limit never looks as if it met it."""
    return f"{stored // 100 / 100:.2f}"


def _limit(value: float) -> str:
    """Return a limit as a reason tells it (`core.findings`): cut too, or 0.999 would look like 1."""
    return _share(round(value * FULL))


def _track(row: Gauge) -> str:
    width = 0 if row.score is None else max(0.0, min(1.0, row.score / FULL)) * 100
    bar = element("i", class_="bar", style=f"width:{width:.2f}%;background:var(--signal-{row.signal})")
    limits = ((row.reject, "reject", "Reject"), (row.accept, "accept", "Accept"))
    ticks = "".join(
        element("i", class_=f"tick {css}", style=f"left:{limit * 100:.2f}%", title=f"{word} limit {_limit(limit)}")
        for limit, css, word in limits
        if limit is not None
    )
    return element("div", bar, ticks, class_="track")


def _said(row: Gauge) -> str:
    parts = []
    if row.accept is not None:
        parts.append(f"accept {_limit(row.accept)}")
    if row.reject is not None:
        parts.append(f"reject {_limit(row.reject)}")
    if row.margin is not None:
        limit = f" of {_limit(row.margin_limit)} asked" if row.margin_limit is not None else ""
        parts.append(f"margin {_share(row.margin)}{limit}")
    return " · ".join(parts)
