"""The few plain pages the API draws by itself: problems, what the API offers, and "there is nothing here"."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache

from dashboard.api.errors import PROBLEMS
from dashboard.api.problem_kind import ProblemKind
from layouts.elements import element, text

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Marksight</title>
<script src="/assets/js/theme.js"></script>
<link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/fonts/fonts.css">
<style>{tokens}</style>
{sheets}</head><body class="{css}">{body}</body></html>
"""


def page(title: str, *body: str, css: str = "plain", sheets: Iterable[str] = ()) -> str:
    """Return a whole page: `body` is markup, `title` plain text, `sheets` are style sheets beside `plain`."""
    links = "".join(f'<link rel="stylesheet" href="/assets/css/{name}.css">\n' for name in ("plain", *sheets))
    return _PAGE.format(title=text(title), tokens=_tokens(), sheets=links, css=css, body="".join(body))


@cache
def _tokens() -> str:
    from layouts.theme import token_css  # noqa: PLC0415  # brings Bokeh, which the API alone can do without until now

    return token_css()


@cache
def style_hash() -> str:
    """Return by what browsers know the one sheet that is written into these pages."""
    return f"sha256-{base64.b64encode(hashlib.sha256(_tokens().encode()).digest()).decode()}"


def not_found_page(path: str) -> str:
    """Return the page for an address that leads nowhere."""
    says = element("p", "No page has the address ", element("code", text(path)), ".")
    return page("There is nothing here", _title("There is nothing here"), says, _HOME)


def problem_page(code: str) -> str:
    """Return the page that a problem document's `type` leads to."""
    kind = PROBLEMS[code]
    rows = {"Type": f"/problems/{code}", "HTTP status": str(kind.status), "What it means": kind.meaning}
    return page(kind.title, _title(kind.title), _table(_pairs({**rows, "What to do": kind.remedy})), _ALL_PROBLEMS)


def problems_page() -> str:
    """Return the page that lists every kind of problem."""
    rows = (_problem_row(code, kind) for code, kind in sorted(PROBLEMS.items()))
    return page("Problems", _title("Problems"), _table(rows), element("p", element("a", "The API", href="/docs")))


_HOME = '<p><a href="/">Go to the first page</a></p>'
_ALL_PROBLEMS = '<p><a href="/problems">All kinds of problems</a></p>'


def _title(words: str) -> str:
    return element("h1", text(words))


def _problem_row(code: str, kind: ProblemKind) -> str:
    link = element("a", element("code", code), href=f"/problems/{code}")
    return element("tr", element("td", link), element("td", str(kind.status)), element("td", text(kind.title)))


def _pairs(pairs: dict[str, str]) -> Iterable[str]:
    return (
        element("tr", element("th", text(name), scope="row"), element("td", text(value)))
        for name, value in pairs.items()
    )


def _table(rows: Iterable[str]) -> str:
    return element("table", *rows)
