"""Hours side by side as bars, and those with a difference in a table: seen at a glance, and said in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layouts.elements import element, text

FEW = 50
"""So many bars are wide enough for a cross above them."""

HEADS = ("Hour", "Triggers", "Pictures", "Parts", "Results", "Difference")


@dataclass(frozen=True)
class Hour:
    """An hour of a station: when it began, in words and with its zone; triggers in (None: none were said), pictures,
    inspections, and how many of these have ended; what does not go together, in words.
    """

    word: str
    zoned: str
    triggers: int | None
    pictures: int
    parts: int
    results: int
    difference: str = ""

    @property
    def said(self) -> str:
        """All of it in one line."""
        triggers = "no triggers said" if self.triggers is None else f"{self.triggers:,} triggers"
        counts = f"{triggers}, {self.pictures:,} pictures, {self.parts:,} parts, {self.results:,} results"
        return f"{self.zoned}: {counts}. {self.difference}".strip()


def hours(shown: Sequence[Hour], *, zone: str, most: int) -> str:
    """Return the hours, the oldest first, as markup; a table tells of up to `most` with a difference, newest first."""
    if not shown:
        return ""
    differing = [hour for hour in reversed(shown) if hour.difference]
    top = max(1, *(max(hour.triggers or 0, hour.pictures) for hour in shown))
    css = "bars few" if len(shown) <= FEW else "bars"
    ends = [element("span", text(word)) for word in (shown[0].word, f"{top:,} at most", shown[-1].word)]
    return element(
        "section",
        element("h3", text(f"Hour by hour, in the time of {zone}")),
        element("ol", *(_bar(hour, top) for hour in shown), class_=css),
        element("div", *ends, class_="ends"),
        _key(),
        _table(differing[:most], len(differing) - most),
        class_="hours",
    )


def _bar(hour: Hour, top: int) -> str:
    ended = hour.results / hour.parts if hour.parts else 0.0
    results = element("i", class_="results", style=f"height:{ended:.1%}")
    pictures = element("i", results, class_="pictures", style=f"height:{hour.pictures / top:.1%}")
    said = element("i", class_="triggers", style=f"bottom:{hour.triggers / top:.1%}") if hour.triggers else ""
    plot = element("div", pictures, said, class_="plot")
    words = element("span", text(hour.said), class_="visually-hidden")
    return element("li", plot, words, class_="differs" if hour.difference else None, title=hour.said)


def _key() -> str:
    words = (("triggers", "triggers"), ("pictures", "pictures that wait"), ("results", "pictures with results"))
    return element("p", *(element("span", element("i", class_=css), text(word)) for css, word in words), class_="key")


def _table(differing: Sequence[Hour], more: int) -> str:
    if not differing:
        return element("p", "No hour has a difference.", class_="told right")
    head = element("tr", *(element("th", text(word), scope="col") for word in HEADS))
    body = "".join(_row(hour) for hour in differing)
    note = element("p", text(f"{more:,} more with a difference, before these."), class_="more") if more > 0 else ""
    return element("table", element("thead", head), element("tbody", body)) + note


def _row(hour: Hour) -> str:
    counts = (hour.triggers, hour.pictures, hour.parts, hour.results)
    cells = "".join(element("td", "–" if count is None else f"{count:,}", class_="number") for count in counts)
    when = element("th", text(hour.word), scope="row", title=hour.zoned)
    return element("tr", when, cells, element("td", text(hour.difference), class_="wrong"))
