"""The few plain pages the API draws by itself: problems, what the API offers, and "there is nothing here"."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from dashboard.api.errors import PROBLEMS
from dashboard.api.problem_kind import ProblemKind

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Marksight</title><style>
@font-face{{font-family:"IBM Plex Sans";src:url(/assets/fonts/ibm-plex-sans-latin-400-normal.woff2)}}
@font-face{{font-family:"IBM Plex Mono";src:url(/assets/fonts/ibm-plex-mono-latin-400-normal.woff2)}}
:root{{color-scheme:light dark}}
body{{font:14px/1.5 "IBM Plex Sans",system-ui,sans-serif;max-width:760px;margin:48px auto;padding:0 16px}}
h1{{font-size:20px}} h2{{font-size:14px;margin-top:24px}} code{{font-family:"IBM Plex Mono",monospace}}
table{{border-collapse:collapse;width:100%}} td,th{{text-align:left;padding:4px 16px 4px 0;vertical-align:top}}
</style></head><body>{body}</body></html>
"""


def page(title: str, body: str) -> str:
    """Return a whole page; `body` is HTML, `title` plain text."""
    return _PAGE.format(title=escape(title), body=f"<h1>{escape(title)}</h1>{body}")


def not_found_page(path: str) -> str:
    """Return the page for an address that leads nowhere."""
    return page("There is nothing here", f"<p>No page has the address <code>{escape(path)}</code>.</p>{_HOME}")


def problem_page(code: str) -> str:
    """Return the page that a problem document's `type` leads to."""
    kind = PROBLEMS[code]
    rows = {"Type": f"/problems/{code}", "HTTP status": str(kind.status), "What it means": kind.meaning}
    return page(kind.title, _table(_pairs({**rows, "What to do": kind.remedy})) + _ALL_PROBLEMS)


def problems_page() -> str:
    """Return the page that lists every kind of problem."""
    return page("Problems", _table(_problem_row(code, kind) for code, kind in sorted(PROBLEMS.items())))


def api_page(openapi: dict[str, Any]) -> str:
    """Return the page that lists every operation of an OpenAPI document."""
    rows = [
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('summary', ''))}</td></tr>"
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    ]
    machine = '<p>The whole description, for machines: <a href="/openapi.json">/openapi.json</a>.</p>'
    return page("API", escape(openapi["info"].get("description", "")) + machine + _table(rows) + _ALL_PROBLEMS)


_HOME = '<p><a href="/">Go to the first page</a></p>'
_ALL_PROBLEMS = '<p><a href="/problems">All kinds of problems</a></p>'


def _problem_row(code: str, kind: ProblemKind) -> str:
    link = f'<a href="/problems/{code}"><code>{code}</code></a>'
    return f"<tr><td>{link}</td><td>{kind.status}</td><td>{escape(kind.title)}</td></tr>"


def _pairs(pairs: dict[str, str]) -> Iterable[str]:
    return (f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in pairs.items())


def _table(rows: Iterable[str]) -> str:
    return f"<table>{''.join(rows)}</table>"
