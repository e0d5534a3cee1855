"""What people prefer: one document each, checked member by member, bounded in size and depth."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from core.errors import AccountInvalid, PlaceInvalid
from data.queries import people
from data.repositories.plant import time_zone
from data.repositories.preferences import PreferencesOf
from data.repositories.users import Users
from data.tables import MOST_PREFERENCES, Document
from workers.composition import Services

THEMES = ("system", "light", "dark")
UNITS = ("px", "mm")
MOST_DEPTH = 6
MOST_NUMBER = 2**53
LEAST_NUMBER = 1e-9


async def read(services: Services, user_id: UUID) -> Document:
    """Return what somebody prefers; what they never said is left out."""
    async with services.database.session() as session:
        return await people.preferences(session, user_id)


async def write(services: Services, user_id: UUID, document: Document) -> Document:
    """Keep what somebody prefers, in place of what they preferred before; return it.

    Raises:
        AccountInvalid: it cannot be kept; it names the member.
    """
    checked = check(document)
    async with services.database.unit_of_work() as work:
        await PreferencesOf(work.session).set(user_id, checked)
        await work.commit()
    return checked


async def change(services: Services, user_id: UUID, changes: Document) -> Document:
    """Change some of what somebody prefers (`merged`), whatever else is changed meanwhile; return all of it.

    Raises:
        AccountInvalid: it cannot be kept; it names the member.
    """
    async with services.database.unit_of_work() as work:
        await Users(work.session, work.new_id).hold(user_id)
        checked = check(merged(await people.preferences(work.session, user_id), changes))
        await PreferencesOf(work.session).set(user_id, checked)
        await work.commit()
    return checked


def merged(document: Document, changes: Document) -> Document:
    """Return a document with `changes` made to it: None takes a member away; of `pages`, each setting of each page.

    Raises:
        AccountInvalid: what is said cannot be a change; it names the member.
    """
    check(_without_none(changes))
    kept = {**document, **{name: value for name, value in changes.items() if name != "pages"}}
    pages = {name: dict(settings) for name, settings in document.get("pages", {}).items()}
    for name, settings in changes.get("pages", {}).items():
        pages[name] = _without_none({**pages.get(name, {}), **settings})
    return _without_none({**kept, **({"pages": pages} if pages else {})})


def _without_none(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None}


def check(document: Document) -> Document:
    """Return a document of preferences as it is kept: `theme`, `units`, `time_zone` and, by page, `pages`.

    Raises:
        AccountInvalid: it cannot be kept; it names the member.
    """
    unknown = sorted(str(name)[:40] for name in document if name not in _CHECKS)
    if unknown:
        raise AccountInvalid(f"expected {', '.join(_CHECKS)}, got {', '.join(unknown)}", "preferences")
    checked = {name: _CHECKS[name](value) for name, value in document.items()}
    size = len(json.dumps(checked, ensure_ascii=False).encode())
    if size > MOST_PREFERENCES // 2:  # the database counts its own, wider writing
        raise AccountInvalid(f"expected at most {MOST_PREFERENCES // 2} bytes of JSON, got {size}", "preferences")
    return checked


def _one_of(name: str, *values: str) -> Callable[[Any], str]:
    def checked(value: Any) -> str:
        if value not in values:
            raise AccountInvalid(f"expected one of {', '.join(values)}", name)
        return str(value)

    return checked


def _time_zone(value: Any) -> str:
    try:
        return time_zone(value if isinstance(value, str) else "")
    except PlaceInvalid as error:
        raise AccountInvalid(error.detail, "time_zone") from error


def _pages(value: Any) -> Document:
    if not isinstance(value, dict) or not all(isinstance(each, dict) for each in value.values()):
        raise AccountInvalid("expected the settings of each page as an object, by its name", "pages")
    if not all(isinstance(name, str) and re.fullmatch(r"[a-z]{1,32}", name) for name in value):
        raise AccountInvalid("expected names of pages, of small letters", "pages")
    _check_plain(value, MOST_DEPTH)
    return value


def _check_plain(value: Any, depth: int) -> None:
    """See that a value is JSON that the database takes, and writes about as long as we do."""
    if depth == 0:
        raise AccountInvalid(f"expected at most {MOST_DEPTH} levels", "pages")
    if isinstance(value, dict | list):
        for each in [*value, *value.values()] if isinstance(value, dict) else value:
            _check_plain(each, depth - 1)
    elif isinstance(value, str):
        if not value.isprintable():
            raise AccountInvalid("expected text that can be printed", "pages")
    elif not _is_plain_number(value) and value is not None:
        raise AccountInvalid(f"expected JSON with numbers up to {MOST_NUMBER}, got {type(value).__name__}", "pages")


def _is_plain_number(value: Any) -> bool:
    if isinstance(value, float):
        return value == 0 or LEAST_NUMBER <= abs(value) <= MOST_NUMBER
    return isinstance(value, int) and abs(value) <= MOST_NUMBER


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "theme": _one_of("theme", *THEMES),
    "units": _one_of("units", *UNITS),
    "time_zone": _time_zone,
    "pages": _pages,
}
