"""The results on the Inspect page: which are shown, and in what order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self
from urllib.parse import urlencode

import param

from core.verdicts import Verdict
from dashboard.models.listed import Listed, with_more, with_newest

CANCELLED = "Its run was cancelled before it was inspected."
UNJUDGED = {
    "received": "Waiting for a worker",
    "queued": "Waiting for a worker",
    "running": "Being inspected",
    "cancelled": CANCELLED,
}
"""Why there is no verdict, by state."""

VERDICTS = tuple(verdict.word for verdict in Verdict)
MOST = 500
"""Rows kept on one page; older ones stay in the database and come back when asked for."""
MAKE_RECIPE = "recipe"
"""What `make` in the address of an inspection asks for: the form that makes a recipe, open and filled in."""
MOST_SEARCHED = 200
"""Characters of a search."""


@dataclass(frozen=True)
class ResultRow:
    """One row. `lines` are the mark as read, `why` the reasons in words, the gravest first.

    `teaches`: it was read by no recipe, and a recipe can be made of what was read.
    """

    id: str
    href: str
    thumb: str
    verdict: str | None
    state: str
    lines: tuple[str, ...]
    why: str
    created_at: str
    size_wh: tuple[int, ...] = ()
    outline: tuple[tuple[float, float], ...] = ()
    rotation_ccw_deg: float = 0.0
    teaches: bool = False

    @classmethod
    def of(cls, view: Mapping[str, Any]) -> Self:
        """Make a row of an InspectionView."""
        evidence = view.get("evidence") or {}
        image = view.get("image") or {}
        return cls(
            id=str(view["id"]),
            href=f"/inspection?id={view['id']}",
            thumb=str(view.get("thumb") or image.get("url") or ""),
            verdict=view.get("verdict"),
            state=str(view["state"]),
            lines=tuple(line["text"] for line in evidence.get("lines", [])),
            why=_why(view),
            created_at=str(view["created_at"]),
            size_wh=(image["width_px"], image["height_px"]) if image.get("width_px") else (),
            outline=tuple((float(x), float(y)) for x, y in evidence.get("outline") or ()),
            rotation_ccw_deg=float(evidence.get("rotation_ccw_deg") or 0.0),
            teaches=view.get("recipe") is None and bool(evidence.get("lines")),
        )

    def document(self) -> dict[str, Any]:
        """Return the row as plain values."""
        plain = {**asdict(self), "lines": list(self.lines), "size_wh": list(self.size_wh)}
        return {**plain, "outline": [list(point) for point in self.outline] or None}


def known_verdict(word: str) -> str:
    """Return `word` if it is a verdict, else an empty string: all of them."""
    return word if word in VERDICTS else ""


def searched(text: str) -> str:
    """Return what is searched for: `text` as the database can hold it, without white space around it, and bounded."""
    return "".join(letter for letter in text if letter.isprintable()).strip()[:MOST_SEARCHED]


def among(verdict: str, find: str, run: str = "", *, before: str = "?") -> str:
    """Return the part of an address that says which results are shown; empty for all of them."""
    said = urlencode({name: value for name, value in (("verdict", verdict), ("find", find), ("run", run)) if value})
    return f"{before}{said}" if said else ""


class ResultsModel(param.Parameterized):
    """Results newest first, of one verdict or of all, perhaps found by a search."""

    cursor = param.String(default=None, allow_None=True, doc="Where older results go on; None: there are none.")
    find = param.String(doc="Text on the mark, part number, recipe or lot searched for; empty: everything.")
    loaded = param.Boolean(doc="The first results have come.")
    problem = param.String(doc="Why results cannot be shown, in words; empty: they can.")
    rows = param.List(default=[], item_type=ResultRow, doc="The rows shown, newest first.")
    run = param.String(doc="Id of the run whose results are shown; empty: of all.")
    verdict = param.Selector(default="", objects=["", *VERDICTS], doc="Shown alone; empty: all.")

    def replace(self, views: Iterable[Mapping[str, Any]], cursor: str | None) -> None:
        """Show these results and forget those before."""
        self.param.update(rows=[ResultRow.of(view) for view in views], cursor=cursor, loaded=True, problem="")

    def append(self, views: Iterable[Mapping[str, Any]], cursor: str | None) -> None:
        """Add older results at the end."""
        older = Listed([ResultRow.of(view) for view in views], cursor)
        now = with_more(self.rows, older, _id, most=MOST)
        self.param.update(rows=now.rows, cursor=now.cursor)

    def take(self, views: Iterable[Mapping[str, Any]], cursor: str | None) -> None:
        """Take over the newest results as they are now; older ones that were fetched stay."""
        rows = map(ResultRow.of, views)
        newest = Listed([row for row in rows if not self.verdict or row.verdict == self.verdict], cursor)
        now = with_newest(Listed(self.rows, self.cursor), newest, _id, most=MOST)
        changed = {"rows": now.rows} if now.rows != self.rows else {}
        self.param.update(cursor=now.cursor, loaded=True, problem="", **changed)


def _id(row: ResultRow) -> str:
    return row.id


def _why(view: Mapping[str, Any]) -> str:
    if view["state"] in UNJUDGED:
        return UNJUDGED[view["state"]]
    error = view.get("error") or {}
    reasons = view.get("reasons") or (view.get("evidence") or {}).get("reasons") or []
    words = [str(error.get("detail") or error.get("code"))] if error else [str(reason["words"]) for reason in reasons]
    recipe = view.get("recipe") or {}
    return " ".join(words) or (f"As {recipe['name']} expects." if recipe else "")
